"""The worker behind `objects`, and the only home of pygit2.

It is started as `python -I -m constellagent.runtime.objects_worker`. It reads commits and nothing else. It
never checks out, never looks at a working tree, and runs no program.
"""

import json
import sys
from collections.abc import Sequence
from typing import TextIO

import pygit2

_FAILURES = (pygit2.GitError, OSError, KeyError, ValueError)


def serve(questions: TextIO, answers: TextIO) -> None:
    """Answer every line of JSON with a line of JSON, until there are no more."""
    for line in questions:
        asked = json.loads(line)
        answers.write(json.dumps(ahead(asked["repo"], asked["ahead"])) + "\n")
        answers.flush()


def ahead(repo: str, pairs: Sequence[Sequence[str]]) -> list[int | None]:
    """Count the commits that each first commit has and the second has not; None where libgit2 cannot tell."""
    try:
        opened = pygit2.Repository(repo)
    except _FAILURES:
        return [None] * len(pairs)
    return [_ahead(opened, tip, base) for tip, base in pairs]


def _ahead(opened: pygit2.Repository, tip: str, base: str) -> int | None:
    try:
        return int(opened.ahead_behind(pygit2.Oid(hex=tip), pygit2.Oid(hex=base))[0])
    except _FAILURES:
        return None


if __name__ == "__main__":
    serve(sys.stdin, sys.stdout)
