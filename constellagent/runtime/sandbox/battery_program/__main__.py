"""`python -I -S .../battery_program/__main__.py QUESTIONS`: tries every line, and writes one answer for each.

Run by its path, as the program of a session of the agent. The questions are a JSON file of ours that the
agent cannot write; the answers go to the session's terminal, which nobody else can write to.
"""

import os
import sys


def main() -> int:
    """Try the lines of the battery; returns 0 once all were tried, whatever came of them."""
    opened = sorted(int(name) for name in os.listdir("/proc/self/fd"))[:-1] if os.path.isdir("/proc") else []  # noqa: PTH112, PTH208 - before any import of ours opens a file
    sys.path.append(__file__.rsplit("/", 5)[0])
    from constellagent.runtime.sandbox.battery_program import every  # noqa: PLC0415 - the path is known only now

    return every.main(sys.argv[1], opened)


if __name__ == "__main__":
    sys.exit(main())
