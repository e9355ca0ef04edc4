"""What a program writes to its terminal, through everything that reads it, and what was painted again."""

from tests.fuzz.target import Target
from tests.term.scanner.sequences import OTHERS, QUERIES
from tests.term.screen.streams import KINDS, stream
from tests.term.test_fuzz import Readers

_SIZES = ((24, 80), (2, 1), (2, 80), (50, 2), (3, 200), (11, 37))


def run(data: bytes) -> None:
    """Feed all from the third byte on, cut in two, with another size in between; then look at it all."""
    head, output = data[:2].ljust(2, b"\0"), data[2:]
    readers = Readers()
    try:
        cut = head[0] * len(output) // 256
        readers.feed(output[:cut])
        readers.screen.resize(*_SIZES[head[1] % len(_SIZES)])
        readers.feed(output[cut:])
        readers.look()
    finally:
        readers.screen.close()


def seeds() -> list[bytes]:
    """Return output of every kind, and each query and sequence alone."""
    made = [stream(kind, seed=seed, pieces=20) for kind in KINDS for seed in (1, 2)]
    return [b"\x80\0" + data for data in (*made, *QUERIES, *OTHERS)]


TARGET = Target(
    "terminal",
    run,
    seeds,
    words=(
        *(b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b_G", b"\x1b]52;c;", b"\x1b]8;;", b"\x1b\\", b"\x07", b"\x18"),
        *(b"\x1b[?1049h", b"\x1b[?2026h", b"\x1b[>1u", b"\x1b[6n", b"\x1bP$q", b"\x1bP+q", b"\x1b[21t"),
        *(b"\x9b", b"\x9c", b"65535", b"2147483647", "字".encode(), "e\u0301\u200d👩".encode(), b"\x1bc"),
    ),
    guides=("constellagent.term",),
    longest=2048,
)
