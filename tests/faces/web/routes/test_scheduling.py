"""Schedules and the ledger over the API."""

from typing import Any

from constellagent.errors import UsageError
from constellagent.faces.web.routes.paging import cursor
from constellagent.runtime.schedule_views import ScheduleRequest
from tests.faces.fake_control import FakeControl
from tests.faces.web.asking import FILE, ONE, Api

MORNING = f"{ONE}/schedules/docs/morning"


def row(run: str, fire_at: str) -> dict[str, str]:
    """Return a run of a ledger."""
    return {"run": run, "fire_at": fire_at}


class Ledger(FakeControl):
    """A control whose history obeys `until` and `limit`, as the real one does."""

    def __init__(self, rows: list[dict[str, str]]) -> None:
        super().__init__()
        self.rows = rows

    async def schedule(self, request: ScheduleRequest) -> Any:
        """Answer from the rows, newest first."""
        self._note("schedule", request=request)
        until = request.get("until", "9999")
        return [one for one in self.rows if one["fire_at"] <= until][: request["limit"]]


async def test_schedules_are_listed(api: Api) -> None:
    """All that are in effect."""
    api.control.answers = {"list": [{"schedule": "docs/morning"}]}
    assert (await api.get(f"{ONE}/schedules"))["data"] == [{"schedule": "docs/morning"}]
    assert api.last("schedule") == {"file": FILE, "action": "list", "schedules": []}


async def test_a_schedule_is_run_paused_and_resumed(api: Api) -> None:
    """Each names the schedule by agent and name."""
    api.control.answers = {"run": {"run": "r1"}, "pause": {"done": ["p"]}, "resume": {"done": ["r"]}}
    assert await api.post(f"{MORNING}/run") == {"run": "r1"}
    assert api.last("schedule") == {"file": FILE, "action": "run", "schedule": "docs/morning"}
    assert await api.post(f"{MORNING}/pause", {"why": "holidays"}) == {"done": ["p"]}
    assert api.last("schedule")["schedules"] == ["docs/morning"]
    assert api.last("schedule")["why"] == "holidays"
    assert await api.post(f"{MORNING}/resume", {"catch_up": True}) == {"done": ["r"]}
    assert api.last("schedule")["catch_up"] is True


async def test_runs_are_asked_for_with_all_filters(api: Api) -> None:
    """Every filter reaches the ledger; the part that was asked for comes back."""
    api.control.answers = {"history": [row("r1", "2026-01-01T00:00:00Z")]}
    query = [("schedule", "docs"), ("state", "failed"), ("state", "lost"), ("limit", "5")]
    times = [("since", "2026-01-01"), ("until", "2026-02-01")]
    answer = await api.ask("GET", f"{ONE}/runs", query=[*query, *times])
    assert answer.json == {"data": [row("r1", "2026-01-01T00:00:00Z")], "next": ""}
    assert api.last("schedule") == {
        "file": FILE,
        "action": "history",
        "schedules": ["docs"],
        "states": ["failed", "lost"],
        "since": "2026-01-01",
        "until": "2026-02-01",
        "limit": 15,
    }


async def test_parts_of_the_ledger_miss_nothing_and_repeat_nothing(api: Api) -> None:
    """Going on with the cursor gives every run once, also where many have the same nominal time."""
    rows = [row(f"r{number}", f"2026-01-{9 - number // 5:02}T00:00:00Z") for number in range(30)]
    ledger = Ledger(rows)
    seen, after = [], ""
    for _ in range(40):
        query = {"limit": "4", **({"cursor": after} if after else {})}
        api.control.answers = {}
        part = await _runs(api, ledger, query)
        seen += [one["run"] for one in part["data"]]
        after = part["next"]
        if not after:
            break
        assert len(after) < 100
    assert seen == [one["run"] for one in rows]


async def test_what_is_written_in_between_moves_nothing(api: Api) -> None:
    """A run that comes while somebody goes from part to part neither hides nor repeats another."""
    rows = [row(f"r{number}", "2026-01-01T00:00:00Z") for number in range(6)]
    ledger = Ledger(rows)
    first = await _runs(api, ledger, {"limit": "3"})
    ledger.rows = [row("new", "2026-01-01T00:00:00Z"), *rows]
    second = await _runs(api, ledger, {"limit": "3", "cursor": first["next"]})
    assert [one["run"] for one in first["data"] + second["data"]] == [one["run"] for one in rows]


async def test_odd_cursors_are_refused(api: Api) -> None:
    """A cursor that no list was answered with is an error of the asker's."""
    for odd in ("x", "W10", "é", "bm9uZQ", cursor(["2026", "x", "r"]), cursor(["2026", "9" * 5000, "r"])):
        await api.ask("GET", f"{ONE}/runs", query={"cursor": odd}, status=422)
    assert api.control.requests("schedule") == []


async def test_a_run_is_shown_and_stopped(api: Api) -> None:
    """A run is named by its id."""
    api.control.answers = {"history": [row("r1", "2026-01-01T00:00:00Z")]}
    assert (await api.get(f"{ONE}/runs/r1"))["run"] == "r1"
    assert api.last("schedule") == {"file": FILE, "action": "history", "run": "r1"}
    assert await api.post(f"{ONE}/runs/r1/stop") == {"outcome": "stopped"}
    api.control.fail("schedule", UsageError("there is no run 'r2'"))
    await api.ask("GET", f"{ONE}/runs/r2", status=404)


async def _runs(api: Api, ledger: Ledger, query: dict[str, str]) -> Any:
    """Ask for runs, with the answers of a ledger that obeys what it is asked."""
    api.control.schedule = ledger.schedule  # type: ignore[method-assign] # the rest stays fake
    return (await api.ask("GET", f"{ONE}/runs", query=query)).json
