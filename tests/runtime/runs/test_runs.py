"""Runs from a claimed fire to a report: in a worktree of their own, in the agent's, and in its session."""

import asyncio
import json
from pathlib import Path

import pytest

from constellagent.errors import ConflictError, WorldError
from constellagent.plan.fires import Fire
from constellagent.runtime.scheduler.runner import Started
from constellagent.runtime.store.ledger import LedgerRow
from tests.runtime.runs.rig import NINE, Lab, shell, worker
from tests.runtime.sessions_rig import until


async def test_a_fresh_run_works_in_a_worktree_of_its_own(lab: Lab) -> None:
    """A new worktree on a new branch from the base, as the agent's identity, told why it wakes."""
    script = "env; git branch --show-current; pwd -P; echo x > x && git add x && git commit -qm 'Add x'"
    lab.declare(worker(shell(script)))
    await lab.apply()
    fire = await lab.fire("docs/nightly", missed=3, reason="catchup")

    assert await lab.start(fire) == Started("running")
    await lab.over(fire)
    row = await lab.end(fire)

    path, branch = lab.path("docs.nightly.20261122T0900Z"), "runs/docs/nightly/20261122T0900Z"
    said = lab.output(fire).splitlines()
    assert (row.path, row.branch, row.base) == (str(path), branch, lab.git("rev-parse", "main"))
    assert {branch, str(path)} <= set(said)
    assert {
        f"CONSTELLAGENT_RUN_ID={fire.run}",
        f"CONSTELLAGENT_SESSION={fire.run}",
        "CONSTELLAGENT_SCHEDULE=docs/nightly",
        "CONSTELLAGENT_FIRE_AT=2026-11-22T09:00:00Z",
        "CONSTELLAGENT_REASON=catchup",
        "CONSTELLAGENT_MISSED_COUNT=3",
        "CONSTELLAGENT_ATTEMPT=1",
        "CONSTELLAGENT_AGENT=docs",
        "CONSTELLAGENT_EMAIL=docs@acme.test",
        f"CONSTELLAGENT_WORKTREE={path}",
    } <= set(said)
    assert not any(line.startswith("CONSTELLAGENT_EVENT=") for line in said)
    assert lab.git("log", "-1", "--format=%an <%ae> %s", branch) == "docs <docs@acme.test> Add x"
    assert json.loads((path / ".ravi" / "config.json").read_text())["identity"] == "docs"
    assert lab.git("status", "--porcelain", cwd=path) == ""
    assert row.report["commits"] == [{"id": lab.git("rev-parse", branch), "subject": "Add x"}]
    assert row.report["commit_count"] == 1
    assert row.report["concluded"].endswith("Z")


async def test_without_a_command_the_agent_itself_runs_with_the_prompt(lab: Lab) -> None:
    """The schedule's prompt is what the agent's own command gets; an event is named by its id."""
    agent = "{shell: 'echo \"<$CONSTELLAGENT_PROMPT> $CONSTELLAGENT_EVENT\"', autostart: false, schedules: "
    lab.declare(f"  docs: {agent}{{mail: {{on: {{email: {{}}}}, prompt: Answer it.}}}}}}\n")
    await lab.apply()
    fire = await lab.fire("docs/mail", origin="event", reason="email", event="mail-7")

    await lab.start(fire)
    await lab.over(fire)

    assert lab.output(fire) == "<Answer it.> mail-7\n"


@pytest.mark.parametrize(
    ("work", "status", "said"), [("true", 1, "; changed nothing"), ("echo x > x", 0, "")]
)
async def test_a_coding_agent_is_judged_by_what_it_says_and_did(
    lab: Lab, work: str, status: int, said: str
) -> None:
    """A run that was denied its tools and changed nothing has failed, though it exits with 0."""
    told = {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "total_cost_usd": 0.5,
        "usage": {"input_tokens": 7, "output_tokens": 5},
        "permission_denials": [{"tool_name": "Write"}],
    }
    words = ["/bin/sh", "-c", f"{work}; cat > prompt.log; echo '{json.dumps(told)}'"]
    schedules = "schedules: {nightly: {cron: '0 9 * * *', prompt: Tidy up.}}"
    lab.declare(f"  docs: {{kind: claude, command: {json.dumps(words)}, autostart: false, {schedules}}}\n")
    (lab.repo / ".gitignore").write_text("*.log\n")
    lab.git("add", ".gitignore")
    lab.git("commit", "-qm", "ignore")
    await lab.apply()
    fire = await lab.fire("docs/nightly")

    await lab.start(fire)
    session = await lab.over(fire)
    row = await lab.end(fire)

    assert (Path(row.path) / "prompt.log").read_text() == "Tidy up."
    assert session.exit_status == status
    assert session.outcome.endswith(f"was not allowed to: Write{said}")
    assert row.report["denied"] == ["Write"]
    assert row.report["usage"] == {"input": 7, "output": 5, "cost": 0.5}


async def test_two_attempts_of_one_minute_are_two_worktrees(lab: Lab) -> None:
    """The second attempt has a session, a branch and a folder beside those of the first."""
    lab.declare(worker(shell("exit 1")))
    await lab.apply()

    first = await lab.whole("docs/nightly", state="failed")
    second = await lab.whole("docs/nightly", state="failed", attempt=2)

    assert first.branch == "runs/docs/nightly/20261122T0900Z"
    assert second.branch == "runs/docs/nightly/20261122T0900Z-2"
    assert first.fire.run != second.fire.run
    assert Path(first.path).is_dir()
    assert Path(second.path).is_dir()


async def test_a_run_may_work_in_the_agents_own_worktree(lab: Lab) -> None:
    """No branch is made; what it commits is on the agent's branch, and is told of."""
    lab.declare(worker(shell("git commit -q --allow-empty -m mine; pwd -P", ", workspace: agent")))
    context = await lab.apply()

    row = await lab.whole("docs/nightly")

    own = Path(context.desired.agents["docs"].path)
    assert (row.branch, row.path) == ("", str(own))
    assert lab.output(row.fire).strip() == str(own)
    assert [commit["subject"] for commit in row.report["commits"]] == ["mine"]
    assert lab.branches() == []


async def test_without_the_agents_worktree_nothing_is_started(lab: Lab) -> None:
    """The error says how to get one, and there is no session."""
    lab.declare(worker(shell("true", ", workspace: agent")))
    context = await lab.apply()
    fire = await lab.fire("docs/nightly")
    Path(context.desired.agents["docs"].path).rename(lab.repo.parent / "elsewhere")

    with pytest.raises(ConflictError, match="docs has no worktree yet") as caught:
        await lab.start(fire)

    assert "constellagent apply" in caught.value.hint
    assert await lab.registry.get(fire.run) is None


async def test_an_agent_that_is_gone_runs_nothing(lab: Lab) -> None:
    """A fire of an agent that the applied file does not name is refused."""
    lab.declare(worker(shell("true")))
    await lab.apply()
    schedule, fire = await lab.schedule("docs/nightly"), await lab.fire("docs/nightly")
    lab.declare(worker(shell("true"), name="site"))
    await lab.apply()

    with pytest.raises(ConflictError, match="agent docs is not declared any more"):
        await lab.runs.start((await lab.context()).id, schedule, fire)
    with pytest.raises(ConflictError, match="constellation nowhere is not there any more"):
        await lab.runs.start("nowhere", schedule, fire)


async def test_a_quick_command_is_no_trouble(lab: Lab) -> None:
    """A program that has ended before anybody looks is a run like any other."""
    lab.declare(worker("command: ['true']"))
    await lab.apply()

    row = await lab.whole("docs/nightly")

    assert (row.fire.state, row.exit_status, row.report["commits"]) == ("succeeded", 0, [])


async def test_a_command_that_is_not_there_is_not_started(lab: Lab) -> None:
    """The start fails in words, and the same run is never started again."""
    lab.declare(worker("command: [no-such-program-anywhere]"))
    await lab.apply()
    fire = await lab.fire("docs/nightly")

    with pytest.raises(WorldError, match="no-such-program-anywhere"):
        await lab.start(fire)
    with pytest.raises(ConflictError, match="was started before"):
        await lab.start(fire)


async def test_a_started_run_is_never_started_again(lab: Lab) -> None:
    """A second start of the same fire is refused, whether the first goes on or has ended."""
    lab.declare(worker(shell("echo once; read x")))
    await lab.apply()
    fire = await lab.fire("docs/nightly")
    await lab.start(fire)
    await until(lambda: lab.output(fire), "the word of the run")

    with pytest.raises(ConflictError, match="was started before"):
        await lab.start(fire)
    await lab.runs.stop(fire.run)
    with pytest.raises(ConflictError, match="was started before"):
        await lab.start(fire)

    assert lab.output(fire) == "once\n"
    await lab.runs.stop(fire.run)
    await lab.runs.stop("0" * 32)


class TestConclude:
    """What follows an end."""

    async def test_a_broken_conclusion_is_logged_and_tidied_later(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Whatever goes wrong, nothing is raised; the next daemon concludes what was not."""
        lab.declare(worker(shell("git commit -q --allow-empty -m mine")))
        await lab.apply()
        fire = await lab.fire("docs/nightly")
        await lab.start(fire)
        await lab.over(fire)
        with monkeypatch.context() as patch:
            patch.setattr(lab.runs._word, "tell", _breaks)  # no defect can be had for the asking
            row = await lab.end(fire)
        assert "concluded" not in row.report
        assert "a defect" in caplog.text

        await lab.new_runs().tidy()

        row = await lab.row(fire)
        assert row.report["concluded"]
        assert [commit["subject"] for commit in row.report["commits"]] == ["mine"]

    async def test_what_a_dead_daemon_left_is_concluded(self, lab: Lab) -> None:
        """An ended run without a report gets one when the next daemon starts, and only then."""
        lab.declare(worker(shell("git commit -q --allow-empty -m mine")))
        await lab.apply()
        fire = await lab.fire("docs/nightly")
        await lab.start(fire)
        await lab.over(fire)
        await lab.ledger.end(fire.run, "succeeded", NINE)

        await lab.runs.tidy()

        report = (await lab.row(fire)).report
        assert report["commit_count"] == 1
        await lab.ledger.report(fire.run, {"commit_count": 7})
        await lab.runs.tidy()
        assert (await lab.row(fire)).report == {**report, "commit_count": 7}

    async def test_a_schedule_of_another_release_does_not_stop_the_tidying(self, lab: Lab) -> None:
        """A declaration that this release does not know is passed over; the run gets its report."""
        lab.declare(worker(shell("true")))
        context = await lab.apply()
        fire = await lab.fire("docs/nightly")
        await lab.ledger.end(fire.run, "failed", NINE)
        odd = json.dumps({"spec": {"cron": "soon"}, "timezone": "UTC", "constellation": ""})
        await context.world.schedules.put("docs", "odd", odd)

        await lab.runs.tidy()

        assert (await lab.row(fire)).report["concluded"]

    async def test_what_never_ran_needs_no_conclusion(self, lab: Lab) -> None:
        """A fire that was skipped gets no report."""
        lab.declare(worker(shell("true")))
        await lab.apply()
        fire = await lab.fire("docs/nightly")

        row = await lab.end(fire, "skipped_overlap")

        assert row.report == {}

    async def test_a_forgotten_constellation_is_only_logged(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """There is nobody left to report to."""
        fire = Fire("ab" * 16, "docs/nightly", "clock", NINE, 1, "schedule", "failed", NINE)

        await lab.runs.conclude(LedgerRow("nowhere", fire, NINE), None)

        assert "constellation nowhere is not there any more" in caplog.text

    async def test_a_repository_that_is_gone_is_only_logged(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """The next daemon starts though it cannot look after the runs of every constellation."""
        lab.declare(worker(shell("true")))
        await lab.apply()
        fire = await lab.fire("docs/nightly")
        await lab.ledger.end(fire.run, "failed", NINE)
        lab.repo.rename(lab.repo.with_name("moved"))

        await lab.runs.tidy()

        assert "are not looked after" in caplog.text
        lab.repo.with_name("moved").rename(lab.repo)

    async def test_commits_that_cannot_be_known_are_left_out(
        self, lab: Lab, caplog: pytest.LogCaptureFixture
    ) -> None:
        """A base that is no commit any more costs the commits of the report, and nothing else."""
        lab.declare(worker(shell("true")))
        await lab.apply()
        fire = await lab.fire("docs/nightly")
        await lab.start(fire)
        await lab.over(fire)
        row = await lab.row(fire)
        await lab.ledger.place(fire.run, branch=row.branch, path=row.path, base="d" * 40)

        row = await lab.end(fire)

        assert "commits" not in row.report
        assert row.report["did"]["mails_read"] == 0
        assert row.report["concluded"]
        assert "are not known" in caplog.text


async def test_runs_of_many_schedules_start_side_by_side(lab: Lab) -> None:
    """Eight runs get eight worktrees, and the one key of their identity that replaces a revoked one."""
    names = [f"n{number}" for number in range(8)]
    schedules = ", ".join(f"{name}: {{cron: '0 9 * * *', command: ['true']}}" for name in names)
    lab.declare(f"  docs: {{command: [sleep, '9'], autostart: false, schedules: {{{schedules}}}}}\n")
    await lab.apply()
    for key in await lab.client.list_identity_keys():
        await lab.client.delete_identity_key(key.uuid)
    fires = [await lab.fire(f"docs/{name}") for name in names]

    await asyncio.gather(*(lab.start(fire) for fire in fires))
    for fire in fires:
        await lab.over(fire)

    rows = [await lab.row(fire) for fire in fires]
    assert len({row.path for row in rows}) == len({row.branch for row in rows}) == 8
    written = {(Path(row.path) / ".ravi" / "config.json").read_text() for row in rows}
    assert len(written) == 1
    keys = [key for key in await lab.client.list_identity_keys() if not key.label.startswith("session ")]
    assert [key.is_active for key in keys].count(True) == 1


async def _breaks(*_: object) -> None:
    raise ZeroDivisionError("a defect")
