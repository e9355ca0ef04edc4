"""What is kept of ended runs: as many as declared, and whatever has work in it."""

import asyncio
from pathlib import Path

import pytest

from constellagent.errors import ConflictError
from constellagent.runtime.runs import retention
from constellagent.runtime.store.ledger import LedgerRow
from tests.runtime.runs.rig import Lab, minutes, shell, worker

KEEP_ONE = ", keep_runs: {succeeded: 1, failed: 1}"
KEEP_NONE = ", keep_runs: {succeeded: 0, failed: 0}"
COMMIT = "git commit -q --allow-empty -m mine"


async def test_the_newest_of_each_kind_stay(lab: Lab) -> None:
    """Beyond them worktree, branch, output and session go, and the rows of the ledger stay."""
    lab.declare(worker(shell("true", KEEP_ONE)))
    await lab.apply()

    states = ["succeeded", "failed", "succeeded", "timeout", "lost"]
    rows = [await lab.whole("docs/nightly", minutes(n), state) for n, state in enumerate(states)]  # type: ignore[arg-type] # the list is of states

    kept = [Path(row.path).is_dir() for row in rows]
    assert kept == [False, False, True, False, True]
    assert [row.branch in lab.branches() for row in rows] == kept
    assert [(await lab.registry.get(row.fire.run)) is not None for row in rows] == kept
    assert [lab.registry.folder(row.fire.run).is_dir() for row in rows] == kept
    after = [await lab.row(row.fire) for row in rows]
    assert [row.report.get("cleared", False) for row in after] == [not one for one in kept]
    assert len(lab.git("worktree", "list").splitlines()) == 4  # main, the agent's, two runs
    assert after[0].report["commits"] == []


async def test_newest_is_what_ended_last(lab: Lab) -> None:
    """A run that makes up for an old fire is not cleared for being old."""
    lab.declare(worker(shell("true", KEEP_ONE)))
    await lab.apply()

    today = await lab.whole("docs/nightly", minutes(10))
    made_up = await lab.whole("docs/nightly", minutes(0))

    assert not Path(today.path).exists()
    assert Path(made_up.path).is_dir()


def _modified(path: Path) -> None:
    (path / "a.txt").write_text("mine\n")


def _untracked(path: Path) -> None:
    (path / "draft.txt").write_text("mine\n")


def _ignored(path: Path) -> None:
    (path / "out.log").write_text("mine\n")


@pytest.mark.parametrize(
    ("work", "said"),
    [
        pytest.param(_modified, "modified: a.txt", marks=pytest.mark.long),
        (_untracked, "untracked: draft.txt"),
        pytest.param(_ignored, "ignored: out.log", marks=pytest.mark.long),
    ],
)
async def test_a_worktree_with_work_in_it_is_never_deleted(
    lab: Lab, caplog: pytest.LogCaptureFixture, work: object, said: str
) -> None:
    """It stays with its output; the report says why, the log says it once, and once it is clean it goes."""
    caplog.set_level("INFO")
    (lab.repo / "a.txt").write_text("one\n")
    (lab.repo / ".gitignore").write_text("*.log\n")
    lab.git("add", "a.txt", ".gitignore")
    lab.git("commit", "-qm", "files")
    lab.declare(worker(shell("true", KEEP_ONE)))
    await lab.apply()
    first = await lab.whole("docs/nightly")
    assert callable(work)
    work(Path(first.path))

    for count in (1, 2):
        await lab.whole("docs/nightly", minutes(count))

    assert Path(first.path).is_dir()
    assert first.branch in lab.branches()
    assert lab.registry.folder(first.fire.run).is_dir()
    report = (await lab.row(first.fire)).report
    assert (report["kept"], "cleared" in report) == (said, False)
    assert caplog.text.count(f"of an ended run stays: {said}") == 1

    lab.git("clean", "-qfdx", cwd=Path(first.path))
    lab.git("checkout", "-q", "--", ".", cwd=Path(first.path))
    await lab.whole("docs/nightly", minutes(3))

    assert not Path(first.path).exists()
    assert (await lab.row(first.fire)).report["kept"] == ""


async def test_a_branch_with_a_commit_stays_and_its_worktree_goes(lab: Lab) -> None:
    """What was committed is on the branch, pushed or not; the folder holds nothing else."""
    lab.declare(worker(shell(COMMIT, KEEP_NONE)))
    await lab.apply()

    row = await lab.whole("docs/nightly")

    assert not Path(row.path).exists()
    assert lab.branches() == [row.branch]
    assert lab.git("log", "-1", "--format=%s", row.branch) == "mine"
    assert row.report["cleared"]


async def test_commits_on_no_branch_keep_the_worktree(lab: Lab) -> None:
    """A run that detached itself and committed left work that only its folder holds."""
    lab.declare(worker(shell(f"git checkout -q --detach; {COMMIT}", KEEP_NONE)))
    await lab.apply()

    row = await lab.whole("docs/nightly")

    assert Path(row.path).is_dir()
    assert row.report["kept"] == "detached: 1 commit on no branch"
    assert row.report["commit_count"] == 1


async def test_an_empty_branch_that_somebody_checked_out_stays(lab: Lab) -> None:
    """Taking it away would pull it from under that worktree."""
    lab.declare(worker(shell("git checkout -q -b other", KEEP_NONE)))
    await lab.apply()
    fire = await lab.fire("docs/nightly")
    await lab.start(fire)
    await lab.over(fire)
    elsewhere = lab.repo.parent / "elsewhere"
    lab.git("worktree", "add", "-q", str(elsewhere), "runs/docs/nightly/20261122T0900Z")

    await lab.end(fire)

    assert lab.branches() == ["runs/docs/nightly/20261122T0900Z"]
    assert lab.git("rev-parse", "HEAD", cwd=elsewhere) == lab.git("rev-parse", "main")


async def test_a_worktree_that_a_person_removed_is_fine(lab: Lab) -> None:
    """With its folder gone, or with all that git knew of it, the rest goes too."""
    lab.declare(worker(shell("true", ", keep_runs: {succeeded: 2, failed: 0}")))
    await lab.apply()
    rows = [await lab.whole("docs/nightly", minutes(count)) for count in range(2)]
    lab.git("worktree", "remove", "--force", "--force", rows[0].path)
    Path(rows[1].path).rename(lab.repo.parent / "moved")
    (lab.repo.parent / "moved" / ".git").unlink()

    for count in (2, 3):
        await lab.whole("docs/nightly", minutes(count))

    assert [(await lab.row(row.fire)).report.get("cleared") for row in rows] == [True, True]
    assert not {row.branch for row in rows} & set(lab.branches())


async def test_another_folder_in_its_place_is_not_touched(lab: Lab) -> None:
    """What somebody put where a run's worktree was stays, and the report says so."""
    lab.declare(worker(shell("true", KEEP_ONE)))
    await lab.apply()
    first = await lab.whole("docs/nightly")
    lab.git("worktree", "remove", "--force", "--force", first.path)
    Path(first.path).mkdir()
    (Path(first.path) / "precious.txt").write_text("mine")

    await lab.whole("docs/nightly", minutes(1))

    assert (Path(first.path) / "precious.txt").read_text() == "mine"
    assert "no worktree of ours" in (await lab.row(first.fire)).report["kept"]


async def test_what_is_open_or_anothers_is_not_looked_at(lab: Lab) -> None:
    """A run that goes on, a session that did not end, and other schedules' runs keep everything."""
    two = "more: {cron: '1 9 * * *', command: ['true'], keep_runs: {succeeded: 0, failed: 0}}"
    stays = "nightly: {cron: '0 9 * * *', command: [sh, -c, 'read x'], keep_runs: {succeeded: 0, failed: 0}}"
    lab.declare(f"  docs: {{command: [sleep, '9'], autostart: false, schedules: {{{stays}, {two}}}}}\n")
    await lab.apply()
    going = await lab.fire("docs/nightly")
    await lab.start(going)
    doubted = await lab.fire("docs/nightly", minutes(1))
    await lab.start(doubted)

    other = await lab.whole("docs/more")
    await lab.end(doubted, "lost", "nobody knows")

    assert other.report["cleared"]
    for fire in (going, doubted):
        assert Path((await lab.row(fire)).path).is_dir()
        session = await lab.registry.get(fire.run)
        assert session is not None
        assert session.live
    with pytest.raises(ConflictError, match="has not ended"):
        await lab.registry.discard(doubted.run)


async def test_runs_in_the_agents_worktree_leave_only_their_output(lab: Lab) -> None:
    """The output goes; the worktree and its branch are the agent's."""
    lab.declare(worker(shell("echo x > draft", f", workspace: agent{KEEP_NONE}")))
    await lab.apply()

    row = await lab.whole("docs/nightly")

    assert (Path(row.path) / "draft").is_file()
    assert row.report["cleared"]
    assert not lab.registry.folder(row.fire.run).exists()


async def test_what_was_half_made_goes_too(lab: Lab) -> None:
    """A start whose setup failed leaves a worktree that is cleared as any other, with the setup's log."""
    lab.declare(worker(shell("true", KEEP_NONE), more="setup: [[sh, -c, 'test ! -e ../../.runs']], "))
    context = await lab.apply()
    fire = await lab.fire("docs/nightly")
    with pytest.raises(Exception, match="setup step 1"):
        await lab.start(fire)
    logs = lab.settings.paths.logs / context.id / f"docs@{fire.run}"
    assert (logs / "setup-1.log").is_file()

    row = await lab.end(fire, "failed", "setup step 1 failed")

    assert row.report["cleared"]
    assert not Path(row.path).exists()
    assert lab.branches() == []
    assert not logs.exists()


async def test_one_end_clears_a_bounded_number(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody looked at comes before what was refused, so refusals cannot keep the rest."""
    monkeypatch.setattr(retention, "_AT_ONCE", 1)
    lab.declare(worker(shell("true")))
    await lab.apply()
    rows = [await lab.whole("docs/nightly", minutes(count)) for count in range(3)]
    (Path(rows[0].path) / "draft").write_text("mine")
    lab.declare(worker(shell("true", KEEP_NONE)))
    await lab.apply()

    for count in (3, 4, 5):
        await lab.whole("docs/nightly", minutes(count))

    assert [Path(row.path).exists() for row in rows] == [True, False, False]


async def test_a_schedule_that_is_gone_keeps_its_runs(lab: Lab) -> None:
    """What nobody declares any more is not cleared behind anybody's back."""
    lab.declare(worker(shell("true", KEEP_NONE)))
    await lab.apply()
    fire = await lab.fire("docs/nightly")
    await lab.start(fire)
    await lab.over(fire)
    row = await lab.ledger.end(fire.run, "succeeded", minutes(1))
    assert row is not None

    await lab.runs.conclude(row, None)

    assert Path(row.path).is_dir()
    assert (await lab.row(fire)).report["concluded"]


class TestRemoveAll:
    """The runs of an agent that is gone."""

    @staticmethod
    async def three(lab: Lab) -> list[LedgerRow]:
        """Return a clean run, one with work in it, and one that goes on."""
        clean = await lab.whole("docs/nightly")
        dirty = await lab.whole("docs/nightly", minutes(1))
        (Path(dirty.path) / "draft.txt").write_text("mine\n")
        going = await lab.fire("docs/nightly", minutes(2))
        await lab.start(going)
        return [clean, dirty, await lab.row(going)]

    SCRIPT = shell('test "$CONSTELLAGENT_FIRE_AT" != 2026-11-22T09:02:00Z || read x')

    async def test_clean_ones_go_and_the_rest_is_named(self, lab: Lab) -> None:
        """What has work in it stays, what goes on stays, and other agents' runs are not looked at."""
        lab.declare(worker(self.SCRIPT) + worker(shell("true"), "docs2"))
        context = await lab.apply()
        clean, dirty, going = await self.three(lab)
        other = await lab.whole("docs2/nightly")

        said = await lab.runs.remove_all(context, "docs", force=False)

        assert said.removed == [f"{clean.path} removed"]
        assert sorted(said.stay) == sorted(
            [f"{dirty.path}: untracked: draft.txt", f"{going.path}: its run is not over"]
        )
        assert [Path(row.path).exists() for row in (clean, dirty, going, other)] == [False, True, True, True]
        assert clean.branch not in lab.branches()

    async def test_force_rescues_first(self, lab: Lab) -> None:
        """The work is in a rescue ref, and the words say how to get it back; what goes on stays."""
        lab.declare(worker(self.SCRIPT))
        context = await lab.apply()
        clean, dirty, going = await self.three(lab)

        said = await lab.runs.remove_all(context, "docs", force=True)

        assert [Path(row.path).exists() for row in (clean, dirty, going)] == [False, False, True]
        (rescued,) = [line for line in said.removed if line.startswith(f"{dirty.path} removed; kept as ")]
        ref = rescued.split("kept as ")[1].split(",")[0]
        assert ref.startswith(f"refs/constellagent/rescue/docs@{dirty.fire.run}/")
        assert lab.git("show", f"{ref}:draft.txt") == "mine"

    async def test_a_run_that_the_ledger_forgot_is_found(self, lab: Lab) -> None:
        """Git's own list counts: its worktree goes, and its branch stays, for nobody knows where it began."""
        lab.declare(worker(shell("true")))
        context = await lab.apply()
        row = await lab.whole("docs/nightly")
        await lab.database.execute("DELETE FROM fires", ())

        cleared = await lab.runs.remove_all(context, "docs", force=False)
        assert cleared.removed == [f"{row.path} removed"]
        assert lab.branches() == [row.branch]

    async def test_it_waits_for_a_clearing_that_is_under_way(self, lab: Lab) -> None:
        """Both at once remove each worktree once."""
        lab.declare(worker(shell("true")))
        context = await lab.apply()
        rows = [await lab.whole("docs/nightly", minutes(count)) for count in range(2)]
        lab.declare(worker(shell("true", KEEP_NONE)))
        await lab.apply()

        said, _ = await asyncio.gather(
            lab.runs.remove_all(context, "docs", force=False),
            lab.runs.conclude(rows[0], await lab.schedule("docs/nightly")),
        )

        assert not said.stay
        assert not any(Path(row.path).exists() for row in rows)
