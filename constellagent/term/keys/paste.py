"""Text as a paste that cannot break out of it."""

import re

PASTE_BEGIN = b"\x1b[200~"
PASTE_END = b"\x1b[201~"

_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI, which includes the end of a paste
    r"|(?:\x1b[\]P_^X]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)"  # OSC, DCS
    r"|\x1b[ -/]*[0-~]?"  # everything else that begins with ESC
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def pasteable(text: str) -> str:
    """Return what of `text` a paste holds: no escape sequences, no controls but tabs and newlines.

    What cannot be encoded becomes a question mark. It is the same however often it is done.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", _SEQUENCES.sub("", lines)).encode("utf-8", "replace").decode()


def paste(text: str, *, bracketed: bool) -> bytes:
    """Return what a terminal sends for pasted `text`, as far as it is pasteable.

    So the text can neither end the paste nor act as keys. `bracketed` is for a program that has asked for it
    (mode 2004).
    """
    data = pasteable(text).replace("\n", "\r").encode()
    return PASTE_BEGIN + data + PASTE_END if bracketed else data
