"""`python -I -S .../headless/__main__.py FOLDER`: carries out the order in a session's folder, and judges it.

Run by its path, without `site`, because start-up time and memory count once per run. It ends as the program
did that it started, but with 1 where that ended with 0 and did not do its work.
"""

import sys


def main() -> None:
    """Add the import path, and hand over."""
    sys.path.append(__file__.rsplit("/", 4)[0])
    from constellagent.runtime.headless import run  # noqa: PLC0415 - the path is known only now

    run.carry_out(sys.argv[1])


if __name__ == "__main__":
    main()
