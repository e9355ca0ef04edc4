"""The ledger: what is written once, what never goes back."""

import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from constellagent.plan.fires import Fire, State
from constellagent.plan.wakeups import Change, Decision
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.runtime.store.schedules import ScheduleRows
from tests.runtime.store.ledgers import MINUTE, NOW, begun, decided, fire, fresh, upto


class TestCommit:
    """What is decided."""

    async def test_a_row_comes_back_as_it_was_decided(self, ledger: Ledger) -> None:
        """Every field of a fire survives, with the time of the decision and the version of the zones."""
        missed = fire(
            2,
            state="missed",
            why="the machine slept",
            first=NOW,
            count=3,
            missed=2,
            depth=4,
            not_before=NOW + timedelta(microseconds=7),
        )
        event = fire(3, origin="event", reason="email", event="m-1")

        new = await ledger.commit("c", {"docs/daily": decided(missed, event)}, NOW + 5 * MINUTE)

        assert new == [missed, event]
        assert await ledger.get(missed.run) == LedgerRow("c", missed, NOW + 5 * MINUTE, tzdata="2026.1")
        assert await ledger.get(event.run) == LedgerRow("c", event, NOW + 5 * MINUTE, tzdata="2026.1")

    async def test_cursor_and_rows_are_written_together(self, ledger: Ledger) -> None:
        """One transaction holds the decisions of several schedules, each with its cursor."""
        daily, hourly = fire(1), fire(2, "docs/hourly")

        new = await ledger.commit("c", {"docs/daily": decided(daily), "docs/hourly": decided(hourly)}, NOW)

        assert new == [daily, hourly]
        assert (await upto(ledger), await upto(ledger, "hourly")) == (daily.fire_at, hourly.fire_at)

    async def test_a_decision_made_twice_counts_once(self, ledger: Ledger) -> None:
        """The second time nothing is new, and what came of the first time stays."""
        decision = decided(fire(1), failures=2)
        await ledger.commit("c", {"docs/daily": decision}, NOW)
        await ledger.claim([fire(1)], NOW)

        assert await ledger.commit("c", {"docs/daily": decision}, NOW + MINUTE) == []

        (row,) = await ledger.open("c")
        assert (row.fire.state, row.decided_at) == ("claimed", NOW)

    async def test_the_same_event_drops_nothing_the_second_time(self, ledger: Ledger) -> None:
        """A decision of which no fire is new takes nothing out of the queue: it was written before."""
        event = fire(0, origin="event", event="m-1")
        await ledger.commit("c", {"docs/daily": Decision(fires=(event,))}, NOW)
        again = Decision(
            fires=(event,), changes=(Change(event.run, "dropped", "a newer fire took its place"),), pause="no"
        )

        assert await ledger.commit("c", {"docs/daily": again}, NOW) == []

        assert [row.fire.state for row in await ledger.open("c")] == ["queued"]
        assert (await ScheduleRows(ledger._database).all("c"))[0].paused == ""

    async def test_an_event_is_told_once_whenever_it_is_said_to_have_been(self, ledger: Ledger) -> None:
        """Its id is what counts; and a second event of the same microsecond is not new either."""
        event = fire(0, origin="event", event="m-1")
        later, other = fire(1, origin="event", event="m-1"), fire(0, origin="event", event="m-2")

        assert await ledger.commit("c", {"docs/daily": Decision(fires=(event,))}, NOW) == [event]
        assert await ledger.commit("c", {"docs/daily": Decision(fires=(later,))}, NOW) == []
        assert await ledger.commit("c", {"docs/daily": Decision(fires=(other,))}, NOW) == []

    async def test_a_cursor_never_goes_back(self, ledger: Ledger) -> None:
        """What is decided up to a time stays so, and a decision that is behind it writes no row."""
        await ledger.commit("c", {"docs/daily": decided(fire(5))}, NOW)

        assert await ledger.commit("c", {"docs/daily": decided(fire(3), failures=9)}, NOW) == []

        assert await upto(ledger) == NOW + 5 * MINUTE
        assert [row.fire.fire_at for row in await ledger.open("c")] == [NOW + 5 * MINUTE]
        assert (await ScheduleRows(ledger._database).all("c"))[0].failures == 0

    async def test_a_schedule_that_is_gone_gets_no_row(self, ledger: Ledger) -> None:
        """What was decided before a schedule was removed is not run after it."""
        await ScheduleRows(ledger._database).drop("c", "docs", "daily")

        assert await ledger.commit("c", {"docs/daily": decided(fire(1))}, NOW) == []

        assert await ledger.open() == []

    async def test_a_change_takes_only_what_is_queued(self, ledger: Ledger) -> None:
        """A run that is being started is not dropped any more."""
        queued, claimed = fire(1), fire(2)
        await ledger.commit("c", {"docs/daily": Decision(fires=(queued, claimed))}, NOW)
        await ledger.claim([claimed], NOW)
        changes = tuple(Change(one.run, "dropped", "why") for one in (queued, claimed))

        await ledger.commit("c", {"docs/daily": Decision(changes=changes)}, NOW)

        found = {row.fire.run: (row.fire.state, row.fire.why) for row in await ledger.history("c")}
        assert found == {queued.run: ("dropped", "why"), claimed.run: ("claimed", "")}

    async def test_a_pause_and_failures_are_written(self, ledger: Ledger) -> None:
        """They go with the decision; the first reason of a pause stays."""
        await ledger.commit("c", {"docs/daily": Decision(failures=3, pause="after 3 failures")}, NOW)
        await ledger.commit("c", {"docs/daily": Decision(pause="again")}, NOW + MINUTE)

        row = (await ScheduleRows(ledger._database).all("c"))[0]
        assert (row.failures, row.paused, row.paused_at) == (3, "after 3 failures", NOW)

    async def test_a_run_that_is_replaced_is_marked(self, ledger: Ledger) -> None:
        """Whoever stops it later, the next daemon too, knows what for; the first reason stays."""
        await begun(ledger, fire(1))
        await ledger.commit("c", {"docs/daily": decided(fire(2), stop=(fire(1).run,))}, NOW)
        await ledger.stopping(fire(1).run, "timeout")

        row = await ledger.get(fire(1).run)
        assert row is not None
        assert (row.fire.state, row.ending) == ("claimed", "replaced")


class TestRun:
    """The life of one row."""

    async def test_a_run_goes_through_all_states(self, ledger: Ledger) -> None:
        """Each step keeps what the one before wrote down."""
        one = fire(1)
        assert await begun(ledger, one) == [one]
        await ledger.place(one.run, branch="runs/docs", path="/w", base="abc")
        await ledger.started(one.run, NOW + MINUTE, live_since=7.5, boot_id="boot")
        ended = await ledger.end(one.run, "failed", NOW + 2 * MINUTE, why="exit status 3", exit_status=3)
        await ledger.report(one.run, {"commits": [], "told": ""})
        await ledger.report(one.run, {"told": "now"})

        row = await ledger.get(one.run)
        assert ended is not None
        assert row == replace(ended, report={"commits": [], "told": "now"})
        assert row.fire == replace(one, state="failed", why="exit status 3")
        assert (row.claimed_at, row.started_at, row.ended_at) == (NOW, NOW + MINUTE, NOW + 2 * MINUTE)
        assert (row.branch, row.path, row.base, row.exit_status) == ("runs/docs", "/w", "abc", 3)
        assert (row.live_since, row.boot_id, row.ending) == (7.5, "boot", None)

    async def test_a_fire_is_claimed_once(self, ledger: Ledger) -> None:
        """Of two who claim it one gets it."""
        await begun(ledger, fire(1))

        assert await ledger.claim([fire(1), fire(2)], NOW) == []

    async def test_a_run_ends_once(self, ledger: Ledger) -> None:
        """The first end stays; the second is told that there was one, and what follows it is not written."""
        await begun(ledger, fire(1))
        assert await ledger.end(fire(1).run, "succeeded", NOW) is not None

        again = await ledger.end(fire(1).run, "lost", NOW, then=Decision(fires=(fire(2),)))

        assert again is None
        assert [row.fire.state for row in await ledger.history("c")] == ["succeeded"]
        assert await ledger.end("0" * 32, "lost", NOW) is None

    async def test_an_end_and_what_follows_are_one(self, ledger: Ledger) -> None:
        """The retry is there as soon as the end is, so that no crash can come between them."""
        await begun(ledger, fire(1))
        retry = fire(1, attempt=2, reason="retry")

        await ledger.end(fire(1).run, "failed", NOW, then=Decision(fires=(retry,), failures=1), heard=True)

        assert [row.fire for row in await ledger.open("c")] == [retry]
        assert (await ScheduleRows(ledger._database).all("c"))[0].failures == 1

    async def test_a_late_word_changes_nothing(self, ledger: Ledger) -> None:
        """What is told of a run that has ended, or that nobody knows, is too late."""
        await begun(ledger, fire(1))
        await ledger.end(fire(1).run, "lost", NOW, why="nobody knows")
        before = await ledger.get(fire(1).run)

        await ledger.started(fire(1).run, NOW)
        await ledger.place(fire(1).run, branch="b", path="p", base="c")
        await ledger.stopping(fire(1).run, "timeout")
        await ledger.report("0" * 32, {"told": "now"})

        assert await ledger.get(fire(1).run) == before

    async def test_ends_that_nobody_heard_of_are_known(self, ledger: Ledger) -> None:
        """An end is unannounced until it is announced, unless nobody listens; what never ran is no end."""
        for minutes in (1, 2, 3):
            await begun(ledger, fire(minutes))
        await ledger.commit("c", {"docs/daily": Decision(fires=(fire(4, state="missed"),))}, NOW)
        await ledger.end(fire(1).run, "succeeded", NOW)
        await ledger.end(fire(2).run, "succeeded", NOW, heard=True)

        assert [row.fire.run for row in await ledger.unannounced()] == [fire(1).run]

        await ledger.announced(fire(1).run)
        assert await ledger.unannounced() == []


STATES: list[State] = ["queued", "missed", "skipped_overlap"]


@st.composite
def decisions(draw: st.DrawFn) -> list[tuple[str, Decision]]:
    """Draw decisions in any order, also such as nobody would make."""
    minutes = st.integers(0, 6)
    made = []
    for _ in range(draw(st.integers(1, 8))):
        key = draw(st.sampled_from(["docs/daily", "docs/hourly", "docs/gone"]))
        fires = [
            fire(minute, key, state=draw(st.sampled_from(STATES)))
            for minute in draw(st.lists(minutes, max_size=3, unique=True))
        ]
        changes = tuple(
            Change(fire(draw(minutes), key).run, "dropped", "w") for _ in range(draw(minutes) % 2)
        )
        cursor = draw(st.none() | minutes.map(lambda minute: NOW + minute * MINUTE))
        made.append((key, Decision(fires=tuple(fires), changes=changes, upto=cursor)))
    return made


async def content(ledger: Ledger) -> list[Any]:
    """Return all that was written."""
    return [
        *await ledger._database.rows("SELECT run, state, why FROM fires ORDER BY run"),
        *await ledger._database.rows("SELECT name, upto, failures, paused FROM schedules ORDER BY name"),
    ]


@settings(max_examples=25)
@given(made=decisions())
async def test_writing_again_changes_nothing_and_cursors_only_rise(
    made: Iterable[tuple[str, Decision]],
) -> None:
    """Whatever is decided, and in whatever order: a second time is as if it were none; no time comes back."""
    with tempfile.TemporaryDirectory() as folder:
        ledger = await fresh(folder)
        cursors = [await upto(ledger), await upto(ledger, "hourly")]
        for key, decision in made:
            new = await ledger.commit("c", {key: decision}, NOW)
            after = await content(ledger)
            assert len({one.run for one in new}) == len(new)
            if decision.fires and decision.upto is not None:
                assert await ledger.commit("c", {key: decision}, NOW + MINUTE) == []
                assert await content(ledger) == after
            risen = [await upto(ledger), await upto(ledger, "hourly")]
            assert all(new_one >= old for new_one, old in zip(risen, cursors, strict=True))
            cursors = risen
        await ledger._database.close()


class TestPermit:
    """Claims that are asked about."""

    async def test_a_run_that_may_not_start_waits_and_says_why(self, ledger: Ledger) -> None:
        """Each is asked about after those before it were counted, so that none shares what is used up."""
        fires = [fire(minutes) for minutes in range(1, 5)]
        await ledger.commit("c", {"docs/daily": decided(*fires)}, NOW)
        asked: list[str] = []

        def permit(_db: object, one: Fire) -> str:
            asked.append(one.run)
            return "limit: runs_per_day 2 of 2" if len(asked) > 2 else ""

        claimed = await ledger.claim(fires, NOW, permit)
        waiting = [row.fire for row in await ledger.open("c") if row.fire.state == "queued"]
        later = await ledger.claim(fires, NOW)
        told = [row.fire.why for row in await ledger.open("c")]

        assert claimed == fires[:2]
        assert asked == [one.run for one in fires]
        assert {one.why for one in waiting} == {"limit: runs_per_day 2 of 2"}
        assert later == fires[2:]
        assert told == ["", "", "", ""]
