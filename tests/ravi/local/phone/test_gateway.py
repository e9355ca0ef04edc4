"""The SMS gateway of the embedded provider."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.options import Options
from constellagent.ravi.local.phone.gateway import form_signature, json_signature
from constellagent.ravi.vault import RootKey
from tests.ravi.local.phone.lines import Line, hand_in, line
from tests.ravi.provided import Provided, provided

TOKEN = "a token of the gateway"
SENDER = "+12025550199"


async def post_form(
    local: Provided, fields: dict[str, str], headers: dict[str, str] | None = None, query: str = ""
) -> httpx.Response:
    """Post a form as Twilio does."""
    return await local.http.post(f"/gateway/sms/{query}", data=fields, headers=headers)


@pytest.fixture
async def guarded(tmp_path: Path, root_key: RootKey) -> AsyncIterator[Line]:
    """An identity of a provider whose gateway wants signatures."""
    async with provided(tmp_path, root_key, options=Options(sms_token=TOKEN)) as local:
        yield await line(local)


async def test_a_form_is_taken_as_twilio_posts_it(local: Provided, bob: Line) -> None:
    """The message arrives, and the answer is TwiML that does nothing."""
    fields = {
        "ToCountry": "US",
        "SmsMessageSid": "SM1",
        "ApiVersion": "2010-04-01",
        "MessageSid": "SM1",
        "From": SENDER,
        "To": bob.number,
        "Body": "1+1 = 2 & \u00fc\U0001f511",
    }
    answer = await post_form(local, fields)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("text/xml")
    assert answer.text == '<?xml version="1.0" encoding="UTF-8"?><Response/>'
    (row,) = await bob.rows("/api/messages/")
    assert (row["from_number"], row["body"], row["message_sid"]) == (SENDER, fields["Body"], "SM1")


async def test_json_is_taken(local: Provided, bob: Line) -> None:
    """The answer is 202 with the id, given or made."""
    given_id = await hand_in(local, SENDER, bob.number, "x", id="mine")
    assert (given_id.status_code, given_id.json()) == (202, {"id": "mine"})
    made = (await hand_in(local, SENDER, bob.number, "y")).json()["id"]
    assert [row["message_sid"] for row in await bob.rows("/api/messages/")] == [made, "mine"]


@pytest.mark.parametrize(
    ("sender", "kept"),
    [
        ("12345", "12345"),
        ("ACME", "ACME"),
        (" +1 (202) 555-0199 ", SENDER),
        ("B&Q-Shop", "B&Q-Shop"),
        ("\u0411\u0430\u043d\u043a", "\u0411\u0430\u043d\u043a"),
    ],
)
async def test_senders_need_no_number(bob: Line, sender: str, kept: str) -> None:
    """Short codes and names are senders too; a number comes in one spelling."""
    assert (await bob.get_from(sender, "x")).status_code == 202
    assert (await bob.rows("/api/messages/"))[0]["from_number"] == kept


async def test_a_plus_that_was_not_escaped_is_meant(local: Provided, bob: Line) -> None:
    """A form written by hand, where '+' stands for a blank, still names the number."""
    content = f"From={SENDER}&To={bob.number}&Body=a+b".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert (await local.http.post("/gateway/sms/", content=content, headers=kind)).status_code == 200
    (row,) = await bob.rows("/api/messages/")
    assert (row["from_number"], row["body"]) == (SENDER, "a b")


async def test_the_same_message_twice_is_kept_once(local: Provided, alice: Line, bob: Line) -> None:
    """A service that asks again gets the same answer; another identity may get the same id."""
    form = {"From": SENDER, "To": bob.number, "Body": "x", "MessageSid": "SM1"}
    answers = [await post_form(local, form) for _ in range(3)]
    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert (await hand_in(local, SENDER, bob.number, "x", id="SM1")).json() == {"id": "SM1"}
    assert len(await bob.rows("/api/messages/")) == 1
    await hand_in(local, SENDER, alice.number, "x", id="SM1")
    assert len(await alice.rows("/api/messages/")) == 1


async def test_an_unknown_number_is_404(local: Provided, bob: Line) -> None:
    """So is one whose identity was put away."""
    answer = await hand_in(local, SENDER, "+12025550177", "x")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "number.unknown")
    assert "+12025550177" in answer.json()["detail"]
    await local.ask("POST", f"/api/identities/{bob.uuid}/archive/")
    assert (await hand_in(local, SENDER, bob.number, "x")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("application/json", b"{", 400),
        ("application/json", b"[]", 400),
        ("application/json", b'{"from": "\xff"}', 400),
        ("application/json", b"{}", 422),
        ("application/json", b'{"from": "", "to": "+12025550100", "body": "x"}', 422),
        ("application/json", b'{"from": "a\\u0000b", "to": "+12025550100", "body": "x"}', 422),
        ("application/json", b'{"from": "A", "to": "5", "body": "x"}', 422),
        ("application/json", b'{"from": "A", "to": "+12025550100", "body": " "}', 422),
        ("application/json", b'{"from": 5, "to": "+12025550100", "body": "x"}', 422),
        ("application/x-www-form-urlencoded", b"", 422),
        ("application/x-www-form-urlencoded", b"From=A&To=%2B12025550100", 422),
        ("application/x-www-form-urlencoded", b"From=A&To=12025550100&Body=x", 422),
        ("application/x-www-form-urlencoded", b"From=A&To=%2B12025550100&Body=%ff", 400),
        ("application/x-www-form-urlencoded", b"From=\xff", 400),
        ("application/x-www-form-urlencoded", b"a&" * 300, 400),
        ("multipart/form-data; boundary=x", b"--x--", 415),
        ("text/plain", b"hello", 415),
    ],
)
async def test_what_is_no_message_is_refused(local: Provided, kind: str, content: bytes, status: int) -> None:
    """Each kind of nonsense has its status, in both envelopes."""
    answer = await local.ask("POST", "/gateway/sms/", key="", content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"] == answer.json()["error"]["message"]


async def test_a_web_page_cannot_hand_in(local: Provided, bob: Line) -> None:
    """A form that a browser posts from anywhere is refused."""
    form = {"From": SENDER, "To": bob.number, "Body": "x"}
    answer = await post_form(local, form, {"Origin": "https://example.com"})
    assert answer.status_code == 403
    assert await bob.rows("/api/messages/") == []


@pytest.mark.parametrize(
    ("caller", "signature"),
    [
        ("+14158675309", "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
        ("+12349013030", "0/KCTR6DLpKmkAf8muzZqo1nDgQ="),
        ("+14158675310", "GvWf1cFY/Q7PnoempGyD5oXAezc="),
    ],
)
def test_the_signature_is_twilios(caller: str, signature: str) -> None:
    """The examples that Twilio publishes come out as published."""
    fields = {
        "CallSid": ["CA1234567890ABCDE"],
        "Caller": [caller],
        "Digits": ["1234"],
        "From": [caller],
        "To": ["+18005551212"],
    }
    assert form_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", fields) == signature


async def test_a_form_must_be_signed_where_a_token_is_set(guarded: Line) -> None:
    """The address with its query and every field count; a missing or wrong signature is 403."""
    local = guarded.local
    fields = {"From": SENDER, "To": guarded.number, "Body": "x y & \u00fc", "MessageSid": "SM1"}
    url = f"{local.url}/gateway/sms/?a=1%202"
    right = form_signature(TOKEN, url, {name: [value] for name, value in fields.items()})
    wrong: tuple[dict[str, str], ...] = (
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": ("B" if right[0] == "A" else "A") + right[1:]},
        {"X-Constellagent-Signature": json_signature(TOKEN, urlencode(fields).encode())},
    )
    for headers in wrong:
        answer = await post_form(local, fields, headers, "?a=1%202")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "signature.invalid")
    signed = {"X-Twilio-Signature": right}
    assert (await post_form(local, fields | {"Body": "z"}, signed, "?a=1%202")).status_code == 403
    assert (await post_form(local, fields, signed)).status_code == 403
    assert await guarded.rows("/api/messages/") == []
    assert (await post_form(local, fields, signed, "?a=1%202")).status_code == 200
    assert len(await guarded.rows("/api/messages/")) == 1


async def test_json_must_be_signed_where_a_token_is_set(guarded: Line) -> None:
    """Nothing, nonsense and the signature of another body are 403; bytes that are no text are no request."""
    local = guarded.local
    content = json.dumps({"from": "ACME", "to": guarded.number, "body": "x"}).encode()
    for signature in (b"", b"sha256=", b"\xff", json_signature(TOKEN, content + b" ").encode()):
        headers = {b"X-Constellagent-Signature": signature, b"Content-Type": b"application/json"}
        answer = await local.http.post("/gateway/sms/", content=content, headers=headers)
        assert answer.status_code == (400 if signature == b"\xff" else 403)
    headers = {
        b"X-Constellagent-Signature": json_signature(TOKEN, content).encode(),
        b"Content-Type": b"application/json",
    }
    assert (await local.http.post("/gateway/sms/", content=content, headers=headers)).status_code == 202
    assert len(await guarded.rows("/api/messages/")) == 1


async def test_a_flood_is_refused_and_what_was_taken_stays(tmp_path: Path, root_key: RootKey) -> None:
    """Beyond the limit it is 429 with when to try again; what came twice does not count; later it goes on."""
    clock = [1_800_000_000.0]
    options = Options(received_per_minute=3)
    async with provided(tmp_path, root_key, options=options, now=lambda: clock[0]) as local:
        one, other = await line(local), await line(local)
        for sid in ("a", "a", "b", "c"):
            assert (await hand_in(local, SENDER, one.number, "x", id=sid)).status_code == 202
        refused = await hand_in(local, SENDER, one.number, "x", id="d")
        assert refused.status_code == 429
        seconds = int(refused.headers["Retry-After"])
        assert 0 < seconds <= 61
        assert refused.json()["retry_after_seconds"] == seconds
        assert (await hand_in(local, SENDER, one.number, "x", id="b")).status_code == 202
        assert (await hand_in(local, SENDER, other.number, "x")).status_code == 202
        clock[0] += seconds
        assert (await hand_in(local, SENDER, one.number, "x", id="d")).status_code == 202
        assert len(await one.rows("/api/messages/")) == 4


@given(fields=st.dictionaries(st.text(), st.lists(st.text(), min_size=1)), url=st.text(), token=st.text())
def test_a_signature_does_not_depend_on_order(fields: dict[str, list[str]], url: str, token: str) -> None:
    """Fields in any order, and a value twice, sign alike; another address signs differently."""
    signed = form_signature(token, url, fields)
    shuffled = {name: fields[name][::-1] * 2 for name in reversed(fields)}
    assert form_signature(token, url, shuffled) == signed
    assert form_signature(token, f"{url}x", fields) != signed
