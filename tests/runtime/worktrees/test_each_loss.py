"""Whatever there is to lose: a forced removal keeps it, and the printed command brings it back."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from constellagent.errors import RefusedError
from tests.runtime.worktrees.rig import ENV, Rig, commit, contents, git
from tests.runtime.worktrees.test_losses import DAMAGES, _repository_within

KEPT = [damage for damage, _ in DAMAGES if damage is not _repository_within]
"""All but what cannot be kept, and is therefore refused in any case."""


def refs(repo: Path) -> dict[str, str]:
    """Return what each branch and the stash stand at."""
    said = git(repo, "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/stash")
    return dict(line.split() for line in said.splitlines())


def known_commits(path: Path) -> set[str]:
    """Return the commits that are reached from this worktree, and from nothing but its HEAD perhaps."""
    return set(git(path, "rev-list", "HEAD").split())


@pytest.mark.parametrize("damage", KEPT, ids=[damage.__name__.strip("_") for damage in KEPT])
async def test_c1_each_loss_is_kept_and_comes_back(rig: Rig, damage: Callable[[Path], None]) -> None:
    """Refused first; forced, every byte, commit, branch and stash is still to be had, after a gc as well."""
    path = await rig.create()
    damage(path)
    before, standing, commits = contents(path), refs(rig.repo), known_commits(path)
    with pytest.raises(RefusedError):
        await rig.port.remove("worker", path, force=False)

    removal = await rig.port.remove("worker", path, force=True)

    assert not path.exists()
    git(rig.repo, "reflog", "expire", "--expire=now", "--all")
    git(rig.repo, "gc", "-q", "--prune=now")
    assert refs(rig.repo) == standing
    subprocess.run(["bash", "-euo", "pipefail", "-c", removal.recover], env=ENV, check=True, timeout=50)
    assert contents(path) == before
    assert known_commits(path) >= commits


async def test_c1_all_losses_at_once_come_back(rig: Rig) -> None:
    """They do not stand in each other's way."""
    path = await rig.create()
    commit(path, {"more.txt": "of the branch\n"})
    for damage in KEPT:
        if damage.__name__ in {"_modify", "_stage", "_untracked", "_ignored", "_ignored_folder", "_bisect"}:
            damage(path)
    before = contents(path)
    with pytest.raises(RefusedError) as caught:
        await rig.port.remove("worker", path, force=False)
    told = "\n".join(caught.value.losses)
    for word in ("modified:", "staged:", "untracked:", "ignored:", "not pushed:", "in progress:"):
        assert word in told
    removal = await rig.port.remove("worker", path, force=True)
    subprocess.run(["bash", "-euo", "pipefail", "-c", removal.recover], env=ENV, check=True, timeout=50)
    assert contents(path) == before
