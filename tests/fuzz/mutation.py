"""A change that keeps the form of JSON and breaks its sense: one value becomes another kind of thing.

Cuts and pastes of bytes seldom reach what is read behind the parser, where a number too large for a float, or
a list where a text should be, does its harm.
"""

import json
import random
import re
from typing import Any

LITERALS = (
    *(
        "null",
        "true",
        "-1",
        "0",
        "1.5",
        "1e999",
        "-1e999",
        "NaN",
        "-Infinity",
        '""',
        '"x"',
        "[]",
        "{}",
        "[[]]",
    ),
    *('{"a": 1}', r'"\ud800"', r'"\u001b[2J\u0000"', '"9"', "9" * 400, "-" + "9" * 400, "9" * 5000),
    *("[" * 1500 + "]" * 1500, '{"a":' * 400 + "1" + "}" * 400, '"' + "x" * 2000 + '"', "1" + "0" * 20),
)
_MARK = "the value that is replaced"
_LENGTH = re.compile(rb"(Content-Length: )\d+", re.IGNORECASE)


def other_value(data: bytes, chance: random.Random) -> bytes:
    """Return the input with one value of its first JSON text replaced; as it is where it holds none."""
    text = data.decode("utf-8", "surrogateescape")
    begin = min((at for at in (text.find("{"), text.find("[")) if at >= 0), default=-1)
    if begin < 0:
        return data
    try:
        value, end = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError):
        return data
    places = list(_places(value, 0))
    if not places:
        return data
    around, key = chance.choice(places)
    if isinstance(around, dict) and chance.random() < 0.1:
        del around[key]
        made = json.dumps(value)
    else:
        around[key] = _MARK
        made = json.dumps(value).replace(f'"{_MARK}"', chance.choice(LITERALS), 1)
    head, body = text[:begin].encode("utf-8", "surrogateescape"), made.encode()
    rest = text[end:].encode("utf-8", "surrogateescape")
    if head.endswith(b"\r\n\r\n"):
        head = _LENGTH.sub(rb"\g<1>%d" % len(body), head)
    return head + body + rest


def _places(value: Any, depth: int) -> Any:
    """Yield each container of a JSON value with each key of it."""
    if depth > 20:
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(items):
        yield value, key
        yield from _places(inner, depth + 1)
