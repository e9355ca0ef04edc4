"""The three forms in which a post proves who sends it, and everything that proves nothing."""

import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.events.signing import signed
from constellagent.runtime.triggers.signatures import (
    GITHUB,
    OURS,
    RAVI,
    TOLERANCE,
    Signature,
    parse,
    proven,
    sign,
)

SECRET, NOW, BODY = "chs_secret", 1_800_000_000.0, b'{"ref": "main"}'
AT = int(NOW)


def ours(at: int = AT, body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    """Return our own header."""
    return {OURS: sign(secret, at, body)}


def ravi(at: int = AT, body: bytes = BODY, event: str = "e-1", secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a post by Ravi."""
    return {name.lower(): value for name, value in signed(secret, at, body, event).items()}


def github(body: bytes = BODY, delivery: str = "72d3162e-cc78-11e3", secret: str = SECRET) -> dict[str, str]:
    """Return the headers of a post by GitHub."""
    digest = hmac.digest(secret.encode(), body, hashlib.sha256).hex()
    return {GITHUB: f"sha256={digest}", "x-github-delivery": delivery}


def test_our_form_is_what_openssl_computes() -> None:
    """The header is HMAC-SHA256 of time, a dot and the body, under the secret's characters."""
    expected = hmac.new(b"chs_secret", b"1800000000." + BODY, "sha256").hexdigest()
    assert sign(SECRET, AT, BODY) == f"t=1800000000,v1={expected}"
    assert proven(SECRET, ours(), BODY, NOW) == expected


def test_each_form_is_taken() -> None:
    """The same post in all three; GitHub's is known by its delivery."""
    assert proven(SECRET, ours(), BODY, NOW) == proven(SECRET, ravi(), BODY, NOW)
    assert proven(SECRET, github(), BODY, NOW) == "72d3162e-cc78-11e3"


@pytest.mark.parametrize("form", [ours, ravi, github])
def test_another_secret_or_body_proves_nothing(form: object) -> None:
    """Whoever does not know the secret, or changes a byte, is refused."""
    assert callable(form)
    assert proven(SECRET, form(secret="chs_other"), BODY, NOW) is None
    assert proven(SECRET, form(), BODY + b" ", NOW) is None
    assert proven("", form(), BODY, NOW) is None


@pytest.mark.parametrize("form", [ours, ravi])
@pytest.mark.parametrize("seconds", [-TOLERANCE - 1, TOLERANCE + 1, 86_400.0])
def test_an_old_or_early_signature_proves_nothing(form: object, seconds: float) -> None:
    """Five minutes either way is as far as clocks may differ."""
    assert callable(form)
    assert proven(SECRET, form(), BODY, NOW + seconds) is None
    assert proven(SECRET, form(), BODY, NOW + TOLERANCE) is not None
    assert proven(SECRET, form(), BODY, NOW - TOLERANCE) is not None


def test_ravi_is_known_by_the_id_that_the_body_repeats() -> None:
    """A retry with a new time is the same event; a changed header, which is not signed, makes no new one."""
    body = json.dumps({"id": "e-1", "type": "email.message.received"}).encode()
    first = proven(SECRET, ravi(body=body), body, NOW)
    again = proven(SECRET, ravi(at=AT + 60, body=body), body, NOW + 60)
    forged = proven(SECRET, ravi(body=body) | {"x-ravi-event-id": "e-2"}, body, NOW)

    assert first == again == "e-1"
    assert forged == sign(SECRET, AT, body).rpartition("v1=")[2]


def test_ravi_may_leave_the_prefix_out() -> None:
    """Its verifiers take bare hex too."""
    headers = ravi()
    headers[RAVI] = headers[RAVI].removeprefix("sha256=")
    assert proven(SECRET, headers, BODY, NOW) is not None


@pytest.mark.parametrize("at", ["", "-1", "1e9", "x", "\u0661\u0662", "9" * 13])
def test_a_time_that_is_none_proves_nothing(at: str) -> None:
    """Only plain digits are a time."""
    assert proven(SECRET, ravi() | {"x-ravi-timestamp": at}, BODY, NOW) is None


@pytest.mark.parametrize("delivery", ["", "a b", "x" * 65, "é", "a\n"])
def test_github_needs_a_delivery_id(delivery: str) -> None:
    """Without one nobody could tell a repetition from something new."""
    assert proven(SECRET, github(delivery=delivery), BODY, NOW) is None


def test_a_post_of_ours_cannot_be_played_back_as_one_of_github() -> None:
    """What is signed with a time in front would otherwise be good for ever, under any delivery id."""
    digest = ours()[OURS].rpartition("v1=")[2]
    stolen = {GITHUB: f"sha256={digest}", "x-github-delivery": "made-up"}
    assert proven(SECRET, stolen, b"%d." % AT + BODY, NOW + 1e6) is None


def test_forms_of_github_may_be_posted_too() -> None:
    """GitHub sends JSON, or JSON in a form."""
    body = b"payload=%7B%7D"
    assert proven(SECRET, github(body), body, NOW) is not None


def test_the_first_form_decides() -> None:
    """A wrong signature is not made good by another form beside it."""
    assert proven(SECRET, github() | {OURS: "t=1,v1=" + "0" * 64}, BODY, NOW) is None
    assert proven(SECRET, github() | {RAVI: "x"}, BODY, NOW) is None
    assert proven(SECRET, {}, BODY, NOW) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "t=1",
        "v1=00",
        f"v1={'0' * 64},t=1",
        f"t=1,v1={'0' * 63}",
        f"t=1,v1={'A' * 64}",
        f"t=1,v1={'0' * 64},",
    ],
)
def test_what_is_not_exactly_our_form_is_not_read(text: str) -> None:
    """There is one spelling, so one signature has one id."""
    assert parse(text) is None
    assert parse(f" t=1,v1={'0' * 64}") is None


@given(st.integers(0, 10**12 - 1), st.binary(max_size=64), st.text(min_size=1))
def test_what_is_signed_is_proven(at: int, body: bytes, secret: str) -> None:
    """Any secret, any body, any time: read back, and proven at that time."""
    try:
        secret.encode()
    except UnicodeEncodeError:
        return
    text = sign(secret, at, body)
    found = parse(text)
    assert found == Signature(at, text.rpartition("=")[2])
    assert proven(secret, {OURS: text}, body, float(at)) == text.rpartition("=")[2]


@given(st.text(), st.text(), st.text(), st.binary(max_size=64), st.sampled_from([OURS, RAVI, GITHUB]))
def test_nothing_that_is_sent_breaks_the_check(
    value: str, other: str, more: str, body: bytes, form: str
) -> None:
    """Whatever stands in the headers, the answer is that nothing is proven."""
    headers = {form: value, "x-ravi-timestamp": other, "x-github-delivery": more, "x-ravi-event-id": more}
    assert proven(SECRET, headers, body, NOW) is None


@given(st.text(alphabet="t=v1,0123456789abcdef ", max_size=90))
def test_the_parser_takes_nothing_but_its_own_form(text: str) -> None:
    """What is read is what would be written."""
    found = parse(text)
    if found is not None:
        at, digest = text.removeprefix("t=").split(",v1=")
        assert (int(at), digest) == found
        assert len(digest) == 64


def test_a_body_that_cannot_be_read_has_no_id_of_its_own() -> None:
    """Deep nesting and broken text are signed like anything else; their signature is their id."""
    for body in (b"[" * 100_000, b"\xff", b"[]", b'{"id": 7}', b'{"id": "' + b"x" * 65 + b'"}'):
        assert proven(SECRET, ravi(body=body), body, NOW) == sign(SECRET, AT, body).rpartition("v1=")[2]
