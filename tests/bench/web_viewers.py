"""A hundred viewers of what changes, and of one terminal: memory, the daemon's time, how soon all know."""

import asyncio
import itertools
import json
import os
import re
import signal
import statistics
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import aiohttp

from tests.bench.measure import Report, quantile
from tests.bench.processes import cpu, memory
from tests.bench.terminals import ECHO
from tests.bench.web_load import AGENTS
from tests.e2e.api.served import Served

VIEWERS = 100
CHANGES = 20
KEYS = 300
IDLE = 10.0
"""Seconds over which idle time is measured."""
PATIENCE = 60.0
MARKING = (
    "trap 'n=$((1-n)); case $n in 1) s=working;; *) s=idle;; esac; "
    r"""printf "\033]7501;state=$s\007"' USR1; """
    "n=0; while :; do sleep 9999 & wait $!; done"
)
"""A program that says of itself, at each signal, that it works, or that it waits; it is believed at once."""
STATES = ("working", "waiting")
"""What it says, in this order."""
ONE = "  agent-{n}: {{shell: {shell}, identity: false, restart: never}}\n"

Match = Callable[[str | bytes], bool]


@dataclass(frozen=True)
class Reached:
    """Seconds from an act until the first, and until the last viewer was told."""

    first: float
    last: float


class Crowd:
    """Viewers of one thing, all read by this process, whose own time is a part of every figure."""

    def __init__(self, sockets: list[aiohttp.ClientWebSocketResponse]) -> None:
        self.sockets = sockets
        self._missing = set(range(len(sockets)))
        self._match: Match = bool
        self._first = self._last = 0.0
        self._all = asyncio.Event()

    async def read(self, number: int) -> None:
        """Read all that one viewer is told."""
        async for message in self.sockets[number]:
            if number in self._missing and self._match(message.data):
                self._last = asyncio.get_running_loop().time()
                self._first = self._first or self._last
                self._missing.discard(number)
                if not self._missing:
                    self._all.set()

    async def all_told(self) -> None:
        """Wait until every viewer was told what is awaited; at first that is anything."""
        async with asyncio.timeout(PATIENCE):
            await self._all.wait()

    async def reached(self, match: Match, act: Callable[[], Awaitable[None]]) -> Reached:
        """Do something and wait until every viewer is told of it."""
        self._missing, self._match, self._first = set(range(len(self.sockets))), match, 0.0
        self._all.clear()
        begin = asyncio.get_running_loop().time()
        await act()
        await self.all_told()
        return Reached(self._first - begin, self._last - begin)


@asynccontextmanager
async def crowd(place: Served, path: str, queries: list[str]) -> AsyncIterator[Crowd]:
    """Connect one viewer for each query, and wait until each has been told how things are."""
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            aiohttp.ClientSession(
                f"http://127.0.0.1:{place.api.port}",
                connector=aiohttp.TCPConnector(limit=0),
                headers={"Authorization": f"Bearer {place.api.admin}"},
            )
        )
        sockets = [
            await stack.enter_async_context(client.ws_connect(f"/api/v1{path}{query}", max_msg_size=0))
            for query in queries
        ]
        made = Crowd(sockets)
        readers = await stack.enter_async_context(asyncio.TaskGroup())
        reading = [readers.create_task(made.read(number)) for number in range(len(sockets))]
        try:
            await made.all_told()
            yield made
        finally:
            for task in reading:
                task.cancel()


def run(report: Report, *, viewers: int = VIEWERS, changes: int = CHANGES, keys: int = KEYS) -> None:
    """Measure both kinds of viewers, beside one viewer alone."""
    fleet = "".join(ONE.format(n=n, shell=json.dumps(MARKING)) for n in range(AGENTS))
    with Served(agents=0, extra=fleet) as place:
        place.open()
        asyncio.run(live(report, place, viewers, changes))
    with Served(agents=0, extra=f"  echo: {{shell: {ECHO!r}, identity: false}}\n") as place:
        place.open()
        asyncio.run(terminals(report, place, viewers, keys))


async def live(report: Report, place: Served, viewers: int, changes: int) -> None:
    """Let an agent work and wait, and others end, and see when all who watch know of it."""
    daemon = _daemon(place)
    (view,) = await asyncio.to_thread(place.json, "status")
    pids = {agent["name"]: agent["session"]["pid"] for agent in view["agents"]}
    (speaker, its_pid), *mortals = pids.items()
    states, ends = itertools.cycle(STATES), iter(mortals)
    rows: dict[int, list[Reached]] = {}
    news: dict[int, list[Reached]] = {}
    sizes: dict[int, float] = {}
    shares: dict[int, float] = {}
    for count in (1, viewers):
        async with crowd(place, "/live", [""] * count) as seen:
            sizes[count], shares[count] = memory(daemon, "VmRSS"), await _share(daemon)
            rows[count] = [
                await seen.reached(_stands(speaker, next(states)), _signalling(its_pid, signal.SIGUSR1))
                for _ in range(changes)
            ]
            news[count] = [
                await seen.reached(_ended(name), _signalling(pid, signal.SIGKILL))
                for name, pid in itertools.islice(ends, min(changes, len(mortals) // 2))
            ]
    more = sizes[viewers] - sizes[1]
    report.add(
        f"{viewers} live viewers of {AGENTS} agents, idle",
        f"daemon RSS +{more:.1f} MB ({more * 1024 / viewers:.0f} kB each)",
        f"CPU {shares[viewers]:.1%} of a core, with one viewer {shares[1]:.1%}",
        "no goal",
    )
    _tell(report, "a change of state until it is known to", viewers, rows[viewers], rows[1])
    _tell(report, "the end of a program until it is known to", viewers, news[viewers], news[1])


async def terminals(report: Report, place: Served, viewers: int, keys: int) -> None:
    """Type into a terminal at which many look, and see when all have the echo."""
    daemon = _daemon(place)
    (holder,) = (pid for pid, line in place.tree().items() if "holder" in line)
    path = "/constellations/lab/sessions/echo/terminal"
    writer = "?mode=write&rows=24&columns=80"
    times: dict[int, list[Reached]] = {}
    sizes: dict[int, tuple[float, float]] = {}
    spent: dict[int, tuple[float, float]] = {}
    for count in (1, viewers):
        async with crowd(place, path, [writer, *["?mode=read"] * (count - 1)]) as seen:
            sizes[count] = memory(daemon, "VmRSS"), memory(holder, "VmRSS")
            before = cpu(daemon), cpu(holder)
            times[count] = [
                await seen.reached(_echoed(key), _typing(seen, key))
                for key in itertools.islice(itertools.cycle(b"abcdefghijklmnopqrstuvwxyz"), keys)
            ]
            after = cpu(daemon), cpu(holder)
            spent[count] = after[0] - before[0], after[1] - before[1]
    more = [many - one for many, one in zip(sizes[viewers], sizes[1], strict=True)]
    report.add(
        f"{viewers} viewers of one terminal",
        f"daemon RSS +{more[0]:.1f} MB, holder +{more[1]:.1f} MB",
        f"CPU for a key: daemon {spent[viewers][0] / keys * 1000:.1f} ms, holder "
        f"{spent[viewers][1] / keys * 1000:.2f} ms; with one {spent[1][0] / keys * 1000:.2f} ms",
        "no goal",
    )
    _tell(report, "a key until its echo is seen by", viewers, times[viewers], times[1])


def _tell(report: Report, what: str, viewers: int, times: list[Reached], alone: list[Reached]) -> None:
    """Say when the last of many knew, beside the only one."""
    last, one = [each.last for each in times], [each.last for each in alone]
    report.add(
        f"  {what} the last of {viewers}, median of {len(times)}",
        f"{statistics.median(last) * 1000:.1f} ms, p95 {quantile(last, 0.95) * 1000:.1f} ms",
        f"the first {statistics.median(each.first for each in times) * 1000:.1f} ms; "
        f"one alone {statistics.median(one) * 1000:.1f} ms, p95 {quantile(one, 0.95) * 1000:.1f} ms",
        f"{statistics.median(last) / statistics.median(one):.1f} x (no goal)",
    )


def _daemon(place: Served) -> int:
    pid = place.daemon_pid()
    assert pid is not None, "the daemon does not run"
    return pid


async def _share(pid: int) -> float:
    """Return which part of a core a process uses while nothing happens."""
    before = cpu(pid)
    await asyncio.sleep(IDLE)
    return (cpu(pid) - before) / IDLE


def _signalling(pid: int, number: int) -> Callable[[], Awaitable[None]]:
    async def act() -> None:
        os.kill(pid, number)

    return act


def _stands(name: str, state: str) -> Match:
    """Match rows in which an agent is in this state."""
    row = re.compile(rf'"agents":.*"name":"{name}",[^{{}}]{{0,80}}"state":"{state}"')
    return lambda data: isinstance(data, str) and row.search(data) is not None


def _ended(name: str) -> Match:
    """Match the news of the end of an agent's session."""
    subject = f'"subject":"{name}","kind":"session"'
    return lambda data: isinstance(data, str) and subject in data


def _typing(seen: Crowd, key: int) -> Callable[[], Awaitable[None]]:
    async def type_() -> None:
        await seen.sockets[0].send_bytes(bytes([key]))

    return type_


def _echoed(key: int) -> Match:
    return lambda data: isinstance(data, bytes) and key in data
