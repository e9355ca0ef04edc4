"""What is asked of the ledger, and what it forgets."""

from typing import Any

import pytest

from constellagent.errors import UsageError
from constellagent.plan.fires import Fire
from constellagent.plan.wakeups import Decision
from constellagent.runtime.store.ledger import Ledger
from tests.runtime.store.ledgers import MINUTE, NOW, decided, fire, upto


class TestLook:
    """What is asked."""

    async def test_a_run_may_be_named_by_its_beginning(self, ledger: Ledger) -> None:
        """A beginning that one run has names it; one that several have is refused in words."""
        first, second = fire(1, run="ab" + "0" * 30), fire(2, run="ac" + "0" * 30)
        await ledger.commit("c", {"docs/daily": Decision(fires=(first, second))}, NOW)

        found = await ledger.get("ab")
        assert found is not None
        assert found.fire == first
        for unknown in ("", "b", "AB", "a%", "é", first.run + "0"):
            assert await ledger.get(unknown) is None
        with pytest.raises(UsageError, match="several runs begin with a"):
            await ledger.get("a")

    async def test_open_rows_come_in_their_order(self, ledger: Ledger) -> None:
        """Queued, claimed and running rows, in the order in which they were decided; of one or all."""
        late, early = fire(9), fire(1)
        await ledger.commit("c", {"docs/daily": Decision(fires=(late,))}, NOW)
        await ledger.commit("c", {"docs/daily": Decision(fires=(early, fire(2, state="missed")))}, NOW)
        await ledger.claim([late], NOW)

        assert [row.fire.run for row in await ledger.open("c")] == [late.run, early.run]
        assert [row.fire.run for row in await ledger.open()] == [late.run, early.run]
        assert await ledger.open("d") == []

    async def test_history_is_narrowed(self, ledger: Ledger) -> None:
        """By schedule, state and nominal time (the first bound exclusive), newest first, so many."""
        fires = [fire(minutes) for minutes in (1, 2, 3)]
        other = fire(2, "docs/hourly", state="missed")
        await ledger.commit("c", {"docs/daily": decided(*fires), "docs/hourly": decided(other)}, NOW)

        async def found(**narrowed: Any) -> list[Fire]:
            return [row.fire for row in await ledger.history("c", **narrowed)]

        assert await found() == [fires[2], other, fires[1], fires[0]]
        assert await found(schedules=["docs/hourly"]) == [other]
        assert await found(states=["queued"], limit=2) == [fires[2], fires[1]]
        assert await found(since=NOW + MINUTE, until=NOW + 2 * MINUTE) == [other, fires[1]]
        assert await found(schedules=["docs/gone"]) == []
        assert await ledger.history("d") == []

    async def test_events_of_the_last_hour_are_counted(self, ledger: Ledger) -> None:
        """All that were not refused, and neither retries nor what the clock decided."""
        events = [fire(number, origin="event", event=f"m-{number}") for number in range(3)]
        refused = fire(9, origin="event", event="m-9", state="over_limit")
        retry = fire(0, origin="event", attempt=2, reason="retry")
        await ledger.commit("c", {"docs/daily": Decision(fires=(events[0],))}, NOW - MINUTE)
        rest = (*events[1:], refused, retry, fire(5))
        await ledger.commit("c", {"docs/daily": Decision(fires=rest)}, NOW)

        assert await ledger.events_since("c", "docs/daily", NOW - MINUTE) == 2
        assert await ledger.events_since("c", "docs/daily", NOW - 2 * MINUTE) == 3
        assert await ledger.events_since("c", "docs/hourly", NOW - 2 * MINUTE) == 0

    async def test_the_newest_decision_is_known(self, ledger: Ledger) -> None:
        """It tells what time it was at least."""
        assert await ledger.newest() is None
        await ledger.commit("c", {"docs/daily": decided(fire(1))}, NOW)
        await ledger.commit("c", {"docs/daily": decided(fire(2))}, NOW + MINUTE)
        assert await ledger.newest() == NOW + MINUTE

    @pytest.mark.parametrize(
        ("ask", "index"),
        [
            ("open_one", "fires_open"),
            ("open_all", "fires_open"),
            ("history", "fires_by_time"),
            ("history_of", "fires_by_schedule"),
            ("events", "fires_of_events"),
            ("unannounced", "fires_unannounced"),
            ("get", "sqlite_autoindex_fires_1"),
        ],
    )
    async def test_no_question_reads_the_whole_table(
        self, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, ask: str, index: str
    ) -> None:
        """SQLite answers each from an index, and sorts nothing that could be long."""
        asked: list[tuple[str, Any]] = []
        rows = ledger._database.rows

        async def spy(query: str, values: Any = ()) -> list[Any]:
            asked.append((query, values))
            return await rows(query, values)

        monkeypatch.setattr(ledger._database, "rows", spy)
        questions: dict[str, Any] = {
            "open_one": lambda: ledger.open("c"),
            "open_all": ledger.open,
            "history": lambda: ledger.history("c", states=["failed"]),
            "history_of": lambda: ledger.history("c", schedules=["docs/daily"]),
            "events": lambda: ledger.events_since("c", "docs/daily", NOW),
            "unannounced": ledger.unannounced,
            "get": lambda: ledger.get("ab"),
        }
        await questions[ask]()

        ((query, values),) = asked
        plan = [row[3] for row in await rows(f"EXPLAIN QUERY PLAN {query}", values)]
        assert any(index in step for step in plan), plan
        assert ("history" not in ask) or not any("TEMP B-TREE" in step for step in plan), plan


class TestTrim:
    """What is forgotten."""

    async def test_old_rows_go_and_the_newest_stay(self, ledger: Ledger) -> None:
        """Of each schedule the newest are kept however old; open rows and the cursor always are."""
        fires = [fire(minutes, state="succeeded") for minutes in range(6)]
        other = fire(0, "docs/hourly", state="succeeded")
        still_open = fire(-9)
        await ledger.commit(
            "c", {"docs/daily": decided(still_open, *fires), "docs/hourly": decided(other)}, NOW
        )

        assert await ledger.trim(NOW, 2) == 0
        assert await ledger.trim(NOW + MINUTE, 2) == 4

        kept = {row.fire.run for row in await ledger.history("c")}
        assert kept == {one.run for one in (*fires[4:], other, still_open)}
        assert await upto(ledger) == fires[-1].fire_at

    async def test_what_was_dropped_is_not_run_again(self, ledger: Ledger) -> None:
        """The cursor remembers what the rows do not tell any more."""
        fires = [fire(minutes, state="succeeded") for minutes in range(4)]
        await ledger.commit("c", {"docs/daily": decided(*fires)}, NOW)
        await ledger.trim(NOW + MINUTE, 1)

        assert await ledger.commit("c", {"docs/daily": decided(fire(0))}, NOW) == []
