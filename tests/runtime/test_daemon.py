"""The composed daemon: real git, real holders, the real provider, no socket in between."""

import asyncio
import json
import os
import socket
import stat
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError, UsageError
from constellagent.runtime.control import RunRequest
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.settings import Settings
from tests.runtime.working import working

IDLE = "  one: {command: [sleep, '1000'], autostart: true}\n"


def output(log: str) -> bytes:
    """Return everything a session has printed."""
    reader = LogReader(Path(log))
    return reader.read(reader.begin(), 1 << 20)[1]


async def test_apply_makes_it_so_and_a_second_plan_is_empty(home: Settings, tmp_path: Path) -> None:
    """An agent gets worktree, identity and session; then there is nothing left to do."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        result = await lab.apply()

        agent = await lab.agent("one")
        config = Path(agent["path"]) / ".ravi" / "config.json"

        assert (result["exit_code"], result["failed"]) == (0, {})
        assert (agent["state"], agent["address"]) == ("starting", "one@test.test")
        assert json.loads(config.read_text())["identity"] == "one"
        assert stat.S_IMODE(config.stat().st_mode) == 0o600
        assert (await lab.plan())["empty"]


async def test_an_agent_runs_as_its_identity(home: Settings, tmp_path: Path) -> None:
    """Its commits carry its identity, and `ravi` answers with its own address."""
    async with working(home, tmp_path / "repo") as lab:
        script = "ravi get email --plain > who.txt && git add who.txt && git commit -qm mine"
        lab.declare(f"  one: {{shell: '{script}'}}\n")
        await lab.apply()

        agent = await lab.until("one", "done")

        assert lab.git("show", "agents/one:who.txt") == "one@test.test"
        assert lab.git("log", "-1", "--format=%an <%ae>", "agents/one") == "one <one@test.test>"
        assert agent["ahead"] == 1


async def test_a_command_that_is_not_there_is_failed_and_never_started(
    home: Settings, tmp_path: Path
) -> None:
    """Apply fails with the reason, and the status shows it."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [no-such-program-anywhere]}\n")
        result = await lab.apply()

        agent = await lab.agent("one")

        assert result["exit_code"] == 1
        assert "no-such-program-anywhere" in result["failed"]["one"]
        assert agent["state"] == "failed"
        assert "no-such-program-anywhere" in agent["reason"]


async def test_one_failing_agent_does_not_stop_the_others(home: Settings, tmp_path: Path) -> None:
    """The failing setup of one is reported; the other runs."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE + "  two: {command: [sleep, '9'], setup: [[sh, -c, 'echo broken; exit 4']]}\n")
        result = await lab.apply()

        assert set(result["failed"]) == {"two"}
        assert "4" in result["failed"]["two"]
        assert (await lab.agent("one"))["state"] == "starting"


async def test_a_service_is_ready_before_its_agents_start(home: Settings, tmp_path: Path) -> None:
    """The agent that needs it can use it at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/"
    services = (
        f"services:\n  web:\n    command: [python3, -m, http.server, '{port}', --bind, 127.0.0.1]\n"
        f"    ready: {{http: '{url}', timeout: 20s}}\n"
    )
    fetch = f"import urllib.request as r; r.urlopen({url!r}); print('fetched')"
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(f'  one:\n    needs: [web]\n    command: [python3, -c, "{fetch}"]\n', services)
        result = await lab.apply()

        agent = await lab.until("one", "done")

        assert result["exit_code"] == 0
        assert agent["session"] is not None
        assert b"fetched" in output(agent["session"]["log"])


async def test_a_service_whose_port_is_taken_fails_and_its_agents_wait(
    home: Settings, tmp_path: Path
) -> None:
    """An answer by somebody else on the port is not taken for the service's."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        services = (
            f"services:\n  web:\n    command: [python3, -m, http.server, '{port}', --bind, 127.0.0.1]\n"
            f"    ready: {{tcp: '127.0.0.1:{port}', timeout: 10s}}\n    restart: never\n"
        )
        async with working(home, tmp_path / "repo") as lab:
            lab.declare("  one: {command: [sleep, '9'], needs: [web]}\n", services)
            result = await lab.apply()

            assert result["exit_code"] == 1
            assert "something else answers" in result["failed"]["web"]
            assert "web" in result["skipped"]["one"]
            assert (await lab.agent("one"))["state"] == "stopped"


async def test_restart_follows_the_policy_and_gives_up(home: Settings, tmp_path: Path) -> None:
    """A failing agent is started again after a pause, as its policy says."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'echo run >> runs.txt; exit 1', restart: on-failure}\n")
        await lab.apply()
        runs = Path((await lab.agent("one"))["path"]) / "runs.txt"

        async with asyncio.timeout(20):
            while not runs.exists() or runs.read_text().count("run") < 2:
                await asyncio.sleep(0.05)

        assert (await lab.agent("one"))["restarts"] >= 1


async def test_what_ended_by_itself_is_not_started_by_apply(home: Settings, tmp_path: Path) -> None:
    """The plan says how it ended; only --restart or a changed declaration starts it again."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: ['false']}\n")
        await lab.apply()
        await lab.until("one", "failed")

        quiet = await lab.apply()
        reply = await lab.plan()
        again = await lab.apply(restart=["one"])

        assert (quiet["changed"], again["changed"]) == (0, 1)
        assert "exit status 1" in reply["lines"][0]


async def test_a_changed_declaration_waits_for_leave_to_end_a_conversation(
    home: Settings, tmp_path: Path
) -> None:
    """A running session is ended only with --restart."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        await lab.apply()
        first = (await lab.agent("one"))["session"]
        lab.declare("  one: {command: [sleep, '2000']}\n")

        unasked = await lab.apply()
        pending = (await lab.plan())["pending"]
        same = (await lab.agent("one"))["session"]
        asked = await lab.apply(restart=["one"])
        new = (await lab.agent("one"))["session"]

        assert (unasked["changed"], pending, asked["changed"]) == (0, True, 1)
        assert first is not None
        assert same is not None
        assert new is not None
        assert first["id"] == same["id"] != new["id"]


async def test_send_reaches_the_program(home: Settings, tmp_path: Path) -> None:
    """Text arrives as typed, with an Enter of its own."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'read line; echo \"got <$line>\" > got.txt'}\n")
        await lab.apply()

        await lab.daemon.send(lab.file, "one", "hello you", enter=True)
        agent = await lab.until("one", "done")

        assert (Path(agent["path"]) / "got.txt").read_text() == "got <hello you>\n"


async def test_send_to_what_does_not_run_says_how_it_ended(home: Settings, tmp_path: Path) -> None:
    """Nothing is typed into nowhere."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: ['true']}\n")
        await lab.apply()
        await lab.until("one", "done")

        with pytest.raises(ConstellagentError, match="does not run"):
            await lab.daemon.send(lab.file, "one", "hello", enter=True)


async def test_run_works_in_the_worktree_as_the_identity(home: Settings, tmp_path: Path) -> None:
    """A run has the agent's folder and environment, and leaves its session alone."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE + "  two: {command: ['true'], ports: [web]}\n")
        await lab.apply()
        own = (await lab.agent("one"))["session"]
        script = "pwd; stty size; echo $CONSTELLAGENT_EMAIL"
        request = RunRequest(file=lab.file, agent="one", argv=["sh", "-c", script], rows=7, columns=33)
        view = await lab.daemon.run(request)
        async with asyncio.timeout(20):
            while b"@" not in output(view["log"]):
                await asyncio.sleep(0.02)
        agent = await lab.agent("one")

        lines = output(view["log"]).decode().split()

        assert lines == [os.path.realpath(agent["path"]), "7", "33", "one@test.test"]
        assert agent["session"] == own


async def test_ports_are_reserved_once_and_given_by_name(home: Settings, tmp_path: Path) -> None:
    """The same port is found in the environment of every session of the agent."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'echo $PORT_WEB_API >> ports.txt', ports: [web-api]}\n")
        await lab.apply()
        await lab.until("one", "done")
        await lab.apply(restart=["one"])
        agent = await lab.until("one", "done")

        seen = (Path(agent["path"]) / "ports.txt").read_text().split()

        assert len(set(seen)) == 1
        assert seen[0].isdecimal()


async def test_destroy_refuses_what_would_be_lost_and_stops_nothing(home: Settings, tmp_path: Path) -> None:
    """The refusal comes before the session is ended, and lists the loss."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        await lab.apply()
        path = Path((await lab.agent("one"))["path"])
        (path / "draft.txt").write_text("unsaved")

        refused = await lab.apply(destroy=True)
        losses = [event["data"].get("losses") for event in lab.events if event["level"] == "error"]
        state = (await lab.agent("one"))["state"]
        forced = await lab.apply(destroy=True, force=True)

        assert (refused["exit_code"], state) == (3, "starting")
        assert any("draft.txt" in loss for loss in losses[0])
        assert forced["exit_code"] == 0
        assert not path.exists()
        assert await lab.daemon.status(None) == []


async def test_an_agent_that_was_destroyed_starts_afresh(home: Settings, tmp_path: Path) -> None:
    """How it ended in its former life does not keep it from being started again."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'echo again >> ../count.txt'}\n")
        await lab.apply()
        await lab.until("one", "done")
        await lab.apply(destroy=True)
        await lab.apply()
        await lab.until("one", "done")

        assert (tmp_path / "repo.worktrees" / "count.txt").read_text().count("again") == 2


async def test_the_same_identity_comes_back_after_destroy(home: Settings, tmp_path: Path) -> None:
    """An archived identity is taken up again with its address, so no mail is lost."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: ['true'], autostart: false}\n")
        await lab.apply()
        before = (await lab.agent("one"))["phone"]
        await lab.apply(destroy=True)
        await lab.apply()

        assert (await lab.agent("one"))["phone"] == before


async def test_undeclared_agents_are_removed_only_with_prune(home: Settings, tmp_path: Path) -> None:
    """They are reported, and kept until then."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE + "  two: {command: [sleep, '1000']}\n")
        await lab.apply()
        lab.declare(IDLE)

        kept = await lab.apply()
        said = (await lab.plan())["lines"]
        pruned = await lab.apply(prune=True)

        assert kept["changed"] == 0
        assert any("two" in line and "--prune" in line for line in said)
        assert pruned["exit_code"] == 0
        assert [agent["name"] for agent in (await lab.daemon.status(lab.file))[0]["agents"]] == ["one"]


async def test_an_unknown_agent_is_a_usage_error_with_a_suggestion(home: Settings, tmp_path: Path) -> None:
    """A typing slip is answered with the name that was probably meant."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  triage: {command: ['true']}\n")

        with pytest.raises(UsageError, match="triage"):
            await lab.plan(agents=["triag"])
        with pytest.raises(UsageError, match="triage"):
            await lab.daemon.session(lab.file, "triag")


async def test_the_hosted_provider_needs_a_key(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one its identities are unknown, which is said with the three ways to give one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE, "identities: {provider: ravi}\n")

        reply = await lab.plan()
        result = await lab.apply()
        (view,) = await lab.daemon.status(lab.file)

        ways = ("CONSTELLAGENT_RAVI_API_KEY", "RAVI_API_KEY set", "ravi auth login")
        assert reply["blocked"]
        assert all(way in reply["lines"][0] for way in ways), reply["lines"]
        assert (result["changed"], result["exit_code"]) == (0, 69)
        assert all(way in view["provider_problem"] for way in ways)
        assert [agent["name"] for agent in view["agents"]] == ["one"]


async def test_a_second_apply_writes_nothing(
    home: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No file in a worktree changes its times, and the provider is only read."""
    caplog.set_level("INFO", "httpx")
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        await lab.apply()
        path = Path((await lab.agent("one"))["path"])
        before = {p: p.lstat().st_mtime_ns for p in [path, *path.rglob("*")]}
        first = [record.getMessage() for record in caplog.records if record.name == "httpx"]
        caplog.clear()

        result = await lab.apply()
        second = [record.getMessage() for record in caplog.records if record.name == "httpx"]

        assert result["changed"] == 0
        assert any("POST" in request for request in first)
        assert second
        assert all("HTTP Request: GET" in request for request in second)
        assert {p: p.lstat().st_mtime_ns for p in [path, *path.rglob("*")]} == before


async def test_stop_ends_a_session_and_apply_starts_it_again(home: Settings, tmp_path: Path) -> None:
    """What a person stopped did not end by itself."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        await lab.apply()

        said = await lab.daemon.stop(lab.file, "one")
        stopped = (await lab.agent("one"))["state"]
        again = await lab.apply()

        assert "stopped" in said
        assert (stopped, again["changed"]) == ("stopped", 1)


async def test_status_of_all_shows_what_cannot_be_read(home: Settings, tmp_path: Path) -> None:
    """A constellation whose repository is gone is named with its problem."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: ['true'], autostart: false}\n")
        await lab.apply()
        lab.repo.rename(tmp_path / "away")

        (view,) = await lab.daemon.status(None)

        assert view["problem"]
        (tmp_path / "away").rename(lab.repo)


async def test_a_session_in_a_deleted_folder_is_never_called_up_to_date(
    home: Settings, tmp_path: Path
) -> None:
    """The worktree is made anew; its session waits for leave to be started in it."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        await lab.apply()
        path = Path((await lab.agent("one"))["path"])
        path.rename(tmp_path / "taken-away")

        await lab.apply()
        reply = await lab.plan()
        asked = await lab.apply(restart=["one"])

        assert reply["pending"]
        assert any("a folder that is gone" in line for line in reply["lines"])
        assert (asked["changed"], (await lab.plan())["pending"]) == (1, False)
