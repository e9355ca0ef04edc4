"""How one secret can look in a text: in clear, and in each encoding in which it is still no secret.

Other capitals, and white space between, are no looks of their own: they are passed over (`finding`).
"""

import base64
import json
from html import escape
from urllib.parse import quote, quote_plus

SHORTEST = 6
"""Characters below which a value says too little to be looked for: it would be found by chance."""

_WHOLE_LINES = 8
"""Characters from which a line of a secret of several lines is one by itself."""


def forms(secret: str) -> set[str]:
    """Return the looks of a secret that are long enough to be looked for, each of its lines included."""
    parts = [secret, secret.strip()]
    lines = secret.splitlines()
    if len(lines) > 1:
        parts += [line.strip() for line in lines if len(line.strip()) >= _WHOLE_LINES]
    looks = {look for part in parts if len(part) >= SHORTEST for look in _looks(part)}
    return {look for look in looks if len(look) >= SHORTEST}


def _looks(secret: str) -> set[str]:
    plain = secret.encode("utf-8", "surrogatepass")
    found = {
        secret,
        secret[::-1],
        plain[::-1].decode("latin-1"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        escape(secret),
        quote(plain),
        quote(plain, safe=""),
        quote_plus(plain),
        plain.hex(),
        *(plain.hex(mark) for mark in ":-_"),
        *("".join(f"{mark}{byte:02x}" for byte in plain) for mark in ("%", "\\x")),
    }
    found |= _base64(plain) | _base85(plain)
    for encoding in ("utf-16-le", "utf-16-be"):
        wide = secret.encode(encoding, "surrogatepass")
        found.add(wide.decode("latin-1"))
        found |= _base64(wide)
    return found


def _base64(plain: bytes) -> set[str]:
    """Return what of the value is in its base64 form, wherever in the encoded text it begins.

    Base64 groups three bytes, so the same value looks different at each of three places. Its first and last
    group depend on what stands beside it, and are left out.
    """
    found = {base64.b64encode(plain).decode().rstrip("=")}
    for shift in range(3):
        text = base64.b64encode(bytes(shift) + plain).decode()
        found.add(text[4 * bool(shift) : -4])
    return found | {text.replace("+", "-").replace("/", "_") for text in found}


def _base85(plain: bytes) -> set[str]:
    """Return what of the value is in its base85 forms; they group four bytes."""
    found = set[str]()
    for encode in (base64.b85encode, base64.a85encode):
        found.add(encode(plain).decode())
        for shift in range(4):
            whole = b"x" * shift + plain
            found.add(encode(whole)[5 * bool(shift) : 5 * (len(whole) // 4)].decode())
    return found
