"""What a sandboxed agent leaves behind for a git outside: first shown to work, then that it does not."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, UnavailableError
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.git import Git
from constellagent.runtime.mending import grounds
from constellagent.runtime.mending.facts import Health
from constellagent.runtime.mending.grounds import Surroundings
from constellagent.runtime.mending.known import Known
from constellagent.runtime.mending.reading import Seen
from constellagent.runtime.ports import Record
from constellagent.runtime.sandbox.probe import Probe
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.runtime.settings import Settings
from constellagent.runtime.worktrees import marker
from constellagent.runtime.worktrees.confinement import Confinement
from constellagent.runtime.worktrees.marker import Marker
from tests.runtime.sandbox.yard import CONSTELLATION, Yard, git

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")


@pytest.fixture
def yard() -> Iterator[Yard]:
    """Return a yard in whose worktree `one` a sandboxed agent has worked."""
    folder = Path(tempfile.mkdtemp(prefix="ca-yard-"))
    yard = Yard.build(folder)
    yard.sandboxes.place(CONSTELLATION, "one").mkdir(parents=True)
    yield yard
    shutil.rmtree(folder)


def plain(yard: Yard) -> Git:
    """Return git as it works everywhere else."""
    return Git(yard.tree(), timeout=60, env={"HOME": str(yard.person)})


def confined(yard: Yard) -> Git:
    """Return git as it works in worktrees of sandboxed agents."""
    around = Confinement(yard.sandboxes)
    return Git(yard.tree(), timeout=60, env={"HOME": str(yard.person)}, around=around)


def _reflog(yard: Yard) -> Path:
    """Plant a reflog that is a link to a file of the person's; return that file."""
    target = yard.person / ".bashrc"
    target.write_text("")
    log = yard.admin() / "logs" / "HEAD"
    log.unlink()
    log.symlink_to(target)
    return target


def _message(yard: Yard) -> Path:
    """Plant a commit message that is a link."""
    target = yard.person / ".profile"
    target.write_text("")
    (yard.admin() / "COMMIT_EDITMSG").symlink_to(target)
    return target


def _index(yard: Yard) -> Path:
    """Plant an index that is a link."""
    target = yard.person / ".index"
    shutil.copy(yard.admin() / "index", target)
    (yard.admin() / "index").unlink()
    (yard.admin() / "index").symlink_to(target)
    return target


def _submodule(yard: Yard) -> Path:
    """Plant a repository with settings of its own where the index has a submodule; its mark is outside."""
    mark, program, inner = yard.person / "ran", yard.tree() / "program", yard.tree() / "inner"
    mark.write_text("")
    program.write_text(f"#!/bin/sh\necho ran >>{mark}\n")
    program.chmod(0o755)
    inner.mkdir()
    git(inner, "init", "-q")
    (inner / "file").write_text("one\n")
    git(inner, "add", "file")
    git(inner, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "-m", "x")
    git(inner, "config", "filter.planted.clean", str(program))
    (inner / ".git" / "info" / "attributes").write_text("* filter=planted\n")
    (inner / "file").write_text("two\n")
    git(
        yard.tree(), "update-index", "--add", "--cacheinfo", f"160000,{git(inner, 'rev-parse', 'HEAD')},inner"
    )
    return mark


PAYLOADS = [_reflog, _message, _index, _submodule]


@pytest.mark.parametrize("plant", PAYLOADS)
async def test_what_is_planted_reaches_out_of_an_unconfined_git(
    yard: Yard, plant: Callable[[Yard], Path]
) -> None:
    """The control: each of these is followed, written through or run by git as it is."""
    target = plant(yard)
    before = target.read_bytes(), target.stat().st_ino
    await _work(yard, plain(yard))
    assert (target.read_bytes(), target.stat().st_ino) != before


@pytest.mark.parametrize("plant", PAYLOADS)
async def test_what_is_planted_stays_inside_of_a_confined_git(
    yard: Yard, plant: Callable[[Yard], Path]
) -> None:
    """The same calls change nothing outside, whether they fail or not."""
    target = plant(yard)
    before = target.read_bytes(), target.stat().st_ino
    await _work(yard, confined(yard))
    assert (target.read_bytes(), target.stat().st_ino) == before


async def _work(yard: Yard, at: Git) -> None:
    """Look, stage and commit, as a person does on the page."""
    (yard.tree() / "more").write_text("more\n")
    await at.run("status", "--porcelain", check=False)
    await at.run("add", "more", check=False)
    await at.run("-c", "user.name=P", "-c", "user.email=p@example.com", "commit", "-qm", "more", check=False)


@pytest.mark.parametrize("plant", [_index, _submodule])
async def test_what_mends_is_confined_too(yard: Yard, plant: Callable[[Yard], Path]) -> None:
    """Mending looks with a git of its own, made from what the state knows and without the daemon's parts."""
    target = plant(yard)
    before = target.read_bytes(), target.stat().st_ino
    settings = Settings(home=yard.paths.home, git_timeout=60)
    taken = Record("one", yard.tree(), "agents/one")
    known = Known(Seen(Health.FINE), records={(CONSTELLATION, "one"): taken})
    at = grounds.confined(Surroundings(settings, SystemClock()), known, yard.repo)
    for words in (("status", "--porcelain"), ("update-index", "--refresh"), ("add", "file")):
        await at.run(*words, cwd=yard.tree(), check=False)
    assert (target.read_bytes(), target.stat().st_ino) == before
    assert len((await at.run("rev-parse", "HEAD", cwd=yard.tree())).text) == 40


async def test_a_confined_git_does_its_work(yard: Yard) -> None:
    """It stages, commits, writes rescue refs, and works with an index that is kept aside."""
    at = confined(yard)
    (yard.tree() / "more").write_text("more\n")
    who = {
        f"GIT_{role}_{what}": "p@example.com"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    }
    await at.run("add", "more")
    await at.run("commit", "-qm", "more", env=who)
    await at.run("update-ref", "refs/constellagent/rescue/one/x", "HEAD")
    with tempfile.TemporaryDirectory() as scratch:
        index = {"GIT_INDEX_FILE": f"{scratch}/index"}
        await at.run("read-tree", "HEAD", env=index)
        assert (Path(scratch) / "index").exists()
        assert len((await at.run("write-tree", env=index)).text) == 40
    assert git(yard.repo, "log", "-1", "--format=%s", "refs/constellagent/rescue/one/x") == "more"
    sub = await at.run("rev-parse", "--show-prefix", cwd=_made(yard.tree() / "sub" / "deep"))
    assert sub.text == "sub/deep/"


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True)
    return folder


async def test_only_worktrees_of_sandboxed_agents_are_confined(yard: Yard) -> None:
    """Nothing goes around git elsewhere: the main checkout, a sibling, a worktree that is not filled yet."""
    around = Confinement(yard.sandboxes)
    assert await around(yard.tree(), "status", {})
    assert await around(yard.tree("two"), "status", {}) == ()
    assert await around(yard.repo, "status", {}) == ()
    assert await around(Path(os.devnull), "status", {}) == ()
    known = Marker(CONSTELLATION, "one")
    await asyncio.to_thread(marker.write, yard.admin(), known)
    assert await around(yard.tree(), "status", {}) == ()


async def test_the_worktree_of_a_run_belongs_to_its_agent(yard: Yard) -> None:
    """`one@RUN` has been in the hands of `one`."""
    await asyncio.to_thread(marker.write, yard.admin("two"), Marker(CONSTELLATION, "one@r1", filled=True))
    assert await Confinement(yard.sandboxes)(yard.tree("two"), "status", {})


async def test_without_a_sandbox_git_does_not_look(yard: Yard, tmp_path: Path) -> None:
    """What cannot be confined is not looked at, and it is said what to do."""
    bare = Sandboxes(yard.paths, yard.sandboxes._roots, Probe(str(tmp_path)))
    at = Git(yard.tree(), timeout=60, around=Confinement(bare))
    with pytest.raises(UnavailableError, match="bubblewrap"):
        await at.run("status")


async def test_what_a_person_can_do_without_a_sandbox_is_said(yard: Yard, tmp_path: Path) -> None:
    """The refusal names both ways: bubblewrap, and the word that lets our git go without."""
    bare = Sandboxes(yard.paths, yard.sandboxes._roots, Probe(str(tmp_path)))
    with pytest.raises(UnavailableError) as refused:
        await Confinement(bare)(yard.tree(), "status", {})
    assert "apt install bubblewrap" in refused.value.hint
    assert "CONSTELLAGENT_UNCONFINED=true" in refused.value.hint


async def test_a_person_may_let_git_look_where_there_can_be_no_sandbox(yard: Yard, tmp_path: Path) -> None:
    """It looks and removes as in any worktree; where there can be a sandbox the word changes nothing."""
    without, roots = Probe(str(tmp_path)), yard.sandboxes._roots
    trusting = Confinement(Sandboxes(yard.paths, roots, without, unconfined=True))
    assert await trusting(yard.tree(), "status", {}) == ()
    (yard.tree() / "seen").write_text("x")
    at = Git(yard.tree(), timeout=60, around=trusting)
    assert "?? seen" in (await at.run("status", "--porcelain")).text
    where = Git(yard.repo, timeout=60, around=trusting)
    await where.run("worktree", "remove", "--force", "--force", str(yard.tree("two")))
    assert not yard.tree("two").exists()
    confined = Confinement(Sandboxes(yard.paths, roots, person=yard.person, unconfined=True))
    assert "bwrap" in (await confined(yard.tree(), "status", {}))[0]


async def test_trusting_git_still_refuses_a_link_among_the_refs(yard: Yard, tmp_path: Path) -> None:
    """What no git has put among the refs is refused with the word too."""
    trusting = Confinement(
        Sandboxes(yard.paths, yard.sandboxes._roots, Probe(str(tmp_path)), unconfined=True)
    )
    (yard.repo / ".git/refs/heads/planted").symlink_to(tmp_path)
    with pytest.raises(ConflictError, match="planted"):
        await trusting(yard.tree(), "update-ref", {})


async def test_no_agent_is_started_without_its_sandbox_whatever_the_word(yard: Yard, tmp_path: Path) -> None:
    """The word is for our git alone: what would start a program of the agent is refused."""
    trusting = Sandboxes(yard.paths, yard.sandboxes._roots, Probe(str(tmp_path)), unconfined=True)
    stay = yard.stay()
    with pytest.raises(UnavailableError, match="bubblewrap"):
        await trusting.around(stay, tmp_path)
