"""What identities cost: mail and texts taken in, the `ravi` command, the vault, the audit, the MCP server."""

import asyncio
import contextlib
import http.client
import itertools
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from constellagent.ravi.audit import Audit
from constellagent.ravi.local.store import Store
from constellagent.ravi.vault import RootKey
from tests.bench.measure import Report, paired, process_seconds, quantile, seconds
from tests.reliability.crowd import post
from tests.reliability.lab import Lab, wait_for
from tests.reliability.town import Resident, Town, letter

PEOPLE = 16
MESSAGES = 400
"""Mails, or texts, of one measurement."""

ROUNDS = 11
PAIRS = 5
GETS = 400
WAKES = 11
APPENDS = 200
_LISTENING = 1.0
"""Seconds after which a command that waits certainly does."""

ALONE = (
    "import runpy, sys; from constellagent import durable; durable._MOST_TOGETHER = 1;"
    "sys.argv = ['constellagent', 'daemon', 'run'];"
    "runpy.run_module('constellagent', run_name='__main__')"
)
"""The daemon with one commit for each call."""

_number = itertools.count()


def run(report: Report) -> None:
    """Measure everything."""
    with Lab(agents=1) as lab, Town(lab) as town:
        people = town.settle(PEOPLE)
        lab.run("apply", "--yes")
        commands(report, lab, town, people[0])
        vault(report, town, people[0])
        wake(report, lab, town, people[0])
        mcp(report, lab, town, people[0])
        deliveries(report, town, people)
    audit(report)


def deliveries(report: Report, town: Town, people: Sequence[Resident]) -> None:
    """Mails and texts taken in, beside a daemon that makes one commit for each call."""
    with Lab(agents=0) as lab, alone(lab), Town(lab) as other:
        others = other.settle(PEOPLE)
        for what, send in (("mails", deliver), ("texts", hand_in)):
            for connections in (1, 8):
                ours, theirs, ratio = paired(
                    partial(send, town, people, connections), partial(send, other, others, connections), PAIRS
                )
                report.add(
                    f"{what} taken in, {connections} connection{'s' * (connections > 1)}",
                    f"{MESSAGES / ours:.0f}/s",
                    f"one commit per call {MESSAGES / theirs:.0f}/s",
                    f"{1 / ratio:.2f} x faster",
                )


@contextlib.contextmanager
def alone(lab: Lab) -> Iterator[None]:
    """Run the lab's daemon with one commit for each call."""
    process = subprocess.Popen(
        [sys.executable, "-c", ALONE, "daemon", "run"],
        cwd="/",
        env=lab.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for((lab.home / "run" / "daemon.sock").exists, "the daemon to listen")
        yield
    finally:
        process.kill()
        process.wait()


def deliver(town: Town, people: Sequence[Resident], connections: int) -> float:
    """Send mails through so many connections; returns the seconds until the last was taken."""

    def one(share: range) -> None:
        with town.door() as door:
            for number in share:
                to = people[number % len(people)].address
                door.sendmail("a@b.example", [to], letter(to, f"mail {next(_number)}", "text"))

    return _parallel(one, connections)


def hand_in(town: Town, people: Sequence[Resident], connections: int) -> float:
    """Post texts through so many connections; returns the seconds until the last was taken."""

    def one(share: range) -> None:
        with contextlib.closing(http.client.HTTPConnection(urlsplit(town.sms).netloc)) as gateway:
            for number in share:
                to = people[number % len(people)].number
                text = {"from": "+12025550199", "to": to, "body": "text", "id": f"SM{next(_number)}"}
                assert post(gateway, text) == 202

    return _parallel(one, connections)


def _parallel(one: Callable[[range], None], connections: int) -> float:
    with ThreadPoolExecutor(connections) as pool:
        shares = [range(first, MESSAGES, connections) for first in range(connections)]
        return seconds(lambda: list(pool.map(one, shares)))


def _as_agent(lab: Lab, town: Town, who: Resident) -> tuple[list[str], dict[str, str]]:
    """Return the `ravi` command of sessions, and the environment in which it is this resident's."""
    env = lab.environment(RAVI_API_URL=town.api, RAVI_API_KEY=who.key)
    return [str(lab.home / "bin" / "ravi")], env


def commands(report: Report, lab: Lab, town: Town, who: Resident) -> None:
    """Whole processes of `ravi`, beside an interpreter that does nothing."""
    town.ask("POST", "/api/secrets/", {"key": "TOKEN", "value": "x" * 40}, key=who.key)
    ravi, env = _as_agent(lab, town, who)
    for words in ("get email", "inbox email", "secrets get TOKEN"):
        ours, nothing, ratio = paired(
            partial(process_seconds, [*ravi, *words.split()], env, str(lab.folder)),
            partial(process_seconds, [sys.executable, "-c", "pass"], env, str(lab.folder)),
            ROUNDS,
        )
        report.add(
            f"ravi {words}",
            f"{ours * 1000:.0f} ms",
            f"python -c pass {nothing * 1000:.0f} ms",
            f"{ratio:.1f} x (<= 150 ms)",
        )


def vault(report: Report, town: Town, who: Resident) -> None:
    """One secret over HTTP, again and again; each time a line of the audit is on the disk first."""
    (row,) = town.ask("GET", "/api/secrets/", key=who.key)
    headers = {"Authorization": f"Bearer {who.key}"}
    with contextlib.closing(http.client.HTTPConnection(urlsplit(town.api).netloc)) as api:

        def get() -> None:
            api.request("GET", f"/api/secrets/{row['uuid']}/", headers=headers)
            answer = api.getresponse()
            assert json.loads(answer.read())["value"] == "x" * 40

        times = [seconds(get) for _ in range(GETS)]
    report.add(
        f"vault get over HTTP, {GETS}",
        f"median {statistics.median(times) * 1000:.1f} ms",
        f"p99 {quantile(times, 0.99) * 1000:.1f} ms",
    )


def wake(report: Report, lab: Lab, town: Town, who: Resident) -> None:
    """From the 250 of a mail until `ravi inbox email --wait` has printed it and ended."""
    ravi, env = _as_agent(lab, town, who)
    times = []
    with town.door() as door:
        for _ in range(WAKES):
            word = f"wake{next(_number)}."
            waiting = subprocess.Popen(
                [*ravi, "inbox", "email", "--wait", "30", "--match", word],
                env=env,
                cwd=lab.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
            )
            time.sleep(_LISTENING)
            door.sendmail("a@b.example", [who.address], letter(who.address, word, "text"))
            begin = time.perf_counter()
            out, _none = waiting.communicate(timeout=30)
            times.append(time.perf_counter() - begin)
            assert word.encode() in out
    report.add(
        f"wake of ravi inbox --wait, {WAKES}",
        f"median {statistics.median(times) * 1000:.0f} ms",
        f"longest {max(times) * 1000:.0f} ms",
        "<= 300 ms",
    )


def mcp(report: Report, lab: Lab, town: Town, who: Resident) -> None:
    """From the start of the MCP server until `initialize` is answered."""
    _, env = _as_agent(lab, town, who)
    asked = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "bench", "version": "0"},
        },
    }

    def start() -> float:
        begin = time.perf_counter()
        with subprocess.Popen(
            [sys.executable, "-m", "constellagent", "mcp"],
            env=env,
            cwd=lab.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            server.stdin.write(json.dumps(asked).encode() + b"\n")
            server.stdin.flush()
            assert "serverInfo" in json.loads(server.stdout.readline())["result"]
            took = time.perf_counter() - begin
            server.stdin.close()
        return took

    ours, nothing, ratio = paired(
        start, partial(process_seconds, [sys.executable, "-c", "import mcp.types"], env, str(lab.folder)), 5
    )
    report.add(
        "constellagent mcp, until initialize",
        f"{ours * 1000:.0f} ms",
        f"python -c 'import mcp.types' {nothing * 1000:.0f} ms",
        f"{ratio:.1f} x",
    )


def audit(report: Report) -> None:
    """A transaction with a line of the audit, beside one without; and one with lines of 40 identities."""
    with tempfile.TemporaryDirectory(prefix="ca-b-", dir="/tmp") as folder:
        bare, one, many = asyncio.run(_append(Path(folder)))
    report.add(
        f"a line of the audit, {APPENDS}",
        f"{one * 1e6:.0f} us",
        f"the same transaction without {bare * 1e6:.0f} us",
        f"lines of 40 identities at once {many * 1000:.1f} ms",
    )


async def _append(folder: Path) -> tuple[float, float, float]:
    audit = Audit(folder / "audit", RootKey(bytes(32), "a measurement"))
    store = Store(folder / "provider.db", audit)
    await store.open()
    await store.run(audit.begin)
    uuids = [f"00000000-0000-4000-8000-{n:012x}" for n in range(40)]

    async def median(lines: Sequence[str], rounds: int) -> float:
        times = []
        for number in range(rounds):
            begin = time.perf_counter()

            def call(db: object, number: int = number) -> None:
                db.execute("INSERT OR REPLACE INTO facts VALUES ('n', ?)", (b"%d" % number,))  # type: ignore[attr-defined] # a connection
                for uuid in lines:
                    audit.note(1.8e9, uuid, "session x", "secrets.get", about="KEY", value="v")

            await store.run(call)
            times.append(time.perf_counter() - begin)
        return statistics.median(times)

    try:
        return await median([], APPENDS), await median(uuids[:1], APPENDS), await median(uuids, 20)
    finally:
        await store.close()
