"""Text as mail writes it: bytes in any charset, and header fields that hold only ASCII.

Both directions are here, so that what is written can be read again. The policy keeps header fields as they
came: the standard library's richer one fails on fields that are found in the wild, and reads a header of
ordinary length twenty times slower.
"""

import binascii
import codecs
import re
from contextlib import suppress
from email.header import Header
from email.policy import Compat32

_UNSAFE_CODECS = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
"""They take time that grows with the square of the length, or make what is no text."""

_LONGEST_FIELD = 128 << 10
_LONGEST_PARAMETERS = 16 << 10
"""The standard library reads parameters in time that grows with the square of the length."""

_WORD = re.compile(r"=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?]*)\?=", re.IGNORECASE)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_PLAIN = re.compile(r"[ -~]{0,60}")


class MalformedError(ValueError):
    """What was sent is no mail that can be kept whole."""


class AsItCame(Compat32):
    """Reads header fields without changing them, refuses absurd ones, and writes them as they are."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        """Take a field from its lines.

        Raises:
            MalformedError: it is too long to be read in reasonable time.
        """
        length = sum(map(len, sourcelines))
        parameters = sourcelines[0][:8].lower() == "content-"
        if length > (_LONGEST_PARAMETERS if parameters else _LONGEST_FIELD):
            raise MalformedError(f"a header field is {length} characters long")
        return super().header_source_parse(sourcelines)

    def header_fetch_parse(self, name: str, value: str) -> str:
        """Return a field as it came; bytes that are not ASCII are surrogates in it."""
        del name
        return value

    def fold_binary(self, name: str, value: str) -> bytes:
        """Write a field; whoever made it has folded and encoded it."""
        return f"{name}: {value}{self.linesep}".encode("ascii", "surrogateescape")


AS_IT_CAME = AsItCame(linesep="\r\n")


def decode(content: bytes, charset: str) -> str:
    """Return the text that `content` is, whatever charset it claims; nothing in it fails to be stored."""
    try:
        codec = codecs.lookup(charset).name
    except (LookupError, ValueError, UnicodeError):
        codec = "ascii"
    if codec in _UNSAFE_CODECS:
        codec = "ascii"
    for name, errors in ((codec, "strict"), ("utf-8", "strict"), (codec, "replace")):
        if (name, errors) != ("ascii", "replace"):
            with suppress(LookupError, ValueError):
                return content.decode(name, errors).encode(errors="replace").decode()
    # What claims to be ASCII, or nothing known, and is neither, is in the charset of Western mailers.
    return content.decode("cp1252", "replace")


def read_line(value: str) -> str:
    """Return a header field's text: unfolded, its encoded words decoded, on one line, without controls."""
    value = re.sub(r"[\r\n]+(?=[ \t])", "", value)
    if not value.isascii():
        value = decode(value.encode(errors="surrogateescape"), "utf-8")
    return _CONTROL.sub(" ", _read_words(value)).strip()


def write_line(text: str) -> str:
    """Return a header field's text in ASCII, folded; a line break in it cannot begin another field."""
    text = _CONTROL.sub(" ", text).strip()
    if _PLAIN.fullmatch(text) and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=76).encode(linesep="\r\n")


def write_name(name: str) -> str:
    """Return a display name as it stands before an address."""
    text = write_line(name)
    if text.startswith("=?") or not text:
        return text
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}"'


def _read_words(value: str) -> str:
    """Replace encoded words; of neighbours in one charset the bytes are joined, as characters span them."""
    done: list[str] = []
    waiting, charset, last = b"", "", 0
    for word in _WORD.finditer(value):
        between, content = value[last : word.start()], _word_bytes(word)
        if content is None:
            continue
        if waiting and (between.strip() or charset != word[1].lower()):
            done.append(decode(waiting, charset))
            waiting = b""
        if between.strip() or not last:
            done.append(between)
        waiting, charset, last = waiting + content, word[1].lower(), word.end()
    done += [decode(waiting, charset), value[last:]]
    return "".join(done)


def _word_bytes(word: re.Match[str]) -> bytes | None:
    content = word[3].encode()
    if word[2] in "qQ":
        return binascii.a2b_qp(content, header=True)
    return read_base64(content)


def read_base64(content: bytes) -> bytes | None:
    """Return what base64 text stands for, with whatever else between its letters; None where it is none."""
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", content.partition(b"=")[0])
    try:
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return None
