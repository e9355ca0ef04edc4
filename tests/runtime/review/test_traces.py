"""What a reviewer does is told to those who watch, and to the audit where it was done as the agent."""

from pathlib import Path
from typing import Any, cast

import pytest

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.ravi.client import RaviClient
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.review import Traces
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.bindings import Binding, Bindings
from constellagent.runtime.store.database import Database
from tests.runtime.working import Working, working

IDLE = "  one: {command: [sleep, '1000'], identity: false}\n"


class Audit:
    """Takes notes, or cannot."""

    def __init__(self, failure: ConstellagentError | None = None) -> None:
        self.audit = self
        self.failure = failure
        self.notes: list[tuple[str, str, str]] = []

    async def note(self, identity: str, action: str, *, about: str) -> None:
        """Take one."""
        if self.failure is not None:
            raise self.failure
        self.notes.append((identity, action, about))


@pytest.mark.parametrize("failure", [None, UnavailableError("the provider is gone")])
async def test_only_what_was_done_as_the_agent_is_in_its_audit(
    database: Database, tmp_path: Path, failure: ConstellagentError | None
) -> None:
    """The event is told always; a line of the audit needs an identity here, and stops nothing if it fails."""
    file = tmp_path / "constellation.yaml"
    bindings = Bindings(database, "")
    constellation = constellation_id(file.resolve())
    await bindings.put(Binding(constellation, "docs", "local", "u1", "docs", "docs@shop.test"))
    await bindings.put(Binding(constellation, "old", "local", "u2", "old", "old@shop.test", archived=True))
    told: list[tuple[str, str, str]] = []
    audit = Audit(failure)
    traces = Traces(lambda *one: told.append(one), database, cast("RaviClient", audit))

    await traces(str(file), "docs", "discarded 1 change")
    for agent in ("docs", "old", "nobody"):
        await traces(str(file), agent, "committed 1 file", as_agent=True)

    place = str(file.resolve())
    assert told[0] == (place, "docs", "discarded 1 change")
    assert [agent for _, agent, _ in told] == ["docs", "docs", "old", "nobody"]
    assert audit.notes == ([] if failure else [("u1", "commit.made", "committed 1 file")])


async def test_a_watcher_hears_of_a_review(home: Settings, tmp_path: Path) -> None:
    """A commit that a reviewer makes is an event of its agent, which calls nobody."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare(IDLE)
        await lab.apply()
        (Path((await lab.agent("one"))["path"]) / "new.txt").write_text("new\n")
        request: Any = {"file": lab.file, "agent": "one", "action": "discard"}
        done = await lab.daemon.change(request)

        assert await _next_review(lab) == ("one", f"discarded 1 change, kept in {done['rescue']}", False)


async def _next_review(lab: Working) -> tuple[str, str, bool]:
    async for item in lab.daemon.watch(lab.file):
        event = item.get("event")
        if event and event["kind"] == "review":
            return event["subject"], event["text"], event["notify"]
    raise AssertionError
