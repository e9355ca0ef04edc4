"""Pushing an agent's branch: to a branch of its own name, never by force, and nothing is ever asked.

A remote's URL may hold a password. It never appears: remotes are known by name, and what git says is cleaned.
"""

import re
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConflictError, GitError, UsageError
from constellagent.failpoints import around
from constellagent.runtime.edits import bases, state
from constellagent.runtime.git import Git
from constellagent.runtime.points import Point
from constellagent.spec.suggest import did_you_mean

_SSH = {"GIT_SSH_COMMAND": "ssh -o BatchMode=yes -o ConnectTimeout=20"}
_CREDENTIALS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s]*@")
_QUERY = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://[^\s?'\"]*)\?[^\s'\"]*")

_LOGIN = re.compile(
    r"authentication failed|could not read (?:username|password)|permission denied|terminal prompts disabled"
    r"|host key verification failed|access denied|\b40[13]\b",
    re.IGNORECASE,
)
"""What git and ssh say where somebody would have to log in."""
_NOT_ASKED = "nothing is asked for a password here: set up a credential helper, or a key in the ssh agent"


def without_secrets(said: str) -> str:
    """Return text without what stands before the host, or behind a question mark, in the URLs of it."""
    return _QUERY.sub(r"\1?***", _CREDENTIALS.sub(r"\1***@", said))


class Pushed(NamedTuple):
    """How a push went: one line, and whether the remote got anything by it."""

    line: str
    moved: bool


@around(Point.WORK_PUSH)
async def push(git: Git, folder: Path, remote: str | None, *, only: str = "") -> Pushed:
    """Push the branch that is checked out; the first push makes the remote's branch its upstream.

    `only` is the one branch that may be pushed, where who writes in the worktree must not choose another: it
    goes out with the person's credentials.

    Raises:
        UsageError: there is no such remote.
        ConflictError: there is no branch, another than that one, no remote, or the remote has commits that
            the branch has not.
        GitError: git failed; without what a URL holds of secrets.
    """
    now = await state.look(git, folder)
    if not now.branch or not now.head:
        raise ConflictError(f"{folder} has no branch checked out", hint="check out a branch in it first")
    if only and now.branch != only:
        raise ConflictError(
            f"{now.branch} is checked out, but of a sandboxed agent only {only} is pushed; nothing was",
            hint=f"git -C {folder} switch {only}; or, if you trust it: git push REMOTE {now.branch}",
        )
    remotes = await names(git, folder)
    tracked, upstream = await _tracked(git, folder, now.branch)
    there = _remote(remote, tracked if upstream else "", remotes)
    ref = f"refs/heads/{now.branch}"
    if remote is None and upstream and upstream != ref:
        raise ConflictError(
            f"{now.branch} tracks {now.upstream}, a branch of another name; nothing was pushed",
            hint=f"`constellagent push AGENT {there}` pushes it to its own name",
        )
    first = ["--set-upstream"] if not upstream else []
    config = await git.run("config", "--get", "core.sshCommand", cwd=folder, check=False)
    said = await git.run(
        "push",
        "--porcelain",
        "--no-verify",
        "--no-force",
        "--no-progress",
        *first,
        "--",
        there,
        f"{ref}:{ref}",
        cwd=await _main(git, folder),
        env={} if config.status == 0 else _SSH,
        check=False,
    )
    return _outcome(said.status, said.text, said.stderr, there, now.branch)


async def names(git: Git, folder: Path) -> list[str]:
    """Return the names of the remotes.

    Raises:
        GitError: git failed.
    """
    return (await git.run("remote", cwd=folder)).text.split()


async def _main(git: Git, folder: Path) -> Path:
    """Return where a push runs: beside the worktrees, since git in a sandboxed agent's has no network."""
    common = await bases.common_folder(git, folder)
    return common.parent if common.name == ".git" else common


async def _tracked(git: Git, folder: Path, branch: str) -> tuple[str, str]:
    """Return the remote that a branch tracks and the full name there; empty for nothing, or a local one."""
    said = await git.run(
        "for-each-ref",
        "--format=%(upstream:remotename)%00%(upstream:remoteref)",
        f"refs/heads/{branch}",
        cwd=folder,
    )
    remote, _, ref = said.text.partition("\0")
    return (remote, ref) if remote not in {"", "."} else ("", "")


def _remote(wanted: str | None, tracked: str, remotes: list[str]) -> str:
    if wanted is not None:
        if wanted not in remotes:
            raise UsageError(
                f"there is no remote {wanted!r}{did_you_mean(wanted, remotes)}",
                hint=f"remotes: {', '.join(remotes) or 'none'}",
            )
        return wanted
    if tracked in remotes:
        return tracked
    if "origin" in remotes:
        return "origin"
    if len(remotes) == 1:
        return remotes[0]
    if remotes:
        raise ConflictError(
            "it is not clear where to push to", hint=f"name one of the remotes: {', '.join(remotes)}"
        )
    raise ConflictError("the repository has no remote", hint="git remote add origin URL")


def _outcome(status: int, said: str, stderr: str, remote: str, branch: str) -> Pushed:
    rows = [line.split("\t") for line in said.splitlines() if line.count("\t") == 2]
    flag, summary = (rows[0][0], rows[0][2]) if rows else ("", "")
    if status == 0 and flag == "=":
        return Pushed(f"{remote} has all of {branch} already", moved=False)
    if status == 0:
        return Pushed(f"pushed {branch} to {remote}: {without_secrets(summary)}", moved=True)
    if flag == "!" and ("non-fast-forward" in summary or "fetch first" in summary):
        raise ConflictError(
            f"{remote} has commits on {branch} that are not here; nothing was pushed",
            hint=f"git fetch {remote}, then rebase on {remote}/{branch} or merge it; pushes never force",
        )
    if flag == "!":
        raise ConflictError(
            f"{remote} refused {branch}: {without_secrets(summary)}",
            hint=without_secrets(" ".join(_remote_words(stderr))),
        )
    hint = _NOT_ASKED if _LOGIN.search(stderr) else f"see whether it is there: git ls-remote {remote}"
    raise GitError(("push", remote, branch), status, without_secrets(stderr), hint=hint)


def _remote_words(stderr: str) -> list[str]:
    words = (
        line.removeprefix("remote:").strip() for line in stderr.splitlines() if line.startswith("remote:")
    )
    return [word for word in words if word]
