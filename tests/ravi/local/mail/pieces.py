"""Pieces of mails, from which hypothesis puts together what no program would write and some do."""

from hypothesis import strategies as st

from constellagent.ravi.local.mail.letter import Attached, Letter

_PIECES = [
    *(b"Content-Type: ", b"text/plain", b"text/html", b"multipart/mixed", b"multipart/alternative"),
    *(
        b"multipart/digest",
        b"multipart/report",
        b"message/rfc822",
        b"message/delivery-status",
        b"message/partial",
    ),
    *(
        b"; boundary=b",
        b"; boundary=c",
        b"--b",
        b"--b--",
        b"--c",
        b"--c--",
        b"\r\n",
        b"\r\n\r\n",
        b"\n",
        b"\r",
    ),
    *(b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: quoted-printable", b"uuencode"),
    *(b"; charset=utf-16", b"; charset=utf-8", b"; charset*=x''y", b"; charset=punycode", b"; name="),
    *(b"Subject: ", b"From: ", b"To: ", b"Reply-To: ", b"Message-ID: <a@b>", b"References: <a@b> <c@d>"),
    *(b"In-Reply-To: x@y", b"Received: x", b"Auto-Submitted: auto-replied", b"Content-ID: <i@d>"),
    *(b'Content-Disposition: attachment; filename="a/b.txt"', b"Content-Disposition: inline"),
    *(b"; filename*=utf-8''%e2%82%ac.txt", b"=?utf-8?q?a_=C3=A9?=", b"=?utf-8?b?w6k=?=", b"=?x?q?="),
    *(b"a@b.c", b"<a@B.c>", b'"x, y" <q@r.s>', b",", b" ", b"\0", b"\xff\xfe", b"\xc3\xa9", b"hello"),
    *(b"SGVsbG8=", b"=3D=\r\n", b":", b";", b"=", b"'", b'"', b"(", b")", b"<", b">", b"."),
]

CONTENTS = st.lists(st.sampled_from(_PIECES), max_size=60).map(b"".join) | st.binary(max_size=300)
"""The bytes of mails."""

_LINE = st.text(max_size=60).filter(
    lambda text: text == "".join(c if c.isprintable() else "" for c in text).strip()
)
_TEXT = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=200
).map(lambda text: text.rstrip("\n"))
_ATOM = st.text(alphabet="abcXYZ0189.-_+=é", min_size=1, max_size=20)
_ADDRESS = st.builds("{}@{}.example".format, _ATOM, st.text(alphabet="abc09-", min_size=1, max_size=10))
_ADDRESSES = st.lists(_ADDRESS, max_size=4, unique=True).map(tuple)
_ID = st.builds("<{}@{}>".format, *[st.text(alphabet="abcXYZ019.$%-", min_size=1, max_size=30)] * 2)
_FILE = st.builds(
    Attached,
    filename=st.text(alphabet="abc äö'\"%=?;.-", min_size=1, max_size=100).filter(
        lambda name: name == name.strip() and bool(name.strip(".")) and "=?" not in name
    ),
    content_type=st.sampled_from(
        ["image/png", "text/plain", "text/calendar", "application/pdf", "text/html"]
    ),
    content=st.binary(max_size=200),
    inline=st.booleans(),
    content_id=_ID | st.just(""),
)

LETTERS = st.builds(
    Letter,
    from_email=_ADDRESS,
    from_name=_LINE.map(lambda name: " ".join(name.split())),
    to=_ADDRESSES,
    cc=_ADDRESSES,
    reply_to=_ADDRESSES,
    subject=_LINE,
    message_id=_ID,
    in_reply_to=_ID | st.just(""),
    references=st.lists(_ID, max_size=99, unique=True).map(tuple),
    text=_TEXT,
    html=_TEXT,
    attachments=st.lists(_FILE, max_size=4).map(
        lambda files: tuple(sorted(files, key=lambda file: not file.inline))
    ),
    automatic=st.booleans(),
)
"""What an identity may send."""
