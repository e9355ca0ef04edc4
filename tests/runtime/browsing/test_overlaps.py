"""Which files several agents touch."""

import shutil
from pathlib import Path

import pytest

from constellagent.runtime.browsing import Browser
from constellagent.runtime.diffs import listing
from tests.runtime.worktrees.rig import Rig, commit
from tests.runtime.worktrees.rig import git as by_hand


@pytest.fixture
async def trees(rig: Rig) -> dict[str, Path]:
    """The worktrees of three agents."""
    return {name: await rig.create(rig.agent(name)) for name in ("ann", "bob", "cyd")}


async def test_files_of_several_agents(rig: Rig, browser: Browser, trees: dict[str, Path]) -> None:
    """Committed or not, untracked or renamed: each file that more than one changed, with all who did."""
    commit(trees["ann"], {"a.txt": "ann\n", "ann": "1\n"})
    (trees["bob"] / "a.txt").write_text("bob\n")
    by_hand(trees["cyd"], "mv", "a.txt", "moved.txt")
    (trees["bob"] / "new").write_text("1\n")
    (trees["cyd"] / "new").write_text("2\n")
    commit(rig.repo, {"sub/b.py": "the base goes on\n"})
    agents = [rig.agent(name) for name in (*trees, "without")]

    assert await browser.overlaps(agents, rig.port) == [
        {"path": "a.txt", "agents": ["ann", "bob", "cyd"]},
        {"path": "new", "agents": ["bob", "cyd"]},
    ]


async def test_who_could_not_be_looked_at(
    rig: Rig, browser: Browser, trees: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent whose changes are not known, or not all, is named first; the others are compared."""
    for tree in trees.values():
        (tree / "a.txt").write_text("1\n")
    shutil.rmtree(trees["bob"])
    agents = [rig.agent(name) for name in trees]

    assert await browser.overlaps(agents, rig.port) == [
        {"path": "", "agents": ["bob"]},
        {"path": "a.txt", "agents": ["ann", "cyd"]},
    ]
    index = Path(by_hand(trees["ann"], "rev-parse", "--absolute-git-dir")) / "index"
    index.write_bytes(b"no index")
    (trees["cyd"] / "new").write_text("1\n")
    monkeypatch.setattr(listing, "MOST_FILES", 1)

    assert await browser.overlaps(agents, rig.port) == [{"path": "", "agents": ["ann", "bob", "cyd"]}]


async def test_nobody_at_all(rig: Rig, browser: Browser) -> None:
    """Without agents nothing overlaps."""
    assert await browser.overlaps([], rig.port) == []


async def test_a_repository_that_is_away(
    rig: Rig, browser: Browser, trees: dict[str, Path], tmp_path: Path
) -> None:
    """Where nothing can be looked at, everybody is named."""
    (rig.repo / ".git").rename(tmp_path / "away")

    found = await browser.overlaps([rig.agent(name) for name in trees], rig.port)

    assert found == [{"path": "", "agents": list(trees)}]
