"""One line of the audit, and how it is chained to the line before it.

A line is JSON whose last field, `hash`, is keyed with the root key and covers the bytes of the line and the
hash before it: whoever has no key can neither write nor change, drop, repeat or swap lines unseen.
"""

import base64
import binascii
import json
from dataclasses import asdict, dataclass
from typing import NamedTuple

from constellagent.errors import ConstellagentError
from constellagent.ravi.vault import RootKey, VaultError

LONGEST_LINE = 16 << 10
"""Bytes; what is read beyond this without an end is no line of ours."""

_LONGEST_WORD = 200
_LONGEST_ABOUT = 1000
_TAIL = b', "hash": "%s"}\n'
_TAIL_BYTES = len(_TAIL % (b"0" * 64))


class AuditError(ConstellagentError):
    """The audit cannot be written or does not hold; nothing secret is given out then.

    Attributes:
        identity: uuid of the identity whose audit it is; empty where all are meant.
        line: the first line that does not hold, 0 where none is to blame.
    """

    def __init__(self, message: str, *, identity: str = "", line: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.identity = identity
        self.line = line


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit.

    Attributes:
        seq: 1 for the first line of an identity.
        at: when, RFC 3339 in UTC.
        actor: who: `session <id>`, `key <label>`, `smtp`, `gateway`, `person`.
        action: what, as `secrets.get`, `mail.received`.
        result: `ok`, or why not (`refused`, `missing`).
        row: uuid of the row that it was done with, empty where there is none.
        about: what a person needs to know what it was about; sealed in the file.
        value: keyed fingerprint of the value that was given out or taken in, empty where there is none.
    """

    seq: int
    at: str
    actor: str
    action: str
    result: str
    row: str
    about: str
    value: str


class Position(NamedTuple):
    """Where a chain stands after a line: its number, its hash, and the bytes up to its end."""

    seq: int
    hash: str
    bytes: int


START = Position(0, "0" * 64, 0)
"""Where every chain begins."""


class Chain:
    """Writes and reads lines under one root key."""

    def __init__(self, key: RootKey) -> None:
        self._key = key

    def fingerprint(self, value: str) -> str:
        """Return what stands for a value in a line; equal for equal values only."""
        return self._key.mac("audit value", value)[:32] if value else ""

    def line(self, identity: str, before: Position, entry: Entry) -> tuple[Position, bytes]:
        """Return the line that follows `before`, and where the chain stands after it."""
        seq = before.seq + 1
        fields = {
            **{
                name: printable(value, _LONGEST_WORD)
                for name, value in asdict(entry).items()
                if name != "seq"
            },
            "about": self._sealed(identity, seq, printable(entry.about, _LONGEST_ABOUT)),
        }
        body = json.dumps({"seq": seq, **fields}, ensure_ascii=False)
        digest = self._digest(identity, before.hash, body)
        line = body[:-1].encode() + _TAIL % digest.encode()
        return Position(seq, digest, before.bytes + len(line)), line

    def read(self, identity: str, before: Position, line: bytes) -> tuple[Position, Entry] | None:
        """Return what the line says and where the chain stands after it, None where it does not hold."""
        digest = hash_of(line)
        try:
            body = line[:-_TAIL_BYTES].decode() + "}"
        except UnicodeDecodeError:
            return None
        if line[-_TAIL_BYTES:] != _TAIL % digest.encode():
            return None
        if self._digest(identity, before.hash, body) != digest:
            return None
        # The bytes are ours from here on: only who has the key could have made this hash.
        fields = json.loads(body)
        if fields["seq"] != before.seq + 1:
            return None
        entry = Entry(**{**fields, "about": self._unsealed(identity, fields["seq"], fields["about"])})
        return Position(entry.seq, digest, before.bytes + len(line)), entry

    def _digest(self, identity: str, before: str, body: str) -> str:
        return self._key.mac("audit", f"{identity}\n{before}\n{body}")

    def _sealed(self, identity: str, seq: int, about: str) -> str:
        if not about:
            return ""
        return base64.b64encode(self._key.seal(about.encode(), f"audit|{identity}|{seq}")).decode()

    def _unsealed(self, identity: str, seq: int, about: str) -> str:
        if not about:
            return ""
        try:
            return self._key.unseal(base64.b64decode(about), f"audit|{identity}|{seq}").decode()
        except (VaultError, binascii.Error):
            return "(sealed with another root key)"


def hash_of(line: bytes) -> str:
    """Return the hash that a line claims, whether or not it holds; empty where it claims none."""
    return line[-_TAIL_BYTES + len(b', "hash": "') : -len(b'"}\n')].decode("ascii", "replace")


def seq_of(line: bytes) -> int:
    """Return the number that a line claims, whether or not it holds; 0 where it claims none."""
    number = line.removeprefix(b'{"seq": ').split(b",", 1)[0]
    return int(number) if number.isdigit() and len(number) < 16 else 0


def printable(text: str, longest: int) -> str:
    """Return a text of one line that can be stored and shown, whatever a sender wrote."""
    shown = "".join(
        c if c.isprintable() else " " if c.isspace() else "\N{REPLACEMENT CHARACTER}"
        for c in text[: longest + 1]
    )
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"
