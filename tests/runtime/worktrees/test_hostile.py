"""Configuration of a repository that would run programs, and hooks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import GitError
from constellagent.plan.observed import WorktreeState
from constellagent.runtime.git import Result
from tests.runtime.worktrees.locked_door import locked_door
from tests.runtime.worktrees.rig import Rig, commit, git


def payload(tmp_path: Path, name: str = "fired") -> tuple[str, Path]:
    """Return a program that leaves a mark when it runs, and the mark."""
    program, mark = tmp_path / f"{name}.sh", tmp_path / name
    program.write_text(f'#!/bin/sh\necho "$0 $*" >>{mark}\n[ -t 0 ] || cat >/dev/null 2>&1 </dev/null\n')
    program.chmod(0o755)
    return str(program), mark


def _hooks(repo: Path, program: str) -> None:
    folder = repo / "hostile-hooks"
    folder.mkdir()
    names = ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc", "post-commit")
    for name in names:
        (folder / name).symlink_to(program)
    git(repo, "config", "core.hooksPath", str(folder))


def _own_hooks(repo: Path, program: str) -> None:
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (repo / ".git" / "hooks").mkdir(exist_ok=True)
        (repo / ".git" / "hooks" / name).symlink_to(program)


def _monitor(repo: Path, program: str) -> None:
    git(repo, "config", "core.fsmonitor", program)


def _external_diff(repo: Path, program: str) -> None:
    git(repo, "config", "diff.external", program)


def _textconv(repo: Path, program: str) -> None:
    (repo / ".git" / "info").mkdir(exist_ok=True)
    (repo / ".git" / "info" / "attributes").write_text("* diff=hostile\n")
    git(repo, "config", "diff.hostile.textconv", program)
    git(repo, "config", "diff.hostile.command", program)


def _pager_and_editor(repo: Path, program: str) -> None:
    for key in ("core.pager", "core.editor", "sequence.editor", "core.askPass", "pager.status", "pager.diff"):
        git(repo, "config", key, program)


def _aliases(repo: Path, program: str) -> None:
    for name in ("status", "worktree", "diff", "lg"):
        git(repo, "config", f"alias.{name}", f"!{program}")


def _signatures(repo: Path, program: str) -> None:
    git(repo, "config", "log.showSignature", "true")
    git(repo, "config", "commit.gpgSign", "true")
    git(repo, "config", "gpg.program", program)


def _include(repo: Path, program: str) -> None:
    (repo / ".git" / "more").write_text(f"[core]\n\tfsmonitor = {program}\n\thooksPath = /nonexistent\n")
    git(repo, "config", "include.path", str(repo / ".git" / "more"))


def _remote(repo: Path, url: str) -> None:
    git(repo, "config", "remote.origin.url", url)
    git(repo, "config", "remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*")
    git(repo, "config", "branch.main.remote", "origin")
    git(repo, "config", "branch.main.merge", "refs/heads/main")


def _transport(repo: Path, program: str) -> None:
    _remote(repo, f"ext::{program}")
    git(repo, "config", "protocol.ext.allow", "always")


def _ssh(repo: Path, program: str) -> None:
    _remote(repo, "ssh://nowhere.invalid/locked.git")
    git(repo, "config", "core.sshCommand", program)


def _gc(repo: Path, program: str) -> None:
    git(repo, "config", "gc.auto", "1")
    _own_hooks(repo, program)


PROOFS: list[tuple[Callable[[Path, str], None], tuple[str, ...]]] = [
    (_hooks, ("worktree", "add", "-q", "--detach", "../proof")),
    (_own_hooks, ("worktree", "add", "-q", "--detach", "../proof")),
    (_monitor, ("status",)),
    (_external_diff, ("diff", "HEAD")),
    (_textconv, ("diff", "HEAD")),
    (_pager_and_editor, ("commit", "--amend")),
    (_aliases, ("lg",)),
    (_signatures, ("commit", "-q", "--allow-empty", "-m", "signed")),
    (_include, ("status",)),
    (_transport, ("fetch", "-q", "origin")),
    (_ssh, ("fetch", "-q", "origin")),
    (_gc, ("worktree", "add", "-q", "--detach", "../proof")),
]


async def fires_nothing(rig: Rig, mark: Path, proof: tuple[str, ...]) -> None:
    """Show that the payload fires under plain git; then look, create, ask, look for losses, and remove."""
    git(rig.repo, *proof, check=False)
    assert mark.exists(), "the payload must fire under plain git, else this test shows nothing"
    git(rig.repo, "worktree", "remove", "--force", "../proof", check=False)
    mark.unlink()
    agent = rig.agent()
    path = await rig.create(agent)
    await rig.look(agent)
    (path / "a.txt").write_text("mine\n")
    for args in (("diff", "HEAD"), ("show", "HEAD"), ("log", "-p"), ("status",)):
        await rig.git.run(*args, cwd=path)
    await rig.port.losses("worker", path)
    await rig.port.remove("worker", path, force=True)
    assert not mark.exists(), mark.read_text()


@pytest.mark.parametrize(
    ("poison", "proof"), PROOFS, ids=[poison.__name__.strip("_") for poison, _ in PROOFS]
)
async def test_c14_hostile_configuration_fires_nothing(
    rig: Rig, tmp_path: Path, poison: Callable[[Path, str], None], proof: tuple[str, ...]
) -> None:
    """What fires under plain git never fires under ours: look, create, losses, diff, forced removal."""
    program, mark = payload(tmp_path)
    commit(rig.repo, {"a.txt": "two\n"})
    (rig.repo / "a.txt").write_text("three\n")
    poison(rig.repo, program)
    await fires_nothing(rig, mark, proof)


async def test_c14_nobody_is_asked_for_a_password(rig: Rig, tmp_path: Path) -> None:
    """A remote that asks for one makes plain git run the repository's credential helper, and never ours."""
    program, mark = payload(tmp_path)
    with locked_door() as url:
        _remote(rig.repo, url)
        git(rig.repo, "config", "credential.helper", f"!{program}")
        await fires_nothing(rig, mark, ("fetch", "-q", "origin"))


async def test_c15_hooks_run_only_when_they_are_wanted(rig: Rig, tmp_path: Path) -> None:
    """With hooks allowed, the repository's post-checkout runs once for a new worktree."""
    program, mark = payload(tmp_path)
    _own_hooks(rig.repo, program)
    (rig.repo / ".git" / "hooks" / "reference-transaction").unlink()
    (rig.repo / ".git" / "hooks" / "post-index-change").unlink()
    other = await Rig.over(tmp_path, rig.repo, hooks=True)
    await other.create()
    assert len(mark.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("script", "said"), [("sleep 60", "timed out"), ("echo broken >&2; exit 3", "broken")]
)
async def test_c15_bad_hook_fails_the_agent_in_time(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: str
) -> None:
    """A hook that hangs or fails is an error within the time limit; without it, apply goes on."""
    hook = rig.repo / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)
    other = await Rig.over(tmp_path, rig.repo, hooks=True)
    run = other.git.run

    async def hurried(*args: str, **options: Any) -> Result:
        """Give little time to the one command that runs the hook."""
        other.git.timeout = 2.0 if args[0] == "checkout" else 60.0
        return await run(*args, **options)

    with monkeypatch.context() as patch:
        if said == "timed out":
            patch.setattr(other.git, "run", hurried)
        with pytest.raises(GitError, match=said):
            await other.create()
    other.git.timeout = 60.0
    assert (await other.facts(other.agent())).state is WorktreeState.UNFINISHED
    hook.unlink()
    await other.create()
