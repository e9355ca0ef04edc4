"""What programs that ask are told."""

import pytest

from constellagent.term.screen import Screen
from constellagent.term.screen.replies import Background


def asked(query: bytes, background: Background = "dark") -> bytes:
    """Return what a program reads after this query."""
    screen = Screen(24, 80, background=background)
    screen.feed(query)
    return screen.take_replies()


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        (b"\x1b[c", b"\x1b[?62;22c"),
        (b"\x1b[>c", b"\x1b[>1;10;0c"),
        (b"\x1b[=c", b"\x1bP!|00000000\x1b\\"),
        (b"\x1b[5n", b"\x1b[0n"),
        (b"ab\x1b[6n", b"\x1b[1;3R"),
        (b"\x1b[?2004$p", b"\x1b[?2004;2$y"),
        (b"\x1b[>q", b"\x1bP>|constellagent\x1b\\"),
        (b"\x1b[?u", b"\x1b[?0u"),
        (b"\x1b[14t", b"\x1b[4;384;640t"),
        (b"\x1b[16t", b"\x1b[6;16;8t"),
        (b"\x1b[18t", b"\x1b[8;24;80t"),
        (b"\x1bP$qm\x1b\\", b"\x1bP1$r0m\x1b\\"),
        (b"\x1b]10;?\x07", b"\x1b]10;rgb:ffff/ffff/ffff\x07"),
        (b"\x1b]11;?\x1b\\", b"\x1b]11;rgb:0000/0000/0000\x1b\\"),
        (b"\x1b]12;?\x07", b"\x1b]12;rgb:ffff/ffff/ffff\x07"),
        (b"\x1b[?996n", b"\x1b[?997;1n"),
    ],
)
def test_queries_are_answered(query: bytes, answer: bytes) -> None:
    """As a real terminal would, and once."""
    assert asked(query) == answer


def test_a_palette_colour_is_told() -> None:
    """OSC 4 names the colour of an index."""
    assert asked(b"\x1b]4;1;?\x07").startswith(b"\x1b]4;1;rgb:")


def test_a_light_screen_says_so() -> None:
    """Colours and scheme follow the setting."""
    assert b"rgb:ffff/ffff/ffff" in asked(b"\x1b]11;?\x07", "light")
    assert asked(b"\x1b[?996n", "light") == b"\x1b[?997;2n"


@pytest.mark.parametrize(
    "query",
    [b"\x1b]52;c;?\x07", b"\x1b[21t", b"\x05", b"\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\", b"text"],
)
def test_b11_some_things_are_not_told(query: bytes) -> None:
    """The clipboard, the title, an answerback; and pictures are not claimed."""
    assert asked(query) == b""


def test_the_size_is_the_one_after_a_resize() -> None:
    """And a reply is fetched once."""
    screen = Screen(24, 80)
    screen.resize(10, 20)
    screen.feed(b"\x1b[18t")
    assert screen.take_replies() == b"\x1b[8;10;20t"
    assert screen.take_replies() == b""


def test_a_decoded_screen_answers() -> None:
    """Copies have their own answers."""
    encoded = Screen(24, 80).encode()
    assert encoded is not None
    copy = Screen.decode(encoded, background="light")
    copy.feed(b"\x1b[>q\x1b[18t")
    assert copy.take_replies() == b"\x1bP>|constellagent\x1b\\\x1b[8;24;80t"


def test_b11_replies_that_nobody_fetches_are_bounded() -> None:
    """A program that only asks does not fill the memory."""
    screen = Screen(24, 80)
    screen.feed(b"\x1b[c" * 100_000)
    assert len(screen.take_replies()) <= 64 * 1024
    screen.feed(b"\x1b[5n")
    assert screen.take_replies() == b"\x1b[0n"
