"""A session of SMTP: the bytes of a client at the server that takes mail in for identities.

Each line of an answer has its form, and none speaks of a defect.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from constellagent.ravi.vault import RootKey
from tests.fuzz.rig import Rig, converse
from tests.fuzz.target import Target
from tests.fuzz.targets.mail import seeds as mails
from tests.ravi.local.mail.talking import smtp_port
from tests.ravi.provided import provided

_LINE = re.compile(rb"[2-5]\d\d[ -][ -~]*")
_HERE = b"docs@constellagent.test"
_OURS = re.compile(rb"451 4\.3\.0")


@dataclass(frozen=True, slots=True)
class _Place:
    port: int
    address: bytes


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[_Place]:
    async with provided(folder, RootKey(bytes(range(32)), "a test")) as local:
        row = await local.identity(name="docs", email="docs")
        yield _Place(await smtp_port(local.provider.office), str(row["inbox"]).encode())


_RIG = Rig(_opened)


def run(data: bytes) -> None:
    """Say the input; the address in it stands for that of an identity that is here."""
    _RIG.run(lambda place: _talk(place, data.replace(_HERE, place.address)))


async def _talk(place: _Place, data: bytes) -> None:
    heard = await converse(asyncio.open_connection("127.0.0.1", place.port), data)
    lines = heard.split(b"\r\n")
    assert lines[0].startswith(b"220 ")
    for line in lines[:-1]:
        assert _LINE.fullmatch(line), line
        assert not _OURS.match(line), line
        assert b"Error: (" not in line, line


def seeds() -> list[bytes]:
    """Return sessions that hand mail over, in several ways, and some that are none."""
    begin = b"EHLO a\r\nMAIL FROM:<b@a.test> BODY=8BITMIME SIZE=100\r\nRCPT TO:<" + _HERE + b">\r\nDATA\r\n"
    handed = [begin + mail.replace(b"\r\n.", b"\r\n..") + b"\r\n.\r\nQUIT\r\n" for mail in mails()]
    return [
        *handed,
        b"HELO a\r\nMAIL FROM:<>\r\nRCPT TO:<" + _HERE + b">\r\nRSET\r\nNOOP\r\nVRFY x\r\nEXPN y\r\nHELP\r\n",
        b"EHLO\r\nRCPT TO:<x@elsewhere.test>\r\nMAIL FROM:<a\r\nMAIL FROM:<a@b> SMTPUTF8\r\nAUTH\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "EHLO ü\r\nMAIL FROM:<ü@ä.test> SMTPUTF8\r\n".encode(),
    ]


TARGET = Target(
    "smtp",
    run,
    seeds,
    words=(
        *(
            b"EHLO ",
            b"HELO ",
            b"MAIL FROM:<",
            b"RCPT TO:<",
            b"DATA\r\n",
            b"\r\n.\r\n",
            b"RSET\r\n",
            b"QUIT\r\n",
        ),
        *(
            b"BDAT 5 LAST\r\n",
            b"AUTH PLAIN ",
            b"VRFY ",
            b"EXPN ",
            b"HELP ",
            b"NOOP\r\n",
            b" SIZE=",
            b" BODY=",
        ),
        *(_HERE, b"SMTPUTF8", b"\n.\n", b"\r.\r"),
    ),
    guides=("constellagent.ravi.local.mail", "aiosmtpd"),
    close=_RIG.close,
    examples=25,
)
