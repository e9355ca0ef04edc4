"""Which queued fires start now."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.plan.fires import Fire
from constellagent.plan.limits import NOTHING_HELD, Held
from constellagent.plan.schedules import DesiredSchedule
from constellagent.plan.wakeups import Admission, Change, admit
from constellagent.plan.wakeups.decisions import TICK
from tests.plan.wakeups.samples import MINUTE, SECOND, at, fire, schedule

NOW = at("10:00:30")
HOURLY = schedule()
SIDE_BY_SIDE = schedule(key="triage/many", overlap="allow")
IN_WORKTREE = [schedule(key=f"triage/{name}", workspace="agent") for name in ("one", "two")]
RESIDENT = schedule(key="triage/resident", workspace="resident")
OTHERS = [schedule(key=f"agent-{n}/hourly") for n in range(4)]
URGENT = schedule(key="triage/urgent", start_deadline="15m")


def admitted(
    *rows: Fire, slots: int = 9, without: tuple[DesiredSchedule, ...] = (), held: Held = NOTHING_HELD
) -> Admission:
    """Ask what starts at half a minute past ten."""
    known = [HOURLY, SIDE_BY_SIDE, *IN_WORKTREE, RESIDENT, *OTHERS, URGENT]
    schedules = {whose.key: whose for whose in known if whose not in without}
    return admit(schedules, rows, NOW, slots, held)


def waiting(whose: DesiredSchedule, time: str = "10:00", **changes: Any) -> Fire:
    """Return a queued fire."""
    return fire(whose, at(time), "queued", **changes)


def test_a_queued_fire_starts_in_a_free_workspace() -> None:
    """With nothing in its way a fire starts at once, and there is nothing to wait for."""
    row = waiting(HOURLY)
    assert admitted(row) == Admission(start=(row,))
    assert admitted() == Admission()


def test_fires_start_in_their_order() -> None:
    """The earliest that may start comes first, then the earliest nominal time, then the name, then the id."""
    rows = [
        waiting(OTHERS[3], "09:00", not_before=at("10:00")),
        waiting(OTHERS[0], "10:00", not_before=at("09:59")),
        waiting(OTHERS[2], "09:30", not_before=at("10:00")),
        waiting(OTHERS[1], "09:30", not_before=at("10:00")),
    ]
    expected = (rows[1], rows[0], rows[3], rows[2])
    assert admitted(*rows).start == expected
    assert admitted(*reversed(rows)).start == expected


@pytest.mark.parametrize("slots", [-1, 0, 1, 3])
def test_no_more_start_than_may(slots: int) -> None:
    """The first `slots` fires start, and what is left waits for an end."""
    rows = [waiting(whose) for whose in OTHERS]
    found = admitted(*rows, slots=slots)
    assert found.start == tuple(rows[: max(slots, 0)])
    assert (found.changes, found.again) == ((), None)


def test_one_run_in_each_workspace() -> None:
    """The fires of one schedule start one after another, the oldest first."""
    rows = [waiting(HOURLY, "09:00"), waiting(HOURLY, "10:00")]
    assert admitted(*rows).start == (rows[0],)


@pytest.mark.parametrize("state", ["claimed", "running"])
def test_a_run_keeps_its_workspace_until_it_has_ended(state: Any) -> None:
    """A run that is being started, goes on, or is being replaced, keeps the next one waiting."""
    assert admitted(fire(HOURLY, at("09:00"), state), waiting(HOURLY)) == Admission()


def test_the_agents_worktree_is_shared() -> None:
    """Schedules in the agent's worktree or session exclude each other; fresh ones only themselves."""
    rows = [waiting(IN_WORKTREE[1], "09:00"), waiting(IN_WORKTREE[0]), waiting(RESIDENT), waiting(HOURLY)]
    assert admitted(*rows).start == (rows[0], rows[3])
    assert admitted(fire(RESIDENT, at("09:00")), *rows).start == (rows[3],)


def test_allow_shares_nothing() -> None:
    """With `overlap: allow` every fire starts, beside those that go on."""
    rows = [waiting(SIDE_BY_SIDE, "09:00"), waiting(SIDE_BY_SIDE, "10:00")]
    assert admitted(fire(SIDE_BY_SIDE, at("08:00")), *rows).start == tuple(rows)
    assert len(admitted(*rows, waiting(HOURLY)).start) == 3


def test_what_may_start_later_says_when() -> None:
    """A fire with jitter or a wait before its retry does not start, and tells when to look again."""
    later = waiting(HOURLY, not_before=NOW + 5 * MINUTE)
    soon = waiting(OTHERS[0], not_before=NOW + SECOND)
    assert admitted(later, soon) == Admission(again=NOW + SECOND)
    assert admitted(waiting(HOURLY, not_before=NOW)).again is None


def test_a_fire_that_waits_for_its_time_holds_no_workspace() -> None:
    """A retry of the far future does not keep a newer fire of its schedule from starting."""
    retry = waiting(HOURLY, "09:00", reason="retry", attempt=2, not_before=NOW + 5 * MINUTE)
    now = waiting(HOURLY)
    assert admitted(retry, now) == Admission(start=(now,), again=NOW + 5 * MINUTE)


@pytest.mark.parametrize("busy", [True, False])
def test_a_start_that_comes_too_late_is_dropped(busy: bool) -> None:
    """Later than `start_deadline` after it could have started a fire expires, in a free workspace too."""
    row = waiting(URGENT, not_before=NOW - 15 * MINUTE - TICK)
    rows = [fire(URGENT, at("08:00"))] * busy
    change = Change(row.run, "expired", "it could not start within 15m (start_deadline)")
    assert admitted(*rows, row) == Admission(changes=(change,))


def test_at_the_deadline_itself_it_still_starts() -> None:
    """The deadline is the last moment for a start; one that is held up looks again right after it."""
    row = waiting(URGENT, not_before=NOW - 15 * MINUTE)
    assert admitted(row).start == (row,)
    assert admitted(fire(URGENT, at("08:00")), row) == Admission(again=NOW + TICK)
    assert admitted(row, slots=0) == Admission(again=NOW + TICK)


def test_the_deadline_of_a_retry_counts_from_its_own_wait() -> None:
    """A retry may start for so long after the wait before it, however old its nominal time is."""
    retry = waiting(URGENT, "06:00", reason="retry", attempt=2, not_before=NOW - MINUTE)
    assert admitted(retry).start == (retry,)


@pytest.mark.parametrize("reason", ["manual", "backfill"])
def test_what_a_person_asked_for_waits_without_end(reason: Any) -> None:
    """A run by hand and a backfill have no deadline."""
    row = waiting(URGENT, "06:00", reason=reason)
    assert admitted(row).start == (row,)
    assert admitted(fire(URGENT, at("05:00")), row) == Admission()


def test_the_fires_of_an_unknown_schedule_wait() -> None:
    """What is queued for a schedule that is not there neither starts nor expires."""
    old = waiting(URGENT, "06:00")
    later = waiting(URGENT, not_before=NOW + MINUTE)
    assert admitted(old, later, without=(URGENT,)) == Admission()


def test_a_run_of_an_unknown_schedule_holds_all_that_it_may_have() -> None:
    """Nobody knows where a run of a removed schedule works, so neither workspace of it is given away."""
    rows = [waiting(IN_WORKTREE[0]), waiting(HOURLY), waiting(OTHERS[0])]
    gone = fire(IN_WORKTREE[1], at("08:00"))
    assert admitted(gone, *rows, without=(IN_WORKTREE[1],)).start == (rows[2], rows[1])
    assert admitted(gone, waiting(IN_WORKTREE[0])).start == ()


class TestLimits:
    """Fires of agents that may begin nothing, or while enough work."""

    WHY = "limit: runs_per_day 3 of 3"
    TRIAGE = Held({"triage": WHY})

    @pytest.mark.parametrize("overlap", ["skip", "allow"])
    def test_those_that_would_give_way_do(self, overlap: Any) -> None:
        """Where the schedule lets fires go rather than wait, they are not run, and the row says why."""
        whose = schedule(key="triage/hourly", overlap=overlap)
        row = waiting(whose)
        found = admit({whose.key: whose}, [row], NOW, 9, self.TRIAGE)
        assert found == Admission(changes=(Change(row.run, "over_limit", self.WHY),))

    @pytest.mark.parametrize("overlap", ["queue_one", "queue_all", "replace"])
    def test_others_wait(self, overlap: Any) -> None:
        """The row says for what, and is written once."""
        whose = schedule(key="triage/hourly", overlap=overlap)
        row = waiting(whose)
        said = replace(row, why=self.WHY)
        found = admit({whose.key: whose}, [row], NOW, 9, self.TRIAGE)
        assert found == Admission(changes=(Change(row.run, "queued", self.WHY),))
        assert admit({whose.key: whose}, [said], NOW, 9, self.TRIAGE) == Admission()

    @pytest.mark.parametrize(
        "changes",
        [
            {"reason": "catchup"},
            {"reason": "backfill"},
            {"reason": "retry"},
            {"reason": "manual", "origin": "person"},
        ],
    )
    def test_what_was_asked_for_one_by_one_waits(self, changes: Any) -> None:
        """Whatever the schedule lets happen to the clock's fires."""
        whose = schedule(key="triage/hourly", overlap="skip")
        row = waiting(whose, **changes)
        found = admit({whose.key: whose}, [row], NOW, 9, self.TRIAGE)
        assert [change.state for change in found.changes] == ["queued"]

    def test_other_agents_start(self) -> None:
        """What one agent may not do takes no place from others."""
        rows = [waiting(URGENT, "09:55"), *(waiting(other) for other in OTHERS[:2])]
        found = admitted(*rows, slots=2, held=self.TRIAGE)
        assert found.start == tuple(rows[1:])
        assert found.again == at("10:10") + TICK

    def test_only_so_many_work(self) -> None:
        """Those that wait say so, once, unless it is something else that they wait for."""
        full = "limit: working 2 of 3"
        rows = [waiting(other) for other in OTHERS[:2]]
        busy = fire(HOURLY, at("09:00"))
        found = admitted(busy, *rows, waiting(HOURLY), held=Held(free=1, full=full))
        assert found.start == (rows[0],)
        assert found.changes == (Change(rows[1].run, "queued", full),)
        said = replace(rows[1], why=full)
        assert admitted(said, held=Held(free=0, full=full)) == Admission()
        assert admitted(*rows, slots=1, held=Held(free=5, full=full)).changes == ()
