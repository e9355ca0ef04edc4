"""Worktrees of runs: from which base, in which place, and taken up again where their making was cut short."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent import failpoints
from constellagent.errors import ConflictError, RefusedError, WorldError
from constellagent.ravi.vault import RootKey
from constellagent.runtime.ports import Step
from constellagent.runtime.settings import Settings
from tests.runtime.runs.rig import Lab, laboratory, minutes, shell, worker

KEY = RootKey(bytes(32), "a test")
SETUP = "setup: [[sh, -c, 'echo run >> setup.log']], include: [.env], "
ROOT = Path(__file__).resolve().parents[3]


async def test_it_starts_from_the_declared_base_as_that_is_now(lab: Lab) -> None:
    """The schedule's base counts before the agent's, and is resolved anew for each run."""
    lab.git("branch", "stable")
    lab.declare(worker(shell("true", ", base: stable")))
    await lab.apply()
    first = await lab.whole("docs/nightly")
    lab.git("commit", "-q", "--allow-empty", "-m", "second")
    lab.git("branch", "-f", "stable", "main")

    second = await lab.whole("docs/nightly", minutes(1))

    assert first.base == lab.git("rev-parse", "main~1")
    assert second.base == lab.git("rev-parse", "main")


async def test_a_base_that_is_not_there_is_named(lab: Lab) -> None:
    """Nothing is made, and the error says what to declare."""
    lab.declare(worker(shell("true", ", base: no-such-branch")))
    await lab.apply()

    with pytest.raises(ConflictError, match="base 'no-such-branch' of docs/nightly names no commit"):
        await lab.start(await lab.fire("docs/nightly"))

    assert lab.branches() == []


async def test_a_base_that_cannot_be_looked_at_is_not_called_absent(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Where git fails, that is said: the next try may work."""
    lab.declare(worker(shell("true")))
    context = await lab.apply()
    schedule, fire = await lab.schedule("docs/nightly"), await lab.fire("docs/nightly")
    refs = lab.repo / ".git" / "HEAD"
    kept = refs.read_bytes()
    refs.write_bytes(b"damaged")
    try:
        with pytest.raises(WorldError, match="cannot be looked at"):
            await lab.runs._fresh.make(context, context.desired.agents["docs"], schedule, fire)
    finally:
        refs.write_bytes(kept)


async def test_a_branch_in_the_way_of_all_runs_is_named(lab: Lab) -> None:
    """Git keeps no branches below a branch; the error says which one to rename."""
    lab.git("branch", "runs/docs")
    lab.declare(worker(shell("true")))
    await lab.apply()

    with pytest.raises(ConflictError, match="branch runs/docs is in the way") as caught:
        await lab.start(await lab.fire("docs/nightly"))

    assert caught.value.hint == "give it another name: git branch -m runs/docs NAME"


@pytest.mark.parametrize("left", ["branch", "folder"])
async def test_what_an_earlier_state_left_is_not_touched(lab: Lab, left: str) -> None:
    """Where a branch or a folder has the run's name already, the run takes another name."""
    lab.declare(worker(shell("git commit -q --allow-empty -m mine")))
    await lab.apply()
    folder = lab.path("docs.nightly.20261122T0900Z")
    if left == "branch":
        lab.git("branch", "runs/docs/nightly/20261122T0900Z")
    else:
        folder.mkdir(parents=True)
        (folder / "precious.txt").write_text("mine")

    row = await lab.whole("docs/nightly")

    apart = f"20261122T0900Z.{row.fire.run[:8]}"
    assert (row.path, row.branch) == (str(lab.path(f"docs.nightly.{apart}")), f"runs/docs/nightly/{apart}")
    assert row.report["commit_count"] == 1
    if left == "branch":
        there = lab.git("rev-parse", "runs/docs/nightly/20261122T0900Z")
        assert there == lab.git("rev-parse", "main")
    else:
        assert (folder / "precious.txt").read_text() == "mine"


async def test_two_schedules_whose_names_come_to_one_do_not_meet(lab: Lab) -> None:
    """`a.b` and `c`, `a` and `b.c`: both run at the same minute, each in a place of its own."""
    ready = (
        "{command: [sleep, '9'], autostart: false, schedules: {%s: {cron: '0 9 * * *', command: ['true']}}}"
    )
    lab.declare(f"  a.b: {ready % 'c'}\n  a: {ready % 'b.c'}\n")
    await lab.apply()
    fires = [await lab.fire("a.b/c"), await lab.fire("a/b.c")]

    await asyncio.gather(*(lab.start(fire) for fire in fires))
    for fire in fires:
        await lab.over(fire)

    rows = [await lab.row(fire) for fire in fires]
    assert len({row.path for row in rows}) == 2
    assert min(Path(row.path).name for row in rows) == "a.b.c.20261122T0900Z"


async def test_ignored_files_are_copied_and_setup_steps_run_as_the_agent(lab: Lab) -> None:
    """A run's worktree is prepared as an agent's is; the setup's words go to the log of the run."""
    (lab.repo / ".env").write_text("SECRET=1\n")
    (lab.repo / ".git" / "info" / "exclude").write_text(".env\n")
    step = "setup: [[sh, -c, 'echo $CONSTELLAGENT_WORKTREE as $CONSTELLAGENT_EMAIL']], include: [.env], "
    lab.declare(worker(shell("cat .env"), more=step))
    context = await lab.apply()

    row = await lab.whole("docs/nightly")

    log = lab.settings.paths.logs / context.id / f"docs@{row.fire.run}" / "setup-1.log"
    assert lab.output(row.fire) == "SECRET=1\n"
    assert log.read_text() == f"{row.path} as docs@acme.test\n"


async def test_a_failing_setup_step_fails_the_start_and_keeps_what_is_there(lab: Lab) -> None:
    """The error names step and log; the next attempt is another run in another place."""
    lab.declare(worker(shell("true"), more="setup: [[sh, -c, 'test -e ../ready']], "))
    (lab.repo.parent / "repo.worktrees").mkdir()
    (lab.repo.parent / "repo.worktrees" / "ready").touch()
    await lab.apply()
    fire = await lab.fire("docs/nightly")

    with pytest.raises(WorldError, match=r"setup step 1 .* failed: exit status 1"):
        await lab.start(fire)
    row = await lab.end(fire, "failed", "setup step 1 failed")
    (lab.path("ready")).touch()
    again = await lab.whole("docs/nightly", attempt=2)

    assert Path(row.path).is_dir()
    assert again.branch.endswith("-2")
    assert row.report["commits"] == []
    assert "did" not in row.report


async def test_an_agent_without_identity_gets_no_key(lab: Lab) -> None:
    """Its runs have a worktree, and no `.ravi/`."""
    lab.declare(worker(shell("env | grep -c RAVI_API_KEY"), more="identity: false, "))
    await lab.apply()

    row = await lab.whole("docs/nightly", state="failed")

    assert lab.output(row.fire) == "0\n"
    assert not (Path(row.path) / ".ravi").exists()
    assert row.report["did"] == {}


STEPS = (
    Step.BRANCH_CREATE,
    Step.WORKTREE_ADD,
    Step.WORKTREE_EXCLUDE,
    Step.IDENTITY_WRITE,
    Step.WORKTREE_CHECKOUT,
    Step.WORKTREE_INCLUDE,
    Step.WORKTREE_SETUP,
    Step.WORKTREE_COMPLETE,
)


class TestCutShort:
    """Daemons that die while they make a worktree."""

    @pytest.mark.parametrize("point", [f"{step}:after" for step in STEPS] + [f"{Step.WORKTREE_ADD}:before"])
    async def test_the_next_daemon_goes_on_in_the_same_place(
        self, home: Settings, tmp_path: Path, point: str
    ) -> None:
        """Killed at any step, the same run starts in the same worktree on the same branch, once."""
        repo = tmp_path / "repo"
        async with laboratory(home, repo, KEY) as lab:
            (repo / ".env").write_text("SECRET=1\n")
            (repo / ".git" / "info" / "exclude").write_text(".env\nsetup.log\n")
            lab.declare(worker(shell("cat .env; pwd -P"), more=SETUP))
            await lab.apply()
            fire = await lab.fire("docs/nightly")

        await asyncio.to_thread(dies, home, repo, fire.run, point)

        async with laboratory(home, repo, KEY) as lab:
            assert not await lab.registry.begun(fire.run)
            placed = await lab.row(fire)
            lab.git("commit", "-q", "--allow-empty", "-m", "the base moved")
            await lab.start(fire)
            await lab.over(fire)
            row = await lab.end(fire)
            path = lab.path("docs.nightly.20261122T0900Z")
            assert (placed.path, placed.base) == (row.path, row.base) == (str(path), placed.base)
            assert lab.output(fire) == f"SECRET=1\n{path}\n"
            assert lab.branches() == ["runs/docs/nightly/20261122T0900Z"]
            assert (row.report["commits"], lab.git("rev-parse", "HEAD", cwd=path)) == ([], placed.base)
            assert set((path / "setup.log").read_text().split()) == {"run"}
            assert not list((repo / ".git").rglob("*.lock"))
            lab.git("fsck", "--strict", "--no-dangling")

    async def test_what_a_killed_git_left_is_taken_back(self, home: Settings, tmp_path: Path) -> None:
        """A registration that git cannot read any more keeps the run from nothing."""
        repo = tmp_path / "repo"
        async with laboratory(home, repo, KEY) as lab:
            lab.declare(worker(shell("true")))
            await lab.apply()
            fire = await lab.fire("docs/nightly")
        await asyncio.to_thread(dies, home, repo, fire.run, f"{Step.WORKTREE_ADD}:before")
        async with laboratory(home, repo, KEY) as lab:
            path = Path((await lab.row(fire)).path)
            admin = repo / ".git" / "worktrees" / path.name
            for folder in (admin, path):
                folder.mkdir(parents=True)
            reason = f"constellagent:{(await lab.context()).id}:docs@{fire.run}"
            (admin / "locked").write_text(f"{reason}\n")
            (admin / "gitdir").write_text(f"{path}/.git\n")
            (path / ".git").write_text(f"gitdir: {admin}\n")
            (admin / "HEAD").write_text(f"{lab.git('rev-parse', 'main')}\n")
            (admin / "commondir").touch()  # killed before it had its content

            await lab.start(fire)
            await lab.over(fire)

            assert (await lab.end(fire)).report["commits"] == []
            assert {each.name for each in admin.parent.iterdir()} == {"docs", path.name}

    async def test_a_persons_change_in_a_half_made_worktree_is_not_written_over(
        self, home: Settings, tmp_path: Path
    ) -> None:
        """The start is refused, and what was changed is there."""
        repo = tmp_path / "repo"
        async with laboratory(home, repo, KEY) as lab:
            (repo / "a.txt").write_text("one\n")
            lab.git("add", "a.txt")
            lab.git("commit", "-qm", "a")
            lab.declare(worker(shell("true")))
            await lab.apply()
            fire = await lab.fire("docs/nightly")

        await asyncio.to_thread(dies, home, repo, fire.run, f"{Step.WORKTREE_CHECKOUT}:before")

        async with laboratory(home, repo, KEY) as lab:
            changed = Path((await lab.row(fire)).path) / "a.txt"
            changed.write_text("a person's\n")
            with pytest.raises(RefusedError, match="was changed before its first checkout was done"):
                await lab.start(fire)
            assert changed.read_text() == "a person's\n"


def dies(home: Settings, repo: Path, run: str, point: str) -> None:
    """Let another process start the run, and die at `point`."""
    command = [sys.executable, "-m", "tests.runtime.runs.crash_child", str(home.home), str(repo), run]
    env = {**os.environ, failpoints.VARIABLE: point}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=50)
    assert done.returncode == failpoints.EXIT, done.stdout + done.stderr
