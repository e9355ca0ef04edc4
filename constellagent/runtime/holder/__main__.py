"""`python -I -S .../holder/__main__.py SESSION`: becomes the holder of one session.

Run by its path, without `site`, because start-up time and memory count once per session. Reads its launch
from stdin, answers on stdout with one JSON object a line (its pid, then the outcome) and lives on alone.
"""

import sys


def main() -> None:
    """Add the two import paths the holder needs (given as the first line of stdin), and hand over."""
    source = sys.stdin.buffer
    paths = source.readline().decode().rstrip("\n").split("\0")
    root = __file__.rsplit("/", 4)[0]
    sys.path += [root, *(path for path in paths if path and path != root)]
    from constellagent.runtime.holder import start  # noqa: PLC0415 - the path is known only now

    start.run(source.read())


if __name__ == "__main__":
    main()
