"""Mails as programs write them, as they should not, and as nobody does."""

import contextlib
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given

from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.mail.parse import NOBODY, clean_filename, parse
from constellagent.ravi.local.mail.words import MalformedError
from tests.growth import assert_linear
from tests.ravi.local.mail.pieces import CONTENTS


def read(text: str | bytes, **more: str) -> Letter:
    """Parse a mail that is written with line feeds."""
    content = text.encode() if isinstance(text, str) else text
    return parse(content.replace(b"\n", b"\r\n"), **more)


@given(CONTENTS)
def test_no_bytes_fail_otherwise(content: bytes) -> None:
    """Any bytes become a letter that can be stored, or are malformed; nothing else is raised."""
    try:
        letter = parse(content)
    except MalformedError:
        return
    for text in (letter.subject, letter.from_name, letter.from_email, letter.text, letter.html, *letter.to):
        assert b"\0" not in text.encode()
    for text in (
        letter.subject,
        letter.from_name,
        letter.message_id,
        *(f.filename for f in letter.attachments),
    ):
        assert not {"\r", "\n"} & set(text)
    assert letter.from_email
    assert letter.message_id.startswith("<")


def test_the_fields_of_an_ordinary_mail() -> None:
    """Names, addresses, ids and subject are taken from the header, decoded and bare."""
    letter = read(
        'From: =?utf-8?q?J=C3=BCrgen?= "Q." <J.Q@ACME.Example>\n'
        'To: "Last, First" <Docs@Constellagent.TEST>, other@b.example\n'
        "Cc: Team: a@b.example, c@d.example;\n"
        "Reply-To: Support <Reply+ToKeN@acme.example>\n"
        "Subject: Re: =?utf-8?b?8J+OiQ==?=\n now\n"
        "Message-ID: <1@acme.example>\nIn-Reply-To: <0@x>\nReferences: <-1@x>\n <0@x>\n"
        "Date: whenever\nReceived: by a\nReceived: by b\n\nHello\n"
    )
    assert (letter.from_email, letter.from_name) == ("J.Q@acme.example", "Jürgen Q.")
    assert letter.to == ("Docs@constellagent.test", "other@b.example")
    assert letter.cc == ("a@b.example", "c@d.example")
    assert letter.reply_to == ("Reply+ToKeN@acme.example",)
    assert letter.subject == "Re: 🎉 now"
    assert (letter.message_id, letter.in_reply_to) == ("<1@acme.example>", "<0@x>")
    assert letter.references == ("<-1@x>", "<0@x>")
    assert (letter.hops, letter.automatic, letter.text) == (2, False, "Hello")


def test_what_is_missing_is_made_up() -> None:
    """Without a header the envelope's sender is the author, the id is new, and the text is kept."""
    letter = parse(b"just words", "Cron@Host.example")
    assert letter == Letter("Cron@host.example", (), "", letter.message_id, text="just words")
    assert letter.message_id != parse(b"just words").message_id
    assert parse(b"").from_email == NOBODY
    assert read("From: a@ban\u212a.example\n\nx").from_email == "a@ban\u212a.example"
    assert read("From: root (Cron Daemon)\n\nx").from_email == "root@localhost"
    assert read("From: nonsense <>\n\nx", sender="a@b.example").from_email == "a@b.example"


def test_ids_without_brackets_get_them() -> None:
    """Some programs leave the brackets out; what holds none is no id."""
    letter = read("Message-ID: a@b\nIn-Reply-To: your mail of <yesterday>\nReferences: c@d e@f\n\nx")
    assert (letter.message_id, letter.in_reply_to, letter.references) == (
        "<a@b>",
        "<yesterday>",
        ("<c@d>", "<e@f>"),
    )


def test_a_long_chain_is_shortened() -> None:
    """Of a chain of ids the first and the newest stay."""
    chain = [f"<{n}@x>" for n in range(5000)]
    letter = read("References: " + "\n ".join(chain) + "\n\nx")
    assert (letter.references[0], letter.references[-1], len(letter.references)) == ("<0@x>", "<4999@x>", 100)


def test_what_a_usual_library_writes() -> None:
    """Text, HTML with an inline image, a calendar part, a file and a forwarded mail all arrive."""
    forwarded = EmailMessage(policy=SMTP)
    forwarded["Subject"] = "inner"
    forwarded.set_content("inner text ä")
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = "a@b.example", "docs@constellagent.test"
    message.set_content("Hellö\n\nworld\n", cte="quoted-printable")
    message.add_alternative('<p>Hellö <img src="cid:logo@x"></p>\n', subtype="html")
    html = message.get_body(("html",))
    assert isinstance(html, EmailMessage)
    html.add_related(b"\x89PNG\0", "image", "png", cid="<logo@x>")
    message.add_alternative("BEGIN:VCALENDAR\n", subtype="calendar")
    message.add_attachment(b"%PDF \0\xff\r\n", "application", "pdf", filename="Rechnung Größe.pdf")
    message.add_attachment(forwarded)
    letter = parse(message.as_bytes())
    assert (letter.text, letter.html) == ("Hellö\n\nworld", '<p>Hellö <img src="cid:logo@x"></p>')
    image, calendar, pdf, inner = letter.attachments
    assert (image.content, image.inline, image.content_id) == (b"\x89PNG\0", True, "<logo@x>")
    assert (calendar.filename, calendar.content_type) == ("invite.ics", "text/calendar")
    assert (pdf.filename, pdf.content, pdf.inline) == ("Rechnung Größe.pdf", b"%PDF \0\xff\r\n", False)
    assert inner.content_type == "message/rfc822"
    assert parse(inner.content).text == "inner text ä"


@pytest.mark.parametrize(
    ("mail", "text", "html"),
    [
        (
            "Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\ngr\xfcn",
            "grün",
            "",
        ),
        ("Content-Type: text/plain\n\ngr\xfcn", "grün", ""),
        ("Content-Type: text/plain; charset=nope\n\nx", "x", ""),
        ("Content-Type: text/html\n\n<b>x</b>", "", "<b>x</b>"),
        ("Content-Type: nonsense\n\nx", "x", ""),
        ("Content-Type: multipart/mixed\n\nno boundary gr\xfcn", "no boundary grün", ""),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ntwo\n--b--\n", "one\ntwo", ""),
        ("Content-Type: multipart/mixed; boundary=b\n\n--b\n\nnever closed", "never closed", ""),
        ("Content-Type: multipart/mixed; boundary=b\n\nonly a preamble", "only a preamble", ""),
        ("Content-Transfer-Encoding: base64\n\nSGVsbG8\n", "Hello", ""),
        ("Content-Transfer-Encoding: base64\n\n!\n", "", ""),
        ("Content-Transfer-Encoding: base64\n\nS\n", "S", ""),
        ("Content-Transfer-Encoding: quoted-printable\n\na=3Db=\nc=ZZ\n", "a=bc=ZZ", ""),
        ("Content-Transfer-Encoding: x-unknown\n\nas it is\n", "as it is", ""),
        ('Content-Type: text/plain; charset="utf-8"; charset=x\n\nx', "x", ""),
        ("Subject: x\n\nnul \0 byte", "nul \N{REPLACEMENT CHARACTER} byte", ""),
        ("\n\n\nstarts late", "\n\nstarts late", ""),
        ("From nobody Mon Jan 1\nSubject: mbox\n\nx", "x", ""),
    ],
)
def test_odd_bodies(mail: str, text: str, html: str) -> None:
    """Wrong charsets, encodings, boundaries and bytes: what is there is read."""
    letter = read(mail.encode("latin-1"))
    assert (letter.text, letter.html) == (text, html)


@pytest.mark.parametrize("name", ["filename*0; filename*", "filename*=idna''x", "filename*0*=undefined''a"])
def test_a_name_that_the_library_fails_on_is_left_out(name: str) -> None:
    """The file itself is kept."""
    (file,) = read(f"Content-Disposition: attachment; {name}\nContent-Type: a/b\n\nx").attachments
    assert (file.filename, file.content_type, file.content) == ("attachment", "a/b", b"x")


def test_a_mail_inside_a_mail_is_kept_as_it_was() -> None:
    """Its header is not refolded and its charset not changed, also where it came encoded."""
    inner = b"Subject: gr\xfcn " + b"long " * 40 + b"\r\nX-Odd:no space\r\n\r\nbody gr\xfcn\r\n"
    outer = b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n'
    (file,) = parse(outer + inner + b"\r\n--b--\r\n").attachments
    assert (file.filename, file.content.replace(b"X-Odd: no", b"X-Odd:no")) == ("message.eml", inner)
    encoded = (
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nU3ViamVjdDogaW4NCg0KeA=="
    )
    (file,) = parse(encoded).attachments
    assert file.content == b"Subject: in\r\n\r\nx"


@pytest.mark.parametrize(
    ("field", "automatic"),
    [
        ("Auto-Submitted: auto-replied", True),
        ("Auto-Submitted: no", False),
        ("Precedence: bulk", True),
        ("Precedence: first-class", False),
        ("Content-Type: multipart/report; boundary=b", True),
        ("X-Other: x", False),
    ],
)
def test_automatic_mail_is_known(field: str, automatic: bool) -> None:
    """What a program sent by itself says so in one of the usual ways."""
    assert read(f"{field}\n\nx").automatic == automatic


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd", ".._.._etc_passwd"),
        ("C:\\x\\y.txt", "C:_x_y.txt"),
        ("a\r\nb\0.txt", "a b .txt"),
        ("=?utf-8?q?=E2=82=AC=2Etxt?=", "€.txt"),
        ("..", ""),
        (" . ", ""),
        ("é" * 300, "é" * 127),
    ],
)
def test_filenames_name_no_other_folder(name: str, clean: str) -> None:
    """Separators, controls and too many bytes go; what is left is one name in one folder."""
    assert clean_filename(name) == clean


def nested(depth: int) -> bytes:
    """Return parts inside parts."""
    kinds = (b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(depth))
    return b"".join(kinds) + b"\r\nx\r\n"


@pytest.mark.parametrize(
    "content",
    [
        nested(52),
        nested(900),
        b"Content-Type: message/rfc822\r\n\r\n" * 2000,
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 2000,
        nested(40) + b"-\r\n" * 3_400_000,
        b"Subject: " + b"x" * 200_000 + b"\r\n\r\nx",
        b"Content-Type: text/plain" + b";a=b" * 10_000 + b"\r\n\r\nx",
    ],
    ids=["deep", "deeper", "mails", "parts", "lines", "field", "parameters"],
)
def test_absurd_mail_is_refused_soon(content: bytes) -> None:
    """What would take hours or a deep stack is malformed before it could."""
    start = time.process_time()
    with pytest.raises(MalformedError):
        parse(content)
    assert time.process_time() - start < 15


def test_endless_comments_end_soon() -> None:
    """Some releases of Python read an address of open brackets alone, others refuse it; none takes long."""
    start = time.process_time()
    with contextlib.suppress(MalformedError):
        assert parse(b"To: " + b"(" * 100_000 + b"\r\n\r\nx").text == "x"
    assert time.process_time() - start < 15


@pytest.mark.parametrize(
    ("made", "size"),
    [
        (nested, 50),
        (lambda size: b"a:b\r\n" * size + b"\r\nx", 100_000),
        (lambda size: b"To: " + b"a@b.example," * size + b"\r\n\r\nx", 10_000),
        (
            lambda size: b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * size,
            900,
        ),
    ],
    ids=["deep", "fields", "recipients", "parts"],
)
def test_large_mail_is_read_soon(made: Callable[[int], bytes], size: int) -> None:
    """A hundred thousand fields, ten thousand recipients, hundreds of parts are read, at a cost by number."""
    assert_linear(made, parse, size)
