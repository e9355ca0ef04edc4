"""Keeping what is thrown away."""

import os

import pytest

from constellagent.errors import ConflictError, RefusedError
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.edits import trash
from constellagent.runtime.worktrees import leftovers
from tests.runtime.edits.conftest import Ground


async def test_what_is_kept_is_a_commit_on_top_of_head(ground: Ground) -> None:
    """The tree shows HEAD with the files as they were, the message says how to get them back."""
    ground.write("b.txt", b"mine\r\n")
    (ground.tree / "link").symlink_to("/nowhere")
    kept = await trash.keep(ground.cli, SystemClock(), ground.tree, "worker", ["b.txt", "link"])
    assert kept.ref.startswith("refs/constellagent/trash/worker/")
    changed = ground.git("diff", "--name-status", "HEAD", kept.ref).split()
    assert changed == ["A", leftovers.ARCHIVE, "M", "b.txt", "A", "link"]
    assert ground.raw("show", f"{kept.ref}:b.txt") == b"mine\r\n"
    assert kept.recover in ground.git("log", "-1", "--format=%b", kept.ref)
    assert kept.found["link"].content == b"/nowhere"
    assert ground.status() == [" M b.txt", "?? link"]


async def test_it_works_before_the_first_commit(ground: Ground) -> None:
    """On a branch without commits the rescue stands alone."""
    ground.git("checkout", "-q", "--orphan", "fresh")
    kept = await trash.keep(ground.cli, SystemClock(), ground.tree, "worker", ["b.txt"])
    assert ground.git("log", "--format=%P", kept.ref) == ""


async def test_what_cannot_be_kept_is_refused(ground: Ground) -> None:
    """A pipe, a folder and a missing file make no rescue."""
    os.mkfifo(ground.tree / "pipe")
    for path in ("pipe", "sub"):
        with pytest.raises(RefusedError, match="cannot hold"):
            await trash.keep(ground.cli, SystemClock(), ground.tree, "worker", [path])
    with pytest.raises(ConflictError, match="not there"):
        await trash.keep(ground.cli, SystemClock(), ground.tree, "worker", ["none"])
    assert ground.git("for-each-ref", "refs/constellagent") == ""


async def test_what_changes_while_it_is_kept_is_not_thrown_away(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the disk is not what was packed, there is no rescue and no go-ahead."""
    pack = leftovers.pack

    def late(path: object, names: object, archive: object) -> None:
        pack(path, names, archive)  # type: ignore[arg-type]
        ground.write("b.txt", "agent\n")

    monkeypatch.setattr(leftovers, "pack", late)
    with pytest.raises(ConflictError, match="changed while"):
        await trash.keep(ground.cli, SystemClock(), ground.tree, "worker", ["b.txt"])
    assert ground.git("for-each-ref", "refs/constellagent") == ""
