"""`python -I -S .../sandbox/__main__.py OUTLINE PROGRAM [ARG...]`: runs a program in a sandbox.

Run by its path, without `site` and with few imports, because start-up time counts twice for each session. The
same file is its own other half: started with `--inside` or `--leading` by bubblewrap, it becomes the program.
"""

import sys


def main() -> None:
    """Add the import path, and hand over."""
    sys.path.append(__file__.rsplit("/", 4)[0])
    first, *argv = sys.argv[1:]
    if first not in {"--inside", "--leading"}:
        from constellagent.runtime.sandbox import entering  # noqa: PLC0415 - the path is known only now

        entering.enter(first, (sys.executable, "-I", "-S", __file__), argv)
        return
    from constellagent.runtime.sandbox import inside  # noqa: PLC0415 - the same

    end = argv.index("--")
    if end:
        from constellagent.runtime.sandbox import forward  # noqa: PLC0415 - few need it, and it is dear

        forward.serve(argv[:end])
    inside.become(argv[end + 1 :], leading=first == "--leading")


if __name__ == "__main__":
    main()
