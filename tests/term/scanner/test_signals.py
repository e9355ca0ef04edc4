"""Signals found in output, however it is cut, and compared with a slow and plain reading."""

import random
import subprocess
import sys
import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from constellagent.term.scanner.events import (
    AgentState,
    Bell,
    Clipboard,
    Mark,
    Notification,
    Progress,
    Signal,
    Title,
)
from constellagent.term.scanner.signals import SignalScanner
from tests.term.scanner.oracle import Oracle, merged
from tests.term.scanner.sequences import OTHERS, QUERIES

PIECES = [
    *QUERIES,
    *OTHERS,
    *(
        b"\x1b",
        b"]",
        b"\\",
        b"\x07",
        b"\x18",
        b"\x1a",
        b"\x9c",
        b"\x00",
        b"\x7f",
        b"P",
        b"_",
        b"^",
        b"X",
        b"[",
    ),
    *(
        b"\x1b]0;",
        b"\x1b]9;",
        b"\x1b]9;4;1;50",
        b"\x1b]52;c;",
        b"\x1b]133;D;1",
        b"\x1b]777;notify;",
        b"\x1b\\",
    ),
    *(b"\x1b]99;i=1:d=0;", b"\x1b]99;i=1;", b"\x1b]7501;state=done", b"\x1b]7;file:///", b"\x1bP", b"\x1b_"),
    *(
        b"\xc3",
        b"\xe4\xbd",
        b"\xe0",
        b"\xed",
        b"\xf0\x9f",
        b"\xf0\x9f\x98",
        b"\xf4\x8f",
        b"\xf4",
        b"\xc1",
        b"\x80",
    ),
    *("\u5b5c\u011c\U0001f71c".encode(), b"\xe2\x9c\xb3 title", b"text"),
]
streams = st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=14).map(b"".join)


def scan(*parts: bytes) -> list[Signal]:
    """Return what is found in these parts."""
    scanner = SignalScanner()
    return [signal for part in parts for signal in scanner.feed(part)]


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    """Return the stream in parts."""
    places = sorted({place % (len(stream) + 1) for place in cuts})
    return [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]


@given(streams, st.lists(st.integers(0, 400), max_size=12))
@example(b"\x1b]0;\xf0\x9f\x9c\x9c\x9c", [1, 2, 3, 4, 5, 6, 7, 8])
@example(b"\x1b]0;a\x1b\\\x07", [6])
@example(b"\x1b]0;a\x1b]0;b\x07", [6])
@example(b"\x1b\x00\x07]0;b\x07", [1, 2, 3])
@example(b"\x1b\x18]0;b\x07", [1, 2])
def test_any_split_gives_the_same(stream: bytes, cuts: list[int]) -> None:
    """However output is cut into parts, the same is found at the same offsets; bells may be counted apart."""
    assert merged(scan(*cut(stream, cuts))) == scan(stream)


@given(streams)
@example(b"\x1b]0;\xe0\x9c\x1b]0;\xed\x9c\x9c\x07\x1b]0;\xf4\x9c")
def test_a_plain_reading_agrees(stream: bytes) -> None:
    """A state machine that looks at each byte finds the same."""
    assert scan(stream) == merged(Oracle().feed(stream))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_million_cases() -> None:
    """No bytes, in no cut, are read otherwise than by the plain reading, and none raise."""
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    for number in range(1_000_000):
        pieces = [
            dice.choice(PIECES) if dice.random() < 0.9 else dice.randbytes(4)
            for _ in range(dice.randrange(12))
        ]
        stream = b"".join(pieces)
        parts = cut(stream, [dice.randrange(200) for _ in range(dice.randrange(5))])
        assert merged(scan(*parts)) == merged(Oracle().feed(stream)), (seed, number, stream, parts)


@pytest.mark.parametrize("end", [b"\x07", b"\x1b\\", b"\x9c"])
def test_every_way_to_end_a_string_is_met(end: bytes) -> None:
    """BEL, ST and its eight-bit form end an OSC, and that BEL is no bell."""
    assert scan(b"ab\x1b]0;title" + end + b"c\x07") == [
        Title("title", 11 + len(end)),
        Bell(1, 13 + len(end)),
    ]


@pytest.mark.parametrize("start", [b"\x1bP", b"\x1bX", b"\x1b^", b"\x1b_"])
def test_other_strings_hide_what_is_in_them(start: bytes) -> None:
    """DCS, SOS, PM and APC are passed over with their bells, which do not end them."""
    assert scan(start + b"]0;title\x07more\x07\x1b\\\x1b]2;x\x07") == [Title("x", 24)]


@pytest.mark.parametrize("cutting", [b"\x18", b"\x1a", b"\x1b[m", b"\x1b"])
def test_a_string_that_is_cut_short_says_nothing(cutting: bytes) -> None:
    """CAN, SUB and the start of another sequence end it without effect."""
    assert scan(b"\x1b]0;title" + cutting + b"\x1b]0;next\x07") == [Title("next", 18 + len(cutting))]


def test_eight_bit_controls_are_text() -> None:
    """Outside of a string 0x9d starts none, as it is part of a character."""
    assert scan(b"\x9d0;title\x07") == [Bell(1, 9)]


def test_a_character_does_not_end_a_string() -> None:
    """0x9c inside of a character is that character's; where no character can hold it, it is the end."""
    for text in ("\u0b1c", "\u215c", "\u011c", "\U0001f71c", "\U0001c71c", "\ud71c"):
        encoded = b"\x1b]0;" + text.encode() + b"\x07"
        assert b"\x9c" in encoded
        assert scan(encoded) == [Title(text, len(encoded))]
    for broken in (
        b"\xc1",
        b"\xe0",
        b"\xf4",
        b"\xf5",
        b"\xed\xa0",
        b"\xe0\x80",
        b"\xf4\x90",
        b"\xc3\xa4",
        b"\xe2\x82\xac",
        b"a",
    ):
        shown = broken.decode("utf-8", "replace")
        assert scan(b"\x1b]0;" + broken + b"\x9cx") == [Title(shown, 5 + len(broken))]


def test_bells_of_one_part_are_counted_together() -> None:
    """A million bells are one signal, and other signals keep their place between them."""
    assert scan(b"\x07" * 1_000_000) == [Bell(1_000_000, 1_000_000)]
    assert scan(b"\x07a\x07\x1b]8;;x\x07\x07\x1b]2;t\x07\x07") == [
        Bell(3, 11),
        Title("t", 17),
        Bell(1, 18),
    ]
    assert scan(b"\x1b[1\x07m\x1b(\x07B\x1b\x07c") == [Bell(3, 11)]


def test_signals_of_a_session_come_in_order() -> None:
    """A stream of all kinds gives each of them, with where it ended."""
    stream = (
        b"\x1b]133;A\x07$ \x1b]133;B\x07make\r\n\x1b]133;C\x07\x1b]9;4;1;50\x07\x1b]99;i=1:d=0;Bu\x1b\\"
        b"\x1b]99;i=1;ild\x1b\\\x1b]52;c;aGk=\x07\x1b]7501;state=done:app=codex\x1b\\\x1b]133;D;2\x07"
    )
    found = scan(stream)
    assert [type(signal) for signal in found] == [
        Mark,
        Mark,
        Mark,
        Progress,
        Notification,
        Clipboard,
        AgentState,
        Mark,
    ]
    assert [stream[: signal.offset][-1:] for signal in found] == [
        *[b"\x07"] * 4,
        b"\\",
        b"\x07",
        b"\\",
        b"\x07",
    ]
    assert found[-1] == Mark("D", 2, len(stream))


@pytest.mark.parametrize("start", [b"\x1b]0;", b"\x1b]52;c;", b"\x1bPq", b"\x1b_G", b"\x1b\x00", b"\x1b["])
def test_endless_sequences_are_bounded(start: bytes) -> None:
    """A sequence without end keeps little; after it all is found again, and it says nothing."""
    scanner = SignalScanner()
    part = (b"\x00" if start == b"\x1b\x00" else b"A") * 65536
    tracemalloc.start()
    try:
        assert scanner.feed(start) == []
        assert all(scanner.feed(part) == [] for _ in range(160))
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()
    assert scanner.feed(b"\x1b\\\x1b]0;after\x07") == [Title("after", len(start) + 160 * 65536 + 12)]


def test_a_string_is_bounded_in_one_part_too() -> None:
    """One byte above the bound says nothing, whatever comes at once."""
    assert scan(b"\x1b]0;" + b"x" * 16382 + b"\x07") == [Title("x" * 256, 16387)]
    assert scan(b"\x1b]0;" + b"x" * 16383 + b"\x07") == []
    assert scan(b"\x1b]0;" + b"x" * 16_000_000 + b"\x07") == []


def test_a_mebibyte_may_be_put_on_the_clipboard() -> None:
    """The bound of OSC 52 is 1 MiB of what is copied."""
    encoded = b"QUFB" * ((1 << 20) // 3)
    (copied,) = scan(b"\x1b]52;c;" + encoded + b"\x07")
    assert isinstance(copied, Clipboard)
    assert copied.text == "AAA" * ((1 << 20) // 3)
    assert scan(b"\x1b]52;c;" + encoded * 2 + b"\x07") == []


def test_the_holder_does_not_load_it() -> None:
    """Who imports a reader of queries or modes gets neither signals nor anything dear."""
    code = (
        "import sys; import constellagent.term.scanner.queries, constellagent.term.scanner.modes;"
        "print(*sorted({'dataclasses', 'typing', 'asyncio', 'constellagent.term.scanner.signals',"
        "'constellagent.term.scanner.events'} & sys.modules.keys()))"
    )
    found = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {sys.path!r}; {code}"],
        check=True,
        capture_output=True,
        text=True,
    )
    assert found.stdout.strip() == ""
