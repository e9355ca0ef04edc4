"""What of the repository decides how a git outside works: not to be written, in any way."""

import functools
from collections.abc import Callable, Iterable, Iterator

from constellagent.runtime.sandbox.battery_program.commands import run
from constellagent.runtime.sandbox.battery_program.lines import (
    Answer,
    Asked,
    can_change,
    can_make,
    line,
    of_attempts,
    of_each,
    wrote_in,
)

_Attempts = Iterator[tuple[str, Callable[[], object]]]

GUARDED = ("commondir", "gitdir", "config.worktree", "locked", "constellagent.json")
"""Files of git's folder of the worktree; the last is our own mark."""
SHARED = {
    "config": "change the repository's configuration",
    "packed-refs": "change the packed refs",
    "HEAD": "change the main checkout's branch",
    "objects/info/alternates": "borrow objects from another place",
    "info/attributes": "change the repository's attributes",
    "info/exclude": "change what the repository ignores",
}
"""Lines that change a file of the repository, by its name."""


def _changes(key: str, name: str) -> Callable[[Asked], Answer]:
    def attempt(asked: Asked) -> Answer:
        return of_attempts(can_change(f"{asked.text(key)}/{name}", asked.text("nonce")))

    return attempt


for _name, _words in SHARED.items():
    line(_words, "kept")(_changes("common", _name))
for _name in GUARDED:
    line(f"change the worktree's {_name}", "kept")(_changes("admin", _name))
line("change the worktree's .git", "kept")(_changes("worktree", ".git"))


@line("add hooks", "kept")
def hooks(asked: Asked) -> Answer:
    """A hook is a program that a git outside runs."""
    return _made(asked, [f"{asked.text('common')}/hooks"])


@line("add files to git's own folder", "kept")
def own_folder(asked: Asked) -> Answer:
    """Whoever can do that can replace the configuration."""
    common = asked.text("common")
    return _made(asked, [common, f"{common}/worktrees", f"{common}/objects/info", f"{common}/refs"])


@line("change git's folders of other worktrees", "kept")
def other_worktrees(asked: Asked) -> Answer:
    """Their index, their branch, and where they are."""

    def attempts() -> _Attempts:
        for admin in asked.texts("admins"):
            yield admin, functools.partial(can_make, admin, asked.text("nonce"))
            yield from can_change(f"{admin}/HEAD", asked.text("nonce"))

    return of_attempts(attempts())


@line("plant links among the reflogs", "kept")
def reflogs(asked: Asked) -> Answer:
    """A git outside appends to what lies there, wherever a link leads."""
    return wrote_in([f"{asked.text('common')}/logs/refs/heads"], asked.text("nonce"))


@line("configure git by its command", "kept")
def configure(asked: Asked) -> Answer:
    """As an agent would, for the repository and for the worktree."""
    key = f"constellagent.{asked.text('nonce')}"

    def by_command(*scope: str) -> bool:
        status, _ = run("git", "config", *scope, key, "1", cwd=asked.text("worktree"))
        if status == 0:
            run("git", "config", *scope, "--unset", key, cwd=asked.text("worktree"))
        return status == 0

    return of_attempts([("git config", by_command)])


@line("move other agents' branches", "shared")
def branches(asked: Asked) -> Answer:
    """Refs are shared, and a branch is one; it is moved to where it is."""

    def attempt(branch: str) -> bool:
        ref = f"refs/heads/{branch}"
        status, said = run("git", "rev-parse", "--verify", ref, cwd=asked.text("worktree"))
        return (
            status == 0
            and run("git", "update-ref", ref, said.strip(), said.strip(), cwd=asked.text("worktree"))[0] == 0
        )

    return of_each(asked.texts("branches"), attempt)


@line("remove shared objects", "shared")
def objects(asked: Asked) -> Answer:
    """All worktrees of a repository share what git keeps: whoever can commit can also take away."""
    return _made(asked, [f"{asked.text('common')}/objects"])


def _made(asked: Asked, folders: Iterable[str]) -> Answer:
    return of_each(folders, lambda folder: can_make(folder, asked.text("nonce")))
