"""Which runs take too long."""

from constellagent.runtime.scheduler.limits import Limits


def test_runs_are_taken_when_their_time_is_up() -> None:
    """The first ones first, each once."""
    limits = Limits()
    assert limits.next() is None
    limits.set("late", 20.0)
    limits.set("early", 10.0)

    assert limits.next() == 10.0
    assert limits.take(9.9) == []
    assert limits.take(20.0) == ["early", "late"]
    assert limits.take(30.0) == []
    assert limits.next() is None


def test_a_new_limit_takes_the_place_of_the_old_one() -> None:
    """Whether it is later or earlier; and one of a run that ended is none."""
    limits = Limits()
    limits.set("a", 10.0)
    limits.set("a", 20.0)
    assert limits.take(10.0) == []
    limits.set("a", 12.0)
    assert limits.next() == 12.0
    limits.forget("a")
    limits.forget("a")

    assert limits.next() is None
    assert limits.take(99.0) == []
