"""What the composed daemon shows to those who watch: states, counts, messages, steps of an apply, ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.runtime.control import AgentView
from constellagent.runtime.holder.stream import HolderStream
from constellagent.runtime.live_views import EventView, LiveItem
from constellagent.runtime.settings import Settings
from tests.runtime.working import Working, working

PATIENCE = 30.0


class Watched:
    """A watch as a face follows it: the newest rows of all agents, and every event."""

    def __init__(self, items: AsyncIterator[LiveItem]) -> None:
        self._items = items
        self.agents: dict[str, AgentView] = {}
        self.events: list[EventView] = []

    def of(self, name: str) -> AgentView:
        """Return the newest row of an agent, empty before there is one."""
        return self.agents.get(name, cast("AgentView", {}))

    async def until(self, holds: Callable[["Watched"], Any]) -> None:
        """Take items until something holds."""
        async with asyncio.timeout(PATIENCE):
            while not holds(self):
                self._take(await anext(self._items))

    def told(self, subject: str, kind: str) -> list[str]:
        """Return the texts of the events of a kind about an agent."""
        return [row["text"] for row in self.events if (row["subject"], row["kind"]) == (subject, kind)]

    def _take(self, item: LiveItem) -> None:
        rows: list[dict[str, Any]] = []
        for view in item.get("views", []):
            rows += view["agents"]
        for agents in item.get("agents", {}).values():
            rows += agents
        self.agents |= {row["name"]: cast("AgentView", row) for row in rows}
        if "event" in item:
            self.events.append(item["event"])


@pytest.fixture
async def lab(home: Settings, tmp_path: Path) -> AsyncIterator[Working]:
    """Give a daemon with a repository of its own."""
    async with working(home, tmp_path / "repo") as lab:
        yield lab


async def test_an_agent_that_asks_is_told_at_once(lab: Working) -> None:
    """A bell and silence make an agent wait; the watcher hears of the state, its source and the event."""
    lab.declare("  one: {shell: 'sleep 1; printf \"Go on? \\\\a\"; sleep 1000'}\n")
    await lab.apply()
    async with aclosing(cast("Any", lab.daemon.watch(None))) as items:
        watched = Watched(items)
        await watched.until(lambda seen: seen.of("one").get("state") == "waiting")
        await watched.until(lambda seen: any("waiting" in text for text in seen.told("one", "state")))
    assert watched.agents["one"]["source"] == "bell"
    event = next(row for row in watched.events if row["text"].startswith("waiting"))
    assert event["notify"]


async def test_who_says_it_is_shown_though_the_state_is_the_same(lab: Working) -> None:
    """A notification after a bell asks still; its watcher sees the source change, and hears of no event."""
    go = lab.repo.parent / "go"
    wait = f"while [ ! -e {go} ]; do sleep 0.05; done"
    asks = f'sleep 1; printf "Go on? \\a"; {wait}; printf "\\033]9;Which one?\\a"; sleep 1000'
    lab.declare(f"  one: {{shell: '{asks}'}}\n")
    await lab.apply()
    async with aclosing(cast("Any", lab.daemon.watch(None))) as items:
        watched = Watched(items)
        await watched.until(lambda seen: seen.of("one").get("source") == "bell")
        go.touch()
        await watched.until(lambda seen: seen.of("one").get("source") == "notification")
    assert watched.agents["one"]["state"] == "waiting"
    assert len([text for text in watched.told("one", "state") if text.startswith("waiting")]) == 1


async def test_work_in_the_worktree_is_counted(lab: Working) -> None:
    """Lines that an agent writes, and commits that it makes, show while somebody watches."""
    lab.declare(
        "  one: {shell: 'printf \"a\\\\nb\\\\n\" > new.txt; git add .; git commit -qm x; sleep 1000'}\n"
    )
    await lab.apply()
    async with aclosing(cast("Any", lab.daemon.watch(None))) as items:
        watched = Watched(items)
        await watched.until(lambda seen: seen.of("one").get("added") == 2)
    assert (watched.agents["one"]["removed"], watched.agents["one"]["ahead"]) == (0, 1)


async def test_a_mail_is_counted_and_told(lab: Working) -> None:
    """A mail to an agent shows as unread and as news, without its subject."""
    lab.declare("  one: {command: [sleep, '1000']}\n  two: {command: [sleep, '1000']}\n")
    await lab.apply()
    async with aclosing(cast("Any", lab.daemon.watch(None))) as items:
        watched = Watched(items)
        await watched.until(lambda seen: "unread_mail" in seen.of("one"))
        await lab.daemon.identity(
            {
                "file": str(lab.file),
                "agent": "two",
                "action": "send",
                "to": "one@test.test",
                "subject": "a private matter",
                "body": "hello",
            }
        )
        await watched.until(lambda seen: seen.agents["one"].get("unread_mail") == 1)
        await watched.until(lambda seen: seen.told("one", "mail"))
    assert watched.told("one", "mail") == ["a mail came"]
    assert "private" not in repr(watched.events)


async def test_an_apply_and_an_end_are_told(lab: Working) -> None:
    """The steps of an apply, and how a session ended, are events of their agent."""
    lab.declare("  one: {shell: 'sleep 0.2; exit 3'}\n")
    async with aclosing(cast("Any", lab.daemon.watch(str(lab.file)))) as items:
        watched = Watched(items)
        await watched.until(lambda seen: "one" in seen.agents)
        await lab.apply()
        await watched.until(lambda seen: seen.told("one", "session"))
    assert watched.told("one", "apply")
    assert watched.told("one", "session") == ["exit status 3"]


async def test_an_answer_ends_the_waiting(lab: Working) -> None:
    """What a person types at the agent's terminal, past the daemon, ends that it waits."""
    lab.declare("  one: {shell: 'printf \"Go on? \\\\a\"; read x; echo ok; sleep 1000'}\n")
    await lab.apply()
    async with aclosing(cast("Any", lab.daemon.watch(None))) as items:
        watched = Watched(items)
        await watched.until(lambda seen: seen.of("one").get("state") == "waiting")
        session = watched.of("one")["session"]
        assert session is not None
        stream = await HolderStream.open(Path(session["socket"]), offset=0, flags=0)
        stream.write(b"y\r")
        await watched.until(lambda seen: seen.of("one").get("state") not in {"waiting", None})
        await stream.close()
