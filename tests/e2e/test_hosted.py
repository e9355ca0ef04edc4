"""Whole commands with `identities.provider: ravi`: the local provider's API stands in for the hosted one."""

import asyncio
import json
import os
import queue
import shutil
import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

from constellagent.ravi.local import LocalProvider
from constellagent.ravi.vault import RootKey
from tests.certificates import Authority, authority
from tests.e2e.place import Place, holding, refused
from tests.ravi.scripted import listening
from tests.reliability.lab import git

SPEAKER = "env > {out}.tmp && mv {out}.tmp {out} && exec sleep 600"


@dataclass
class Elsewhere:
    """A provider in a thread of its own, behind a front that speaks TLS, which can be taken down.

    Attributes:
        folder: where it keeps its state.
        url: its address.
        key: its management key.
    """

    folder: Path
    authority: Authority
    url: str = ""
    key: str = ""
    _port: int = 0
    _orders: "queue.Queue[tuple[str, Future[None]]]" = field(default_factory=queue.Queue)
    _thread: threading.Thread | None = None
    _kept: socket.socket | None = None

    def up(self) -> None:
        """Start it, in the place where it was before."""
        self._thread = threading.Thread(target=asyncio.run, args=[self._serve()], daemon=True)
        self._thread.start()
        self._order("up")
        self._keep(False)

    def down(self) -> None:
        """Stop it: every connection is refused from then on."""
        if self._thread is not None:
            self._order("down")
            self._thread.join(20)
            self._thread = None
            self._keep(True)

    def close(self) -> None:
        """Stop it for good."""
        self.down()
        self._keep(False)

    def _keep(self, keep: bool) -> None:
        """Keep its port from others while it is down: a socket that does not listen refuses, too."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        if keep:
            self._kept = socket.socket()
            self._kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._kept.bind(("127.0.0.1", self._port))

    def _order(self, what: str) -> None:
        done: Future[None] = Future()
        self._orders.put((what, done))
        done.result(20)

    async def _serve(self) -> None:
        _, started = await asyncio.to_thread(self._orders.get)
        try:
            async with AsyncExitStack() as stack:
                provider = LocalProvider(self.folder, RootKey(bytes(range(32)), "a test"))
                inner = await provider.start("127.0.0.1", 0)
                stack.push_async_callback(provider.stop)
                self.key = await provider.management_key()
                front = Front(int(inner.rpartition(":")[2]))
                context = self.authority.context()
                url = await stack.enter_async_context(listening(front.serve, context, port=self._port))
                self.url, self._port = url, int(url.rpartition(":")[2])
                started.set_result(None)
                _, ended = await asyncio.to_thread(self._orders.get)
        except BaseException as error:
            started.set_exception(error)
            raise
        ended.set_result(None)


@dataclass(frozen=True)
class Front:
    """Passes what comes in over TLS to a port of this machine, and back."""

    port: int

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one connection until either side ends."""
        inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass(reader, inner_writer))
                group.create_task(_pass(inner_reader, writer))
        except* ConnectionError:
            pass
        finally:
            inner_writer.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


class HostedPlace(Place):
    """A place whose person has a home of their own, and whose identities are elsewhere."""

    elsewhere: Elsewhere

    @property
    def person(self) -> Path:
        """The person's home folder."""
        return self.folder / "person"

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of the place's commands."""
        there = {
            "HOME": str(self.person),
            "CONSTELLAGENT_RAVI_API_URL": self.elsewhere.url,
            "CONSTELLAGENT_RAVI_CA_BUNDLE": str(self.elsewhere.authority.bundle),
            # What a session has: it must not lead the daemon anywhere.
            "RAVI_API_URL": "http://127.0.0.1:9",
        }
        return super().environment(**there, **more)

    def log_in(self) -> None:
        """Leave what the vendor's client leaves after a login."""
        folder = self.person / ".ravi"
        folder.mkdir(mode=0o700)
        (folder / "config.json").touch(mode=0o600)
        (folder / "config.json").write_text(json.dumps({"management_key": self.elsewhere.key}))


@pytest.fixture
def hosted(tmp_path: Path) -> Iterator[HostedPlace]:
    """Give a place, and a provider that is up."""
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    with HostedPlace(agents=0) as place:
        place.elsewhere = Elsewhere(folder, authority(tmp_path))
        place.elsewhere.up()
        place.person.mkdir()
        try:
            yield place
        finally:
            place.kill_all()
            place.elsewhere.close()


def declare(place: HostedPlace, *, phone: bool = True) -> Path:
    """Declare two agents, of which one writes its environment down; return into which file."""
    out = place.folder / "docs.env"
    place.write(f"""
        identities: {{provider: ravi, phone: {str(phone).lower()}}}
        agents:
          docs: {{shell: "{SPEAKER.format(out=out)}"}}
          site: {{command: [sleep, "600"], autostart: false}}
        """)
    return out


def variables(text: str) -> dict[str, str]:
    """Return what `env` printed."""
    return {name: value for name, _, value in (line.partition("=") for line in text.splitlines())}


def provider_problem(place: HostedPlace) -> str:
    """Return what `status` says of the provider."""
    (view,) = place.json("status")
    problem: str = view.get("provider_problem", "")
    return problem


def test_from_login_to_destroy(hosted: HostedPlace) -> None:
    """A login is enough: plan names place and cost, apply makes it so, a second plan is empty."""
    out = declare(hosted)
    host = hosted.elsewhere.url.removeprefix("https://")
    refused(
        hosted.run("apply", "--yes", check=69),
        "ravi auth login",
        "RAVI_API_KEY",
        "CONSTELLAGENT_RAVI_API_KEY",
    )
    hosted.log_in()
    plan = hosted.run("plan").stdout
    assert plan.count(f"with a phone number at {host}") == 2
    assert plan.count("the number may cost money") == 2
    assert f"2 identities will be created at {host}; 2 numbers are asked for" in plan
    assert {a["host"] for a in hosted.json("plan")["plan"]["actions"] if a["action"] == "CreateIdentity"} == {
        host
    }
    assert hosted.elsewhere.key not in json.dumps(hosted.json("doctor"))
    assert "management key from " in hosted.run("doctor", check=None).stdout

    hosted.run("apply", "--yes")
    hosted.settled()
    found = variables(hosted.waits_for(out))
    kept = hosted.tree_of() / ".ravi" / "config.json"
    config = json.loads(kept.read_text())
    view = hosted.view()
    assert found["RAVI_API_URL"] == hosted.elsewhere.url
    assert found["RAVI_API_KEY"] == config["identity_key"]
    assert (config["identity"], stat.S_IMODE(kept.stat().st_mode)) == ("docs", 0o600)
    assert hosted.elsewhere.key not in out.read_text()
    assert view["phone"]
    git(hosted.tree_of(), "check-ignore", ".ravi/config.json")
    commit_as(hosted, found)
    assert git(hosted.tree_of(), "log", "-1", "--format=%an <%ae>").strip() == f"docs <{view['address']}>"
    assert provider_problem(hosted) == ""

    hosted.run("destroy", "--yes", "--force")
    assert hosted.elsewhere.key not in hosted.daemon_log()
    assert names_there(hosted, archived=True) == {"docs", "site"}, "destroy deletes no identity"
    assert names_there(hosted, archived=False) == set()


def commit_as(place: HostedPlace, env: dict[str, str]) -> None:
    """Commit as the agent does, with nothing but what it finds in its environment."""
    (place.tree_of() / "new.txt").write_text("new\n")
    git(place.tree_of(), "add", "new.txt")
    author = {name: value for name, value in env.items() if name.startswith("GIT_")}
    subprocess.run(
        ["git", "commit", "-qm", "by the agent"],
        cwd=place.tree_of(),
        env={"PATH": os.environ["PATH"], "HOME": str(place.person), **author},
        stdin=subprocess.DEVNULL,
        check=True,
    )


def names_there(place: HostedPlace, *, archived: bool) -> set[str]:
    """Ask the provider itself for its identities."""
    there = place.elsewhere
    answer = httpx.get(
        f"{there.url}/api/identities/",
        params={"archived": "true"} if archived else {},
        headers={"Authorization": f"Bearer {there.key}"},
        verify=ssl.create_default_context(cafile=str(there.authority.bundle)),
        trust_env=False,
    )
    return {row["name"] for row in answer.json()}


def test_g6_down_for_a_while(hosted: HostedPlace) -> None:
    """While the provider is down all of it is unknown and nothing is changed; then nothing is left."""
    out = declare(hosted, phone=False)
    key = hosted.elsewhere.key
    hosted.run("apply", "--yes", RAVI_API_KEY=key)
    hosted.waits_for(out)
    hosted.settled()
    session = hosted.view()["session"]["id"]
    hosted.elsewhere.down()
    plan = hosted.run("plan").stdout
    assert plan.count("? ") == 2, plan
    assert "could not be looked at" in plan
    assert "create" not in plan
    assert hosted.run("apply", "--yes", check=69).stdout == "lab: 2 unknown\n"
    assert "no answer" in provider_problem(hosted)
    assert "identities are unknown" in hosted.run("status").stdout
    assert (hosted.view()["session"]["live"], hosted.view()["session"]["id"]) == (True, session)
    hosted.run("run", "docs", "--", "true", check=None)
    hosted.kill_daemon()
    assert hosted.view()["session"]["id"] == session, "a daemon that starts while it is down takes all over"
    hosted.elsewhere.up()
    hosted.settled()
    assert hosted.run("plan").stdout == "lab: no changes\n"
    assert provider_problem(hosted) == ""
    assert key not in hosted.daemon_log()
    assert holding(hosted.home, key.encode()) == []


def test_a_number_declared_later(hosted: HostedPlace) -> None:
    """Switched on later, each identity gets a number and stays what it was."""
    declare(hosted, phone=False)
    hosted.log_in()
    hosted.run("apply", "--yes")
    before = hosted.view()
    declare(hosted, phone=True)
    plan = hosted.run("plan").stdout
    assert plan.count("give a number to identity") == 2
    assert plan.count("the number may cost money") == 2
    hosted.run("apply", "--yes")
    hosted.settled()
    after = hosted.view()
    assert (before["phone"], after["address"]) == (None, before["address"])
    assert after["phone"]
    assert after["session"]["id"] == before["session"]["id"]


def test_a_login_that_ends(hosted: HostedPlace) -> None:
    """After a logout the agents go on, status says what is missing, and the next login counts at once."""
    declare(hosted, phone=False)
    hosted.log_in()
    hosted.run("apply", "--yes")
    shutil.rmtree(hosted.person / ".ravi")
    assert "ravi auth login" in provider_problem(hosted)
    assert hosted.view()["session"]["live"]
    hosted.log_in()
    assert provider_problem(hosted) == ""
    hosted.settled()
