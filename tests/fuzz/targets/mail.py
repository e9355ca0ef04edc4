"""A mail: it is kept whole, or refused with a reason; and what is kept can be shown, built and found in."""

import json
from email import message_from_bytes

from constellagent.ravi.codes import find_codes
from constellagent.ravi.local.mail.content import with_text
from constellagent.ravi.local.mail.html_text import as_text
from constellagent.ravi.local.mail.parse import parse
from constellagent.ravi.local.mail.words import MalformedError
from tests.fuzz.target import Target


def run(data: bytes) -> None:
    """Read a mail as it comes from a stranger."""
    try:
        letter = with_text(parse(data, "sender@a.test"))
    except MalformedError as error:
        str(error).encode()
        return
    assert letter.from_email
    assert letter.message_id
    texts = (letter.subject, letter.text, letter.html, letter.from_name, *letter.to, *letter.cc)
    for text in texts:
        text.encode()
        assert "\0" not in text
    assert not any(sign in f"{letter.subject}{letter.from_name}" for sign in "\r\n\x1b")
    for file in letter.attachments:
        assert "/" not in file.filename
        assert len(file.filename.encode()) <= 255
        assert file.filename not in {"", ".", ".."}
    assert sum(len(file.content) for file in letter.attachments) <= 2 * len(data) + 100
    json.dumps([letter.references, letter.in_reply_to])
    as_text(letter.html)
    find_codes(f"{letter.subject}\n{letter.text}"[:20_000])


_PLAIN = b"""From: Acme <noreply@acme.example>\r
To: docs@constellagent.test, "B" <b@a.test>\r
Subject: =?utf-8?B?WW91ciBjb2Rl?=\r
Message-ID: <1@acme.example>\r
References: <0@a> <1@b>\r
MIME-Version: 1.0\r
"""
_MIXED = (
    _PLAIN
    + b"""Content-Type: multipart/mixed; boundary=b\r
\r
--b\r
Content-Type: multipart/alternative; boundary="c"\r
\r
--c\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
Your code is 123=\r
456\r
--c\r
Content-Type: text/html\r
\r
<p>Your code <a href="https://acme.example/?a=1&amp;b">here</a> 123456</p>\r
--c--\r
--b\r
Content-Type: application/pdf; name*=utf-8''a%20b.pdf\r
Content-Disposition: attachment; filename="../../etc/passwd"\r
Content-Transfer-Encoding: base64\r
\r
SGVsbG8=\r
--b\r
Content-Type: message/rfc822\r
\r
From: a@b.c\r
\r
inner\r
--b--\r
"""
)


def seeds() -> list[bytes]:
    """Return mail of the forms that programs write."""
    assert message_from_bytes(_MIXED).is_multipart()
    return [
        _PLAIN + b"Content-Type: text/plain; charset=latin-1\r\n\r\ncaf\xe9 123456\r\n",
        _PLAIN + b"Content-Type: text/html\r\n\r\n<html><style>a</style><body>Hi<br><img alt=x></body>",
        _MIXED,
        _PLAIN + b"Auto-Submitted: auto-replied\r\n\r\nno body type\r\n",
        _PLAIN
        + b"Content-Type: text/plain; charset=utf-16\r\nContent-Transfer-Encoding: base64\r\n\r\n//5h\r\n",
        b"\r\nonly a body",
        b"Subject: a\r\n folded\r\n",
    ]


TARGET = Target(
    "mail",
    run,
    seeds,
    words=(
        *(b"Content-Type: ", b"multipart/mixed; boundary=", b"message/rfc822", b"text/html", b"charset="),
        *(b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"=?utf-8?q?", b"?=", b"\r\n\r\n"),
        *(
            b"--b",
            b"--b--",
            b"filename*0*=",
            b"utf-7",
            b"idna",
            b"Received: x\r\n",
            b"From: ",
            b"<!--",
            b"<a ",
        ),
        *(
            b"unicode-escape",
            b"rot13",
            b"hz",
            b"iso2022_jp",
            b"Reply-To: ",
            b"Content-ID: <",
            b"=\r\n",
            b";;",
        ),
    ),
    guides=("constellagent.ravi.local.mail", "constellagent.ravi.codes", "email"),
)
