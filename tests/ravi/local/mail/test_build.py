"""Letters as bytes: read again as they were, by us and by the standard library."""

import re
from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import assume, given
from hypothesis import strategies as st

from constellagent.ravi.local.mail.build import build, needs_utf8
from constellagent.ravi.local.mail.letter import Attached, Letter
from constellagent.ravi.local.mail.parse import parse
from constellagent.ravi.local.mail.words import MalformedError
from tests.ravi.local.mail.pieces import CONTENTS, LETTERS

LETTER = Letter("a@b.example", ("c@d.example",), "Hello", "<1@b.example>", text="Hello\n\nworld")


@given(LETTERS)
def test_a_letter_is_read_again_as_it_was(letter: Letter) -> None:
    """Whatever an identity sends arrives: names, subject, ids, both bodies and every byte of every file."""
    assert parse(build(letter, 0.0)) == letter


@given(CONTENTS)
def test_what_was_received_can_be_sent_on(content: bytes) -> None:
    """Whatever was read, however odd, is the same after it was written and read again."""
    try:
        letter = parse(content)
    except MalformedError:
        assume(False)
    assert parse(build(letter, 0.0)) == replace(letter, hops=0)


@given(LETTERS)
def test_lines_and_fields_are_as_servers_take_them(letter: Letter) -> None:
    """Lines end in CRLF and are short enough, and the header holds each of the known fields at most once."""
    content = build(letter, 0.0, "marker")
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    names = [
        line.partition(b":")[0]
        for line in content.partition(b"\r\n\r\n")[0].split(b"\r\n")
        if line[:1] != b" "
    ]
    assert len(names) == len(set(names))


@given(st.text(alphabet="ab:\r\n\0\u2028\x85 <>,@é", max_size=40))
def test_nothing_begins_another_field(text: str) -> None:
    """Line breaks in a subject, a name, an address or an id do not get through."""
    hostile = f"x\r\nBcc: victim@x.example\r\n\r\n{text}"
    letter = replace(
        LETTER,
        subject=hostile,
        from_name=hostile,
        to=(hostile,),
        in_reply_to=hostile,
        references=(hostile,),
        attachments=(Attached(hostile, hostile, b"", content_id=hostile),),
    )
    head = build(letter, 0.0, hostile).partition(b"\r\n\r\n")[0]
    fields = re.split(rb"\r\n(?![ \t])", head)
    assert {field.partition(b":")[0] for field in fields} <= {
        *(b"From", b"To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References", b"X-Loop"),
        *(b"MIME-Version", b"Content-Type"),
    }
    assert message_from_bytes(build(letter, 0.0), policy=SMTP)["Bcc"] is None


def test_blind_copies_are_never_written() -> None:
    """Bcc is for the envelope only."""
    content = build(replace(LETTER, bcc=("secret@x.example",)), 0.0)
    assert b"secret" not in content
    assert b"bcc" not in content.lower()


def test_the_standard_library_reads_it() -> None:
    """Its modern parser finds no defect and the same content, whatever we parse ourselves with."""
    letter = replace(
        LETTER,
        from_name='Jürgen "Q" <x>',
        subject="Grüße " * 30,
        text="schön\nund gut",
        html="<p>schön</p>",
        attachments=(
            Attached("logo.png", "image/png", b"\x89PNG", inline=True, content_id="<logo@x>"),
            Attached("Größe.pdf", "application/pdf", b"%PDF" * 100),
            Attached("in.eml", "message/rfc822", b"Subject: in\r\n\r\nx"),
        ),
    )
    message = message_from_bytes(build(letter, 86_400.0), policy=SMTP)
    assert isinstance(message, EmailMessage)
    assert all(not part.defects for part in message.walk())
    assert message["Subject"] == letter.subject.strip()
    assert message["From"].addresses[0].display_name == letter.from_name
    assert message["Date"].datetime.timestamp() == 86_400.0
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content() == "schön\r\nund gut"
    assert html.get_content().rstrip() == "<p>schön</p>"
    names = [part.get_filename() for part in message.walk() if part.get_filename()]
    assert names == ["logo.png", "Größe.pdf", "in.eml"]
    assert b"X-Loop" not in build(letter, 0.0)


def test_ordinary_text_stays_readable() -> None:
    """ASCII text is written as it is; long lines and other letters are encoded."""
    assert b"Hello\r\n\r\nworld" in build(LETTER, 0.0)
    for text in ("x" * 2000, "é"):
        assert b"base64" in build(replace(LETTER, text=text), 0.0)


def test_files_of_strange_types_are_still_sent() -> None:
    """A type that would make the mail unreadable becomes plain bytes, and a broken mail inside is encoded."""
    broken = (
        b"\0\xff\nx: y\r\r\n",
        b"Subject: x\r\n\r\n" + b"y" * 2000,
        b"Content-Type: multipart/mixed\r\n\r\n\xc3\xa9",
        b"Content-Type: text/plain" + b";a=b\r\n " * 10_000,
    )
    for kind, content in (
        *(("multipart/mixed", b"x"), ("no type", b"x")),
        *(("message/rfc822", content) for content in broken),
    ):
        (file,) = parse(build(replace(LETTER, attachments=(Attached("f", kind, content),)), 0.0)).attachments
        assert file.content == content
        assert file.content_type == (kind if kind == "message/rfc822" else "application/octet-stream")


def test_addresses_beyond_ascii_need_a_server_that_takes_them() -> None:
    """The header holds such an address as it is, and that is said before it is sent."""
    letter = replace(LETTER, to=("jürgen@exämple.example",))
    assert not needs_utf8(LETTER, ("x@y.example",))
    assert needs_utf8(letter, ())
    assert needs_utf8(LETTER, ("jürgen@x.example",))
    assert "jürgen@exämple.example".encode() in build(letter, 0.0)
