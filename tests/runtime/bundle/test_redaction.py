"""No value that is known survives, in whatever form it stands, and what was redacted stays as it is."""

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.bundle.redaction import Redactor
from constellagent.runtime.bundle.shapes import MARK
from tests.reliability.scan import Scanner

SECRET = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=12, max_size=30)
KNOWN = "plum-orchard-battery-9"
NOISE = st.text(max_size=60)
ENCODINGS: tuple[Callable[[str], str], ...] = (
    str,
    json.dumps,
    quote,
    lambda one: one[::-1],
    lambda one: one.encode().hex(),
    lambda one: base64.b64encode(b"x" + one.encode() + b"y").decode(),
    lambda one: one.encode("utf-16-le").decode("latin-1"),
)


@given(st.lists(SECRET, min_size=1, max_size=3), st.lists(NOISE, min_size=1, max_size=4), st.data())
def test_no_known_secret_survives(secrets: list[str], noise: list[str], data: st.DataObject) -> None:
    """Planted in any encoding between any text, no form of any of them is found in what comes out."""
    text = ""
    for piece in noise:
        secret = data.draw(st.sampled_from(secrets))
        encode = data.draw(st.sampled_from(ENCODINGS))
        text += piece + encode(secret)
    told = Redactor(secrets).text(text)
    scanner = Scanner({str(number): secret for number, secret in enumerate(secrets)})
    assert scanner.found(told.encode("utf-8", "replace")) == set()


@given(st.lists(st.text(max_size=20), max_size=4), NOISE, NOISE)
def test_again_changes_nothing(secrets: list[str], one: str, other: str) -> None:
    """Redacting is done when it is done, also where a mark and its neighbours make a secret."""
    redactor = Redactor([*secrets, MARK + "abc"], home="/home/somebody", host="machine", user="somebody")
    text = f"{one}{''.join(secrets)}{MARK}abcabc /home/somebody/x {other}"
    told = redactor.text(text)
    assert redactor.text(told) == told


@pytest.mark.parametrize(
    "look",
    [
        "plum-orch\n    ard-battery-9",
        "plum-\x1b[1;31morchard\x1b[0m-battery-9",
        "PLUM-Orchard-battery-9",
        "".join(f"%{byte:02X}" for byte in KNOWN.encode()),
        KNOWN.encode().hex(":"),
        KNOWN.encode().hex(" "),
        base64.b85encode(KNOWN.encode()).decode(),
        base64.a85encode(b"xy" + KNOWN.encode() + b"z").decode(),
        base64.encodebytes(b"x" + KNOWN.encode() * 9).decode(),
    ],
)
def test_a_known_value_is_found_however_it_is_drawn(look: str) -> None:
    """Wrapped, coloured, in capitals, or in an encoding that has marks between its parts."""
    redactor = Redactor([KNOWN])
    told = redactor.text(f"it said {look} and more")
    assert redactor.known >= 1
    assert told.startswith("it said ")
    assert told.endswith(" and more")
    assert not any(part in told.lower() for part in ("orch", "battery", "706c", "%70", "70:6c", "70 6c"))


def test_what_is_joined_by_taking_out_is_found() -> None:
    """Where a secret hides another one inside, both are gone."""
    told = Redactor(["opensesame", "open[***]now"]).text("openopensesamenow or not")
    assert told == f"{MARK} or not"


def test_person_and_machine_are_not_told() -> None:
    """The home folder, the names of machine and account stand for what they are, in whole words only."""
    redactor = Redactor([], home="/home/kim/", host="kims-box.example", user="kim")
    assert redactor.text("/home/kim/repo kim@kims-box:") == "~/repo [user]@[host]:"
    assert redactor.text("kimono /home/kimono") == "kimono /home/[user]"
    assert Redactor([], user="root").text("the root key") == "the root key"


def test_values_of_json() -> None:
    """Texts, keys and what a key's name tells of are redacted; numbers and what is missing stay."""
    redactor = Redactor(["opensesame"])
    value = {
        "opensesame": ["x opensesame", 5, None, True],
        "password": "short",
        "token": None,
        "pin_secret": 1234,
    }
    assert redactor.value(value) == {
        MARK: [f"x {MARK}", 5, None, True],
        "password": MARK,
        "token": None,
        "pin_secret": MARK,
    }
    assert (redactor.known, redactor.shaped) == (2, 2)


def test_a_known_number_goes_whole() -> None:
    """Digits that are a secret are found in numbers too, and what stands there instead is a JSON value."""
    redactor = Redactor(["493817"])
    value = {"pin": 493817, "at": [1.4938172, 12], "is": True}
    assert redactor.value(value) == {"pin": MARK, "at": [MARK, 12], "is": True}
