"""What is asked about schedules."""

from typing import Any

import pytest

from constellagent.errors import ConstellagentError
from constellagent.faces.tui.views.schedule_source import ScheduleSource
from constellagent.runtime.schedule_views import ScheduleRequest
from tests.faces.cli.scheduled import run_view, schedule_view
from tests.faces.fake_control import screen_view
from tests.faces.tui.crews import two_constellations
from tests.faces.tui.fake_deck import FILE, FakeDeck


async def test_one_that_cannot_say(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one constellation cannot say, what it said stays, and the other is asked all the same."""
    deck = FakeDeck(*two_constellations())
    source = ScheduleSource(deck)
    names = {FILE: ["docs/a"]}
    fails: set[str] = set()

    async def schedule(request: ScheduleRequest) -> Any:
        if request["file"] in fails:
            raise ConstellagentError("the file is broken")
        return [schedule_view(name) for name in names.get(request["file"], ["docs/other"])]

    monkeypatch.setattr(deck.control, "schedule", schedule)
    await source.fetch()
    names["/repo/billing/constellation.yaml"] = ["docs/newer"]
    fails.add(FILE)
    with pytest.raises(ConstellagentError, match="broken"):
        await source.fetch()
    assert [(row.place, row.view["schedule"]) for row in source.rows()] == [
        ("acme-web", "docs/a"),
        ("billing", "docs/newer"),
    ]


async def test_output() -> None:
    """The last lines of a run are returned, nothing for one that has none, and why they cannot be had."""
    deck = FakeDeck()
    source = ScheduleSource(deck)
    assert await source.output(FILE, run_view()) == ([], "")
    deck.control.screen_answer = screen_view("\n".join(map(str, range(100))).encode() + b"\n\n")
    lines, problem = await source.output(FILE, run_view(log="/log"))
    assert (lines[0], lines[-1], problem) == ("60", "99", "")
    deck.control.fail("screen", ConstellagentError("gone\nfor ever"))
    assert await source.output(FILE, run_view(log="/log")) == ([], "gone")
