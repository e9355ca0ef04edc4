"""Mails and texts as rows and as text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.views.messages import code_line, is_text, key, letter, message_row, talk
from constellagent.faces.tui.words import Fragments
from constellagent.runtime.identity_views import CodeView
from tests.faces.cli.personal import conversation_view, mail_view, text_view, thread_view
from tests.faces.tui.fake_deck import NOW

pytestmark = pytest.mark.usefixtures("utc")


def said(line: Fragments) -> str:
    """Return a line without its styles."""
    return "".join(text for _, text in line).rstrip()


def whole(lines: list[Fragments]) -> str:
    """Return lines as one text."""
    return "\n".join(map(said, lines))


def test_rows() -> None:
    """A row says how many are unread, when, of which kind, who (the address without a name) and what."""
    mail = thread_view("Plan", unread=2, at="1970-01-12T09:00:00Z")
    assert said(message_row(mail, NOW, 60)) == " 2 09:00:00 mail Jo March        Plan  Shall we"
    nameless = thread_view("", sender_name="", at="1970-01-11T09:00:00Z")
    assert said(message_row(nameless, NOW, 100)) == (
        "   11 Jan 09:00 mail jo@example.com            (no subject)  Shall we"
    )
    text = conversation_view("+1202555", unread=0, at="1970-01-12T09:00:00Z")
    assert said(message_row(text, NOW, 60)) == "   09:00:00 text +1202555        Your code"
    assert (is_text(text), is_text(mail)) == (True, False)
    assert (key(text), key(mail)) == ("1_+1202555", "<Plan@example.com>")


def test_letter() -> None:
    """A mail is told with its head, its files, and its text line by line."""
    mail = mail_view(1, cc="ann@example.com", text="one\n\ttwo\n", files=[_file("plan.pdf")])
    assert whole(letter([mail])) == (
        "from     Jo March <jo@example.com>  unread\n"
        "to       docs@acme.test, ann@example.com\n"
        f"date     {mail['at'][:19].replace('T', ' ')}\n"
        "subject  Plan\n"
        "file     plan.pdf  application/pdf, 10 bytes\n"
        "\none\n        two\n"
    )


def _file(name: str) -> Any:
    return {"name": name, "kind": "application/pdf", "size": 10}


def test_letter_that_is_held_or_has_no_text() -> None:
    """It is said where a mail has not left, and where it has HTML only; what was read is not unread."""
    text = whole(letter([mail_view(1, sender_name="", text="", incoming=False, state="held")]))
    assert text.startswith("from     jo@example.com  held: it has not left this machine")
    assert "(this mail has HTML only" in text
    assert "unread" not in whole(letter([mail_view(1, read=True)]))


def test_talk() -> None:
    """A conversation by text tells who said what and when."""
    texts = [text_view(1), text_view(2, incoming=False, state="held", text="thanks\nbye")]
    at = texts[0]["at"][:19].replace("T", " ")
    assert whole(talk(texts)) == (
        f"ACME  {at}\nYour code is 123456\n\n"
        f"the agent  {at}  held: it has not left this machine\nthanks\nbye\n"
    )


def test_code() -> None:
    """A code is told with who sent it and when."""
    code = CodeView(code="123\x1b456", source="sms", sender="ACME", at="1970-01-12T09:00:00Z", id=1)
    assert said(code_line(code, NOW)) == "code 123\N{REPLACEMENT CHARACTER}456 from ACME, 09:00:00"


def test_large_mail() -> None:
    """Of a very long text as much is shown as can be read, and it is said that there is more."""
    lines = letter([mail_view(1, text="y" * 5_000_000)])
    assert said(lines[-2]) == "(4900000 characters more are not shown here)"


@given(st.text())
def test_nothing_acts_on_the_terminal(text: str) -> None:
    """Whatever a stranger wrote, only printable signs are drawn."""
    mail = mail_view(
        1, sender=text, sender_name=text, to=text, cc=text, subject=text, at=text, files=[_file(text)]
    )
    mail["text"] = text
    row = thread_view(text, sender_name=text, preview=text, at=text)
    lines = [
        *letter([mail]),
        *talk([text_view(1, sender=text, text=text, at=text)]),
        message_row(row, NOW, 80),
    ]
    assert all(said(line).isprintable() for line in lines)
