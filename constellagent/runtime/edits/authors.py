"""Who a commit is made as: the agent by its identity, or the person by git's own configuration."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConflictError, UsageError
from constellagent.runtime.git import Git

_ASKED = {
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "user.useConfigOnly",
    "GIT_CONFIG_VALUE_0": "true",
}
"""Nobody is made up from the name of the machine."""


class Author(NamedTuple):
    """Who a commit names."""

    name: str
    email: str

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    def environment(self) -> dict[str, str]:
        """Return the variables that make git name this author and committer."""
        return {
            "GIT_AUTHOR_NAME": self.name,
            "GIT_AUTHOR_EMAIL": self.email,
            "GIT_COMMITTER_NAME": self.name,
            "GIT_COMMITTER_EMAIL": self.email,
        }


Identity = Callable[[str, str], Awaitable[Author | None]]
"""Takes a constellation's file and an agent; answers who the agent commits as, None without an identity."""


async def person(git: Git, folder: Path) -> Author | None:
    """Return who git's configuration says commits in this worktree; None where it does not say."""
    said = await git.run("var", "GIT_AUTHOR_IDENT", cwd=folder, env=_ASKED, check=False)
    name, _, rest = said.text.rpartition(" <")
    email = rest.partition("> ")[0]
    return Author(name, email) if said.status == 0 and name and email else None


def chosen(wanted: str | None, *, agent: Author | None, person: Author | None, first: str) -> Author:
    """Return the author that is wanted; where nobody is, `first` (`agent` or `person`), else the other one.

    Raises:
        UsageError: there is no such choice.
        ConflictError: who is wanted is not known.
    """
    known = {"agent": agent, "person": person}
    if wanted is None:
        other = "person" if first == "agent" else "agent"
        found = known[first] or known[other]
        if found is None:
            raise ConflictError(
                "nobody is known to commit as: the agent has no identity, and git has no user.name",
                hint="git config --global user.name NAME && git config --global user.email ADDRESS",
            )
        return found
    if wanted not in known:
        raise UsageError(f"{wanted!r} is nobody to commit as", hint="say agent or person")
    found = known[wanted]
    if found is not None:
        return found
    if wanted == "agent":
        raise ConflictError(
            "the agent has no identity to commit as",
            hint="commit as the person, or give it one: `constellagent apply` makes what the file declares",
        )
    raise ConflictError(
        "git does not know who you are",
        hint="git config --global user.name NAME && git config --global user.email ADDRESS",
    )
