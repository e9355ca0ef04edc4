"""From a declaration to a process: words, place, and a whole environment."""

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConflictError, WorldError
from constellagent.plan.declared import resolve
from constellagent.plan.desired import Desired
from constellagent.plan.fires import Fire
from constellagent.ravi.vault import RootKey
from constellagent.runtime.environment import KeptEnvironment
from constellagent.runtime.headless import order
from constellagent.runtime.launches import ConstellationLaunches, port_variables, wake_variables
from constellagent.runtime.outfit import Outfits
from constellagent.runtime.own_sessions import ConstellationSessions
from constellagent.runtime.ports import Launch
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.conversations import ConversationRows
from constellagent.runtime.store.ports import FIRST, LAST, ReservedPorts
from tests.fake_world import FakeWorld, Person
from tests.fakes import ports_of
from tests.plan.samples import REPO, declared
from tests.runtime.sessions_rig import Rig

REACHABLE = {
    "CONSTELLAGENT_SMTP_URL": "smtp://127.0.0.1:25",
    "CONSTELLAGENT_SMS_URL": "http://127.0.0.1:80/gateway/sms/",
}
CONTENT = "f" * 64
PERSON = Person("u-1", "Docs Person", "docs@acme.test", None)


async def no_roots() -> tuple[Path, ...]:
    """Know of no worktrees."""
    return ()


class Desk:
    """The launches of one constellation, over real state and an identity in memory."""

    def __init__(self, rig: Rig, desired: Desired) -> None:
        """Bind everything together."""
        world = FakeWorld(people={"u-1": PERSON}, bindings={"docs": "u-1"})
        self.kept = KeptEnvironment("c", Constellations(rig.database), RootKey(bytes(32), "a test"))
        self.desired = desired
        self.launches = ConstellationLaunches(
            "c",
            desired,
            rig.settings.paths,
            ports_of(world).identities,
            self.kept,
            ReservedPorts(rig.database, lambda _: True),
            rig.registry,
            reachable=REACHABLE,
            outfits=Outfits("c", "acme", rig.settings.paths, Path("/none"), ConversationRows(rig.database)),
            sandboxes=Sandboxes(rig.settings.paths, no_roots),
            common_dir=Path("/none"),
            content=CONTENT,
        )

    async def environment(self, worktree: Path, agent: str = "docs") -> dict[str, str]:
        """Return the environment of an agent's processes."""
        return await self.launches.environment(self.desired.agents[agent], worktree)


def desk(rig: Rig, services: dict[str, Any] | None = None, **agents: dict[str, Any]) -> Desk:
    """Return the launches of a constellation of these agents."""
    return Desk(rig, declared(services=services, **agents))


GOLDEN = {
    "COLORTERM", "CONSTELLAGENT", "CONSTELLAGENT_AGENT", "CONSTELLAGENT_HOME", "CONSTELLAGENT_PROMPT",
    "CONSTELLAGENT_REPORT", "CONSTELLAGENT_REPORT_TOKEN",
    "CONSTELLAGENT_SESSION", "CONSTELLAGENT_SMS_URL", "CONSTELLAGENT_SMTP_URL", "CONSTELLAGENT_WORKTREE",
    "GIT_AUTHOR_EMAIL", "GIT_AUTHOR_NAME",
    "GIT_COMMITTER_EMAIL", "GIT_COMMITTER_NAME", "GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_0", "GIT_CONFIG_KEY_1",
    "GIT_CONFIG_VALUE_0", "GIT_CONFIG_VALUE_1", "HOME", "LANG", "LOGNAME", "PATH", "PORT_WEB",
    "RAVI_API_KEY", "RAVI_API_URL", "SHELL", "TERM", "TOKEN", "USER",
}  # fmt: skip
"""Every variable that this agent may see; one more is a leak until somebody says otherwise."""


async def test_a_real_agent_sees_the_golden_list(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of a running agent, read from inside, has exactly these names."""
    for name in ("CLAUDECODE", "SSH_AUTH_SOCK", "CONSTELLAGENT_KEY_FILE", "ANTHROPIC_API_KEY", "TOKEN"):
        monkeypatch.setenv(name, "canary")
    it = desk(
        rig,
        docs={
            "command": ["/usr/bin/env", "-0"],
            "env": {"pass": ["TOKEN", "UNSET"], "set": {"GIT_AUTHOR_NAME": "somebody else"}},
            "ports": ["web"],
            "prompt": "Write.",
        },
    )
    await it.kept.replace(
        ["PATH", "LANG", "TOKEN"], {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TOKEN": "shell's"}
    )
    launch = await it.launches.agent(it.desired.agents["docs"], rig.settings.paths.home)

    row = await rig.registry.start("c", launch)
    await rig.until_ended(row.id)

    text = rig.output(row.id).decode()
    env = dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
    assert set(env) == GOLDEN
    assert "canary" not in text
    assert env["CONSTELLAGENT_SESSION"] == row.id
    assert env["TOKEN"] == "shell's"
    assert env["GIT_AUTHOR_NAME"] == "Docs Person"
    assert env["PATH"] == f"{rig.settings.paths.bin}:/usr/bin:/bin"


async def test_an_agent_without_an_identity_has_none(rig: Rig, tmp_path: Path) -> None:
    """Nothing of anybody's identity is in the environment of an agent that has none."""
    env = await desk(rig, docs={"identity": False}).environment(tmp_path)

    assert not [name for name in env if name.startswith(("RAVI_", "GIT_"))]
    assert env["CONSTELLAGENT_AGENT"] == "docs"
    assert env["CONSTELLAGENT_WORKTREE"] == str(tmp_path)


async def test_ports_are_given_by_name(rig: Rig, tmp_path: Path) -> None:
    """Each declared port is a variable, the same one at each start, until the agent is gone."""
    it = desk(rig, docs={"ports": ["web", "db-main"], "identity": False})
    env = await it.environment(tmp_path)

    assert FIRST <= int(env["PORT_WEB"]) <= LAST
    assert env["PORT_WEB"] != env["PORT_DB_MAIN"]
    assert await it.environment(tmp_path) == env

    await it.launches.release("docs")
    assert await rig.database.rows("SELECT * FROM ports") == []


def test_port_variables() -> None:
    """A dash is no part of a variable's name."""
    assert port_variables({"web": 1, "db-main": 2}) == {"PORT_WEB": "1", "PORT_DB_MAIN": "2"}


async def test_an_agents_own_session(rig: Rig, tmp_path: Path) -> None:
    """It is started in its worktree with its prompt, and says which declaration and content it follows."""
    it = desk(rig, docs={"kind": "claude", "command": None, "prompt": "Go.", "stop_grace": "3s"})
    agent = it.desired.agents["docs"]

    launch = await it.launches.agent(agent, tmp_path)

    assert (launch.subject, launch.role, launch.cwd) == ("docs", "agent", tmp_path)
    assert (launch.argv[0], launch.argv[-1]) == ("claude", "Go.")
    assert launch.env["CONSTELLAGENT_PROMPT"] == "Go."
    assert (launch.fingerprint, launch.grace) == (agent.fingerprint, timedelta(seconds=3))
    assert launch.content == CONTENT
    assert launch.identity == PERSON.uuid
    assert launch.env["RAVI_API_KEY"] not in repr(launch)


def ordered(launch: Launch) -> order.Order:
    """Return what the small process of a headless run is told."""
    assert launch.argv[1:3] == ("-I", "-S")
    assert launch.argv[-1].endswith(f"/sessions/{launch.session}")
    values = json.loads(launch.files[order.NAME])
    return order.Order(**{**values, "argv": tuple(values["argv"]), "around": ()})


@pytest.mark.parametrize(("prompt", "asked"), [(None, "Go."), ("Now this.", "Now this.")])
async def test_a_run(rig: Rig, tmp_path: Path, prompt: str | None, asked: str) -> None:
    """A run works on its own prompt, or else the agent's; it is read, judged, and ended after two hours."""
    it = desk(rig, docs={"kind": "claude", "command": None, "prompt": "Go.", "stop_grace": "3s"})

    launch = await it.launches.run(it.desired.agents["docs"], tmp_path, prompt, ())

    told = ordered(launch)
    assert (launch.role, launch.env["CONSTELLAGENT_PROMPT"]) == ("run", asked)
    assert launch.content == "", "nobody may have approved the file"
    assert (told.argv[0], told.stream, told.stdin, told.limit, told.grace) == (
        "claude",
        "claude",
        True,
        7200,
        3,
    )
    assert launch.files[order.PROMPT] == asked
    assert asked not in " ".join((*launch.argv, *told.argv))


async def test_a_coding_agent_without_structure_is_read_as_text(rig: Rig, tmp_path: Path) -> None:
    """A kind that writes plain text is watched too, and never reads the terminal."""
    it = desk(rig, docs={"kind": "aider", "command": None, "prompt": "Go."})

    told = ordered(await it.launches.run(it.desired.agents["docs"], tmp_path, None, ()))

    assert (told.stream, told.stdin, told.limit) == ("plain", False, 7200)


@pytest.mark.parametrize("prompt", [None, "Now this."])
async def test_a_command_of_a_run_is_started_as_it_is(rig: Rig, tmp_path: Path, prompt: str | None) -> None:
    """Other words take the agent's place, in a terminal of their own, for as long as they take."""
    it = desk(rig, docs={"kind": "claude", "command": None, "prompt": "Go."})
    agent = it.desired.agents["docs"]

    launch = await it.launches.run(agent, tmp_path, prompt, ("make", "check"))

    assert (launch.argv, launch.files) == (("make", "check"), {})
    assert launch.env["CONSTELLAGENT_PROMPT"] == (prompt or "Go.")


async def test_a_limit_holds_for_any_run(rig: Rig, tmp_path: Path) -> None:
    """A declared limit takes the default's place; a command that has one keeps its terminal."""
    serve = {"command": ["serve"], "identity": False}
    it = desk(rig, docs={"kind": "claude", "command": None, "prompt": "Go."}, web=serve)
    limit = timedelta(minutes=3)
    docs, web = it.desired.agents["docs"], it.desired.agents["web"]

    agent = ordered(await it.launches.run(docs, tmp_path, None, (), limit=limit))
    command = ordered(await it.launches.run(docs, tmp_path, None, ("make",), limit=limit))
    plain = ordered(await it.launches.run(web, tmp_path, None, (), limit=limit))

    assert (agent.stream, agent.limit) == ("claude", 180)
    assert command == order.Order(("make",), "", stdin=False, limit=180, grace=command.grace)
    assert (plain.argv, plain.stream, plain.limit) == (("serve",), "", 180)


@pytest.mark.parametrize(("timeout", "limit"), [({}, 7200), ({"timeout": "5m"}, 360)])
async def test_a_schedules_timeout_holds_without_a_daemon(
    rig: Rig, tmp_path: Path, timeout: dict[str, str], limit: float
) -> None:
    """A run ends itself soon after the time at which the daemon should have ended it."""
    nightly = {"cron": "0 9 * * *", "prompt": "Go.", **timeout}
    it = desk(rig, docs={"kind": "claude", "command": None, "schedules": {"nightly": nightly}})
    agent = it.desired.agents["docs"]
    schedule = resolve("docs", "nightly", agent.schedules["nightly"])

    told = ordered(await it.launches.scheduled(agent, tmp_path, schedule, FIRE))

    assert (told.stdin, told.limit) == (True, limit)


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ({"command": ["serve", "8000"]}, ("serve", "8000")),
        ({"shell": "serve | tee log"}, ("/bin/sh", "-c", "serve | tee log")),
    ],
)
async def test_a_service(rig: Rig, block: dict[str, Any], words: tuple[str, ...]) -> None:
    """A service runs in the main checkout with its own name, and with nobody's identity."""
    it = desk(rig, services={"web": {**block, "env": {"set": {"CI": "1", "CONSTELLAGENT": "x"}}}})

    launch = await it.launches.service(it.desired.services["web"])

    assert (launch.subject, launch.role, launch.argv) == ("web", "service", words)
    assert (launch.cwd, launch.content) == (Path(REPO), CONTENT)
    assert (launch.env["CONSTELLAGENT"], launch.env["CONSTELLAGENT_SERVICE"]) == ("acme", "web")
    assert launch.env["CI"] == "1"
    assert not [name for name in launch.env if name.startswith(("RAVI_", "GIT_"))]


async def test_a_service_is_waited_for(rig: Rig) -> None:
    """It is ready once its log says so, at once where it declares no check, and never once it ended."""
    it = desk(
        rig,
        services={
            "web": {"shell": "echo listening; exec sleep 1000", "ready": {"log": "listening"}},
            "db": {"command": ["sleep", "1000"]},
            "bad": {"shell": "exit 3", "ready": {"log": "listening"}},
        },
    )
    sessions = ConstellationSessions(rig.registry, "c")
    for name in ("web", "db"):
        service = it.desired.services[name]
        launch = rig.launch(*(await it.launches.service(service)).argv, role="service", subject=name)
        await it.launches.wait_ready(service, await sessions.start(launch))

    bad = it.desired.services["bad"]
    launch = rig.launch(*(await it.launches.service(bad)).argv, role="service", subject="bad")
    session = await sessions.start(launch)
    with pytest.raises(WorldError, match="bad ended before it was ready"):
        await it.launches.wait_ready(bad, session)


async def test_a_service_is_not_started_in_a_taken_place(rig: Rig) -> None:
    """Where somebody else answers already, the service would be taken for ready: its start is refused."""
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        it = desk(rig, services={"web": {"command": ["serve"], "ready": {"tcp": f"127.0.0.1:{port}"}}})
        with pytest.raises(ConflictError, match=f"something else answers at 127.0.0.1:{port} already"):
            await it.launches.service(it.desired.services["web"])

    assert (await it.launches.service(it.desired.services["web"])).argv == ("serve",)


NINE = datetime(2026, 11, 22, 9, tzinfo=UTC)
FIRE = Fire("ab" * 16, "docs/nightly", "clock", NINE, 2, "retry", "claimed", NINE, missed=4, event="mail-7")


def test_a_run_is_told_why_it_wakes() -> None:
    """All that the ledger knows of the fire, and no event where there was none."""
    told = {
        "CONSTELLAGENT_RUN_ID": "ab" * 16,
        "CONSTELLAGENT_SCHEDULE": "docs/nightly",
        "CONSTELLAGENT_FIRE_AT": "2026-11-22T09:00:00Z",
        "CONSTELLAGENT_REASON": "retry",
        "CONSTELLAGENT_MISSED_COUNT": "4",
        "CONSTELLAGENT_ATTEMPT": "2",
    }
    assert wake_variables(FIRE) == told | {"CONSTELLAGENT_EVENT": "mail-7"}
    assert wake_variables(replace(FIRE, event="")) == told


@pytest.mark.parametrize(
    ("task", "argv", "prompt"),
    [
        ({"command": ["make", "all"]}, ("make", "all"), "Write."),
        ({"prompt": "Look."}, ("true",), "Look."),
        ({}, ("true",), "Write."),
    ],
)
async def test_a_scheduled_run_is_a_session_of_the_runs_own_id(
    rig: Rig, tmp_path: Path, task: dict[str, Any], argv: tuple[str, ...], prompt: str
) -> None:
    """Its own command, else the agent's own with its prompt or the agent's; no file says who it is."""
    spec = {
        "command": ["true"],
        "prompt": "Write.",
        "env": {"set": {"CONSTELLAGENT_RUN_ID": "another"}},
        "schedules": {"nightly": {"cron": "0 9 * * *", **task}},
    }
    it = desk(rig, docs=spec)
    agent = it.desired.agents["docs"]
    schedule = resolve("docs", "nightly", agent.schedules["nightly"])

    launch = await it.launches.scheduled(agent, tmp_path, schedule, FIRE)

    assert (launch.subject, launch.role, launch.session) == ("docs/nightly", "run", FIRE.run)
    assert (launch.argv, launch.cwd, launch.env["CONSTELLAGENT_PROMPT"]) == (argv, tmp_path, prompt)
    assert launch.env["CONSTELLAGENT_RUN_ID"] == FIRE.run
    assert launch.env["CONSTELLAGENT_WORKTREE"] == str(tmp_path)
    assert launch.identity == "u-1"
    assert launch.fingerprint == agent.fingerprint
