"""No program writes to a clipboard through the guard, and nothing else is changed by it."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.term.scanner.clipboard import ClipboardGuard

PIECES = [b"\x1b]52;c;aGk=\x07", b"\x1b", b"\x1b]", b"\x1b]5", b"2;", b"text", b"\x1b]0;t\x07", b"\x1b[1m"]


def guarded(*parts: bytes) -> bytes:
    """Return what passes a fresh guard."""
    guard = ClipboardGuard()
    return b"".join(guard.feed(part) for part in parts) + guard.flush()


def test_b11_a_write_becomes_a_string_that_nobody_knows() -> None:
    """Its end stays its end, so what follows is shown."""
    assert guarded(b"a\x1b]52;c;aGk=\x07b") == b"a\x1b]7999;c;aGk=\x07b"


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.lists(st.integers(0, 200), max_size=8))
def test_any_split_gives_the_same(pieces: list[bytes], cuts: list[int]) -> None:
    """However output is cut, the same passes, and never the beginning of a write."""
    stream = b"".join(pieces)
    places = sorted({cut % (len(stream) + 1) for cut in cuts})
    parts = [stream[a:b] for a, b in zip([0, *places], [*places, len(stream)], strict=True)]
    assert guarded(*parts) == guarded(stream) == stream.replace(b"\x1b]52;", b"\x1b]7999;")


@given(st.binary(max_size=100).filter(lambda data: b"\x1b" not in data))
def test_other_bytes_pass_at_once(data: bytes) -> None:
    """Nothing is held back of what cannot be a beginning."""
    assert ClipboardGuard().feed(data) == data
