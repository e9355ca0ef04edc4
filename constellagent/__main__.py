"""Where the program begins: answers `--version` and hooks at once, and hands all else to the command line."""

import sys

import constellagent


def main() -> int:
    """Run the command line of this process and return its exit code."""
    words = sys.argv[1:]
    if words[:1] in (["--version"], ["-V"]):
        sys.stdout.write(f"constellagent {constellagent.__version__}\n")
        return 0
    if words[:1] == ["hook"] and len(words) > 1 and "--help" not in words and words[1][:1] != "-":
        from constellagent.runtime.hook_program import main as report

        return report(words[1:])
    try:
        from constellagent.faces.cli.boundary import run

        return run(words)
    except KeyboardInterrupt:
        return 130  # Ctrl-C before the command line's own boundary is up


if __name__ == "__main__":
    sys.exit(main())
