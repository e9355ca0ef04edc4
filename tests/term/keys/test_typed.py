"""What a terminal sends, cut into keys, mouse events, pastes, focus and answers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.keys import Answer, Focus, KeyPress, MouseEvent, Paste, Typed, TypedReader


def read(text: str) -> list[Typed]:
    """Return all that a text is, with what is held at its end."""
    reader = TypedReader()
    found = reader.feed(text)
    while reader.patience is not None:
        found += reader.flush()
    return found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ab", [KeyPress("a", "a"), KeyPress("b", "b")]),
        ("\x1b", [KeyPress("escape")]),
        ("\x1b\x1b", [KeyPress("escape")] * 2),
        ("\x1bx", [KeyPress("x", "x", alt=True)]),
        ("\x1b[", [KeyPress("[", "[", alt=True)]),
        ("\x1bO", [KeyPress("o", "O", alt=True, shift=True)]),
        ("\x1b]", [KeyPress("]", "]", alt=True)]),
        ("\x1b[Ax", [KeyPress("up"), KeyPress("x", "x")]),
        ("\x1b\x1b[A", [KeyPress("escape"), KeyPress("up")]),
        ("\x1b[[A", [KeyPress("f1")]),
        ("\x1b[[x", [KeyPress("[", "[", alt=True), KeyPress("[", "["), KeyPress("x", "x")]),
        ("\x1b[<0;3;4Mx", [MouseEvent("press", 1, 2, 3), KeyPress("x", "x")]),
        ("\x1b[M !!x", [MouseEvent("press", 1, 0, 0), KeyPress("x", "x")]),
        ("\x1b[35;1;1M", [MouseEvent("release", 0, 0, 0)]),
        ("\x1b[200~a\nb\x1b[A\x1b[201~c", [Paste("a\nb\x1b[A"), KeyPress("c", "c")]),
        ("\x1b[200~never ended \x1b[20", [Paste("never ended \x1b[20")]),
        ("\x1b[201~", []),
        ("\x1b[I\x1b[O", [Focus(gained=True), Focus(gained=False)]),
        ("\x1b[?5u\x1b[>0;1;2c\x1b[24;80R\x1b[?2026;2$y", [Answer()] * 4),
        ("\x1b]11;rgb:0/0/0\x07\x1bP1+r\x1b\\\x1b_G\x1b\\", [Answer()] * 3),
        ("\x1b[5;5H", [None]),
        ("\x1bOz", [None]),
        ("\x1b[1;5", [None]),
        ("\x1b[9999;1u", [KeyPress(chr(9999), chr(9999))]),
        (
            "\x1b[" + "1" * 80 + "A",
            [KeyPress("[", "[", alt=True), *[KeyPress("1", "1")] * 80, KeyPress("a", "A", shift=True)],
        ),
    ],
)
def test_what_terminals_send(text: str, found: list[object]) -> None:
    """Each thing by itself, and what it would be if it came without the rest."""
    assert [typed.what for typed in read(text)] == found


def test_what_is_not_complete_is_waited_for() -> None:
    """Shortly after Escape, longer the surer it is that no person types this."""
    reader = TypedReader()
    assert reader.patience is None
    waits: list[float | None] = []
    for char in "\x1b[<0;3":
        assert reader.feed(char) == []
        waits.append(reader.patience)
    assert waits == [0.02, 0.1, 0.5, 0.5, 0.5, 0.5]
    assert [typed.what for typed in reader.feed(";4M")] == [MouseEvent("press", 1, 2, 3)]
    assert reader.patience is None
    assert reader.feed("\x1b[200~") == []
    assert reader.patience == 5.0


def test_nothing_held_is_nothing_flushed() -> None:
    """Flushing twice, or without a reason, does no harm."""
    reader = TypedReader()
    assert reader.flush() == []
    reader.feed("\x1b")
    assert len(reader.flush()) == 1
    assert reader.flush() == []


_PIECES = st.lists(
    st.sampled_from(
        ["a", "é", "\x1b", "[", "O", "]", "\x1b[A", "\x1b[1;5C", "\x1b[97;5u", "\x1b[<0;3;4M", "\x1b[M !!",
         "\x1bP", "\x07", "\x1b\\", "\x1b[200~", "\x1b[201~", "~", "1", ";", "M", "\x1b[I",
         "\x1b[?1u", "\udcff"]
    ),
    max_size=30,
)  # fmt: skip


@given(_PIECES, st.lists(st.integers(0, 60), max_size=6))
def test_cuts_change_nothing(pieces: list[str], cuts: list[int]) -> None:
    """However a terminal's bytes come in, the same is read, and all of it but the marks of pastes."""
    text = "".join(pieces)
    whole = TypedReader()
    expected = [*whole.feed(text), *whole.flush()]
    reader = TypedReader()
    found: list[Typed] = []
    places = sorted({min(cut, len(text)) for cut in cuts})
    for start, stop in zip([0, *places], [*places, len(text)], strict=True):
        found += reader.feed(text[start:stop])
    found += reader.flush()
    assert found == expected
    assert "".join(typed.raw for typed in found).replace("\x1b[201~", "") == text.replace("\x1b[201~", "")


@given(st.text())
def test_any_text_is_read(text: str) -> None:
    """No text is refused, and nothing of it is held for ever."""
    reader = TypedReader()
    reader.feed(text)
    reader.flush()
    assert reader.patience is None


def test_a_large_paste_is_one_thing() -> None:
    """Ten megabytes in pieces of 64 KiB, the end cut in two."""
    reader = TypedReader()
    text = "\x1b[200~" + "line\r\n" * 1_700_000 + "\x1b[201~"
    found = [typed for at in range(0, len(text), 65533) for typed in reader.feed(text[at : at + 65533])]
    assert [typed.what for typed in found] == [Paste(text[6:-6])]
