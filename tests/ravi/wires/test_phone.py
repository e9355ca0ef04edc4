"""Numbers and senders on the wire."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from constellagent.ravi.wires.phone import GatewayText, e164, peer, with_plus

numbers = st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True, alphabet="+0123456789")


@given(number=numbers, data=st.data())
def test_a_number_has_one_spelling(number: str, data: st.DataObject) -> None:
    """Spaces, brackets, dots and dashes anywhere change nothing, and neither does reading it again."""
    spelled = number
    for _ in range(data.draw(st.integers(0, 5))):
        at = data.draw(st.integers(0, len(spelled)))
        spelled = spelled[:at] + data.draw(st.sampled_from(" ().-")) + spelled[at:]
    assert e164(spelled) == e164(number) == peer(spelled) == number
    assert with_plus(f" {number[1:]}") == with_plus(number) == number


@given(text=st.text())
def test_anything_else_is_no_number(text: str) -> None:
    """Whatever the text, it is a number in E.164 form or refused; a peer is always something."""
    try:
        number = e164(text)
    except PydanticCustomError:
        assert peer(text) == text.strip()
    else:
        assert number[0] == "+"
        assert number[1:].isascii()
        assert 7 <= len(number[1:]) <= 15
    assert peer(peer(text)) == peer(text)


@pytest.mark.parametrize("sender", ["", " ", "a\nb", "a\x00b", "x" * 41])
def test_a_sender_is_one_short_printable_line(sender: str) -> None:
    """Nothing empty, long or with control characters is a sender."""
    with pytest.raises(ValidationError):
        GatewayText.model_validate({"from": sender, "to": "+12025550100", "body": "x"})


def test_a_message_holds_nothing_but_its_fields() -> None:
    """Fields that a service adds are ignored, and the field is called as on the wire."""
    wanted = GatewayText.model_validate({"from": "A", "to": "+1 202 555 0100", "body": " x ", "more": 1})
    assert (wanted.sender, wanted.to, wanted.body, wanted.id) == ("A", "+12025550100", " x ", "")
