"""Plan and apply as faces ask for them: trust, saved plans, one apply at a time."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import BusyError, RefusedError
from constellagent.plan.observed import Observed
from constellagent.runtime import reconcile, supervisor
from constellagent.runtime.control import ApplyRequest
from constellagent.runtime.observe import observe
from constellagent.runtime.remarks import NO_PROGRAM
from constellagent.runtime.settings import Settings
from tests.runtime.identities.faulty import faulty
from tests.runtime.working import working

QUIET = "  one: {command: ['true'], autostart: false}\n"


async def test_only_what_was_approved_is_applied(home: Settings, tmp_path: Path) -> None:
    """Content that nobody approved, or that changed after it was approved, is refused and does nothing."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(QUIET)
        approved = (await lab.plan())["content_hash"]
        lab.declare(QUIET.replace("one", "two"))

        with pytest.raises(RefusedError, match="never approved"):
            await lab.raw_apply(ApplyRequest(file=lab.file, approved="", env={}))
        with pytest.raises(RefusedError, match="changed after"):
            await lab.raw_apply(ApplyRequest(file=lab.file, approved=approved, env={}))

        assert lab.git("worktree", "list").count("\n") == 0


async def test_trusted_content_needs_no_approval_until_it_changes(home: Settings, tmp_path: Path) -> None:
    """Trust is bound to the content, and can be withdrawn."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(QUIET)
        await lab.daemon.trust(lab.file, revoke=False)
        trusted = (await lab.plan())["trusted"]
        result = await lab.raw_apply(ApplyRequest(file=lab.file, approved="", env={}))
        lab.declare(QUIET + "  two: {command: ['true'], autostart: false}\n")
        changed = (await lab.plan())["trusted"]
        await lab.daemon.trust(lab.file, revoke=False)
        await lab.daemon.trust(lab.file, revoke=True)
        withdrawn = (await lab.plan())["trusted"]

        assert (trusted, result["exit_code"], changed, withdrawn) == (True, 0, False, False)


async def test_what_was_applied_last_needs_no_second_approval(home: Settings, tmp_path: Path) -> None:
    """An unchanged file was approved when it was applied."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(QUIET)
        await lab.apply()

        again = await lab.raw_apply(ApplyRequest(file=lab.file, approved="", env={}))

        assert again["exit_code"] == 0


async def test_a_saved_plan_is_applied_only_while_the_world_stands_still(
    home: Settings, tmp_path: Path
) -> None:
    """The plan is compared as a value; a moved world refuses it and shows the new plan."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(QUIET)
        saved = (await lab.plan())["plan"]
        lab.git("branch", "agents/one")

        with pytest.raises(RefusedError, match="world moved") as caught:
            await lab.apply(plan=saved)
        fresh = (await lab.plan())["plan"]
        result = await lab.apply(plan=fresh)

        assert any("agents/one" in line for line in caught.value.losses)
        assert (result["exit_code"], result["done"]) == (0, ["one"])


async def test_a_second_apply_at_once_is_busy_and_says_who(home: Settings, tmp_path: Path) -> None:
    """The lock is per constellation; the loser is told the holder's pid."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(
            "  one: {command: ['true'], setup: [[sh, -c, 'while [ ! -e go ]; do sleep 0.05; done']]}\n"
        )
        first = asyncio.ensure_future(lab.apply())
        path = tmp_path / "repo.worktrees" / "one"
        async with asyncio.timeout(20):
            while not (path / ".git").exists():
                await asyncio.sleep(0.02)

        with pytest.raises(BusyError) as caught:
            await lab.apply()
        (path / "go").touch()

        assert "pid" in caught.value.owner
        assert (await first)["exit_code"] == 0


async def test_an_apply_goes_on_when_nobody_listens(home: Settings, tmp_path: Path) -> None:
    """Dropping the stream does not drop the work."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '100']}\n")
        reply = await lab.plan()
        request = ApplyRequest(file=lab.file, approved=reply["content_hash"], env={"PATH": "/usr/bin:/bin"})
        stream = lab.daemon.apply(request)
        await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]  # it is a generator here

        assert (await lab.until("one", "starting"))["state"] == "starting"


async def test_the_environment_of_the_applying_shell_is_kept(home: Settings, tmp_path: Path) -> None:
    """A variable of env.pass reaches the agent, is named when it is missing, and is sealed in the state."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one:\n    shell: 'echo \"$THE_TOKEN\" > token.txt'\n    env: {pass: [THE_TOKEN]}\n")
        reply = await lab.plan()
        await lab.apply(env={"THE_TOKEN": "canary-5319"})
        agent = await lab.until("one", "done")
        state = b"".join(path.read_bytes() for path in home.paths.home.glob("state.db*"))

        assert any("THE_TOKEN" in line for line in reply["lines"])
        assert "THE_TOKEN" in reply["wants_env"]
        assert (Path(agent["path"]) / "token.txt").read_text() == "canary-5319\n"
        assert b"canary-5319" not in state


async def test_an_apply_without_a_shell_keeps_the_environment(home: Settings, tmp_path: Path) -> None:
    """With `keep_env` nothing is missing in the plan, and the agent starts with what it had."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one:\n    shell: 'echo \"$THE_TOKEN\" >> token.txt'\n    env: {pass: [THE_TOKEN]}\n")
        await lab.apply(env={"THE_TOKEN": "canary-5320"})
        await lab.until("one", "done")
        reply = await lab.plan(env_names=[], keep_env=True, restart=["one"])
        order = ApplyRequest(
            file=lab.file, approved=reply["content_hash"], env={}, keep_env=True, restart=["one"]
        )
        result = await lab.raw_apply(order)
        agent = await lab.until("one", "done")

        assert not reply["blocked"]
        assert result["exit_code"] == 0
        assert (Path(agent["path"]) / "token.txt").read_text() == "canary-5320\n" * 2


async def test_the_key_of_the_applying_shell_is_kept_and_given_to_nobody(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later apply without it, and a daemon that starts anew, have it; no process and no file shows it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    env = {"PATH": "/usr/bin:/bin"}
    async with faulty() as server:
        settings = home.model_copy(update={"ravi_api_url": server.url})
        async with working(settings, tmp_path / "repo") as lab:
            lab.declare("  one: {shell: env > env.txt}\n", "identities: {provider: ravi, phone: false}\n")
            approved = (await lab.plan())["content_hash"]
            order = ApplyRequest(file=lab.file, approved=approved, env=env, ravi_key="ravi_mgmt_canary")
            assert (await lab.raw_apply(order))["exit_code"] == 0
            agent = await lab.until("one", "done")
            assert "RAVI_API_KEY=ravi_id_" in (shown := (Path(agent["path"]) / "env.txt").read_text())
            assert "canary" not in shown
            assert (await lab.apply(env=env))["exit_code"] == 0
        async with working(settings, tmp_path / "repo") as lab:
            assert not (await lab.plan())["blocked"]
            assert (await lab.apply(env=env))["exit_code"] == 0
            server.down = True
            assert (await lab.plan())["blocked"]
            (view,) = await lab.daemon.status(lab.file)
            assert view["provider_problem"]
            server.down = False
    for file in [*home.paths.home.rglob("*"), *tmp_path.rglob("*")]:
        assert not file.is_file() or b"ravi_mgmt_canary" not in file.read_bytes(), file


async def test_the_reply_names_every_command(home: Settings, tmp_path: Path) -> None:
    """What a person approves is shown: services, setup steps and agents."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(
            "  one: {command: [run-me], setup: [[set-me, up]]}\n", "services:\n  db: {shell: 'serve me'}\n"
        )

        commands = (await lab.plan())["commands"]

        assert [command["argv"] for command in commands] == [
            ["/bin/sh", "-c", "serve me"],
            ["set-me", "up"],
            ["run-me"],
        ]


async def test_a_program_that_is_not_there_is_told(home: Settings, tmp_path: Path) -> None:
    """The plan and the apply warn of it on the PATH of the shell, or the one that was kept; nothing stops."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "claude").touch(mode=0o755)
    here, away = f"{tmp_path}/bin:/usr/bin:/bin", "/usr/bin:/bin"
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(QUIET + "  docs: {kind: claude, autostart: false}\n")
        found, missing, unknown = [await lab.plan(path=path) for path in (here, away, "")]
        assert found["programs"] == {"docs": f"{tmp_path}/bin/claude"}
        assert missing["programs"] == {"docs": ""}
        assert "programs" not in unknown
        extra = set(missing["lines"]) - set(found["lines"])
        assert extra == {f"~ docs: {NO_PROGRAM}"}
        assert missing["plan"] == found["plan"]
        assert not [
            line for line in (await lab.plan(path=away, agents=["one"]))["lines"] if NO_PROGRAM in line
        ]

        assert (await lab.apply(env={"PATH": away}))["exit_code"] == 0
        assert ("docs", NO_PROGRAM, "warning") in [(e["subject"], e["text"], e["level"]) for e in lab.events]
        assert (await lab.plan(keep_env=True))["programs"] == {"docs": ""}
        await lab.apply(env={"PATH": here})
        assert NO_PROGRAM not in [event["text"] for event in lab.events]
        assert (await lab.plan(keep_env=True))["programs"] == {"docs": f"{tmp_path}/bin/claude"}


async def test_nothing_is_started_again_while_it_is_taken_away(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that is lost right after `destroy` has looked does not come back behind its look."""
    monkeypatch.setattr(supervisor, "FIRST_DELAY", 0.0)
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {command: [sleep, '100'], restart: on-failure}\n")
        await lab.apply()
        rows = lab.daemon._registry

        async def look(*args: Any, **options: Any) -> Observed:
            found = await observe(*args, **options)
            (row,) = await rows.live()
            known = await rows.get(row.id)
            assert known is not None
            assert known.holder_pid is not None
            os.kill(known.holder_pid, signal.SIGKILL)
            for _ in range(100):  # until it was lost, and long enough for another to begin
                await asyncio.sleep(0.01)
                live = [one.id for one in await rows.live()]
                if live and live != [row.id]:
                    break
            assert row.id not in live
            return found

        monkeypatch.setattr(reconcile, "observe", look)
        done = await lab.apply(destroy=True, force=True)
        assert done["exit_code"] == 0
        assert await rows.live() == []
        assert not Path(lab.repo.parent, "repo.worktrees", "one").exists()
