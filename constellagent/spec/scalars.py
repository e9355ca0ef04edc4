"""What a plain YAML scalar means, by the core schema of YAML 1.2.

`yes`, `no`, `on`, `off` and dates are texts. Only null, true, false, whole numbers and decimals are not.
"""

import re

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUTH = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LONGEST_NUMBER = 300
"""Longer rows of digits stay texts: no setting needs them, and Python refuses to read very long ones."""


def resolve(text: str) -> object:
    """Return what an unquoted scalar means."""
    if text in _NULL:
        return None
    if text in _TRUTH:
        return _TRUTH[text]
    number = _number(text) if len(text) <= _LONGEST_NUMBER else None
    return text if number is None else number


def _number(text: str) -> float | None:
    """Return the number that a text is, or None."""
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return float(text.replace(".", "")) if _NOT_FINITE.fullmatch(text) else None


def unfit(text: str) -> str:
    """Return why no program can be given this text, or nothing where it is fit.

    Escapes in quotes can write what a file itself may not hold.
    """
    if "\0" in text:
        return "a NUL character cannot be part of a value"
    if re.search("[\ud800-\udfff]", text):
        return "half of a surrogate pair is no character; write it as \\UXXXXXXXX"
    return ""
