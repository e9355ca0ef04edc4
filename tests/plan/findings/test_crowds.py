"""CS012 and CS016: schedules in each other's way."""

import pytest

from tests.plan.findings.files import file, findings, one, told


def daily(minute: int, count: int, settings: str = "") -> list[str]:
    """Return so many schedules of one minute."""
    return [f"cron: '{minute} 9 * * *'{settings}"] * count


def test_more_starts_than_may_run_at_once() -> None:
    """The fullest minute is told at the first schedule that has to wait."""
    finding = one(file(*daily(5, 3)), max_parallel=2)
    assert (finding.rule, finding.severity, finding.schedule) == ("CS012", "warning", "a/s2")
    assert (finding.line, finding.column) == (10, 18)
    assert finding.message == (
        "on Mon 2026-11-23 09:05 (UTC) 3 schedules start in one minute: a/s0, a/s1, a/s2; only 2 run at once "
        "(--max-parallel), so the others wait; so it is in 6 more minutes of 7 days"
    )
    assert "jitter: 10m" in finding.help


def test_the_default_limit_is_eight() -> None:
    """Eight in one minute are fine, nine are not; most of them are counted only."""
    assert told(file(*daily(5, 8))) == []
    assert "a/s0, a/s1, a/s2 and 6 more" in one(file(*daily(5, 9))).message


def test_the_fullest_minute_is_told() -> None:
    """Not the first one that is too full."""
    (finding,) = findings(file(*daily(5, 2), *daily(7, 3)), max_parallel=1)
    assert "09:07 (UTC) 3 schedules" in finding.message
    assert "13 more minutes" in finding.message


def test_a_single_full_minute() -> None:
    """Where it happens once, nothing more is counted."""
    weekly = ["cron: '5 9 * * 3'", "cron: '5 9 25 * *'"]
    assert one(file(*weekly), max_parallel=1).message.endswith("so the others wait")


def test_jitter_spreads_the_starts() -> None:
    """What starts later in another minute does not collide, and so a schedule that is paused."""
    assert told(file(*daily(5, 3, ", jitter: 2h")), max_parallel=2) == []
    assert told(file(*daily(5, 2), *daily(5, 1, ", paused: true")), max_parallel=2) == []


@pytest.mark.parametrize(
    ("overlap", "consequence"), [("skip", "the later one is skipped"), ("replace", "the later one waits")]
)
def test_two_in_one_worktree(overlap: str, consequence: str) -> None:
    """Both work where the agent does, so one of them is in the way."""
    settings = f", workspace: agent, prompt: x, overlap: {overlap}"
    finding = one(file("cron: '5 9 * * *', workspace: agent", f"cron: '5 */3 * * *'{settings}"))
    assert (finding.rule, finding.schedule, finding.line, finding.column) == ("CS012", "a/s1", 9, 18)
    assert finding.message.startswith(
        "starts in the same minute as a/s0 and in the same worktree, that of agent a, "
        f"as on Mon 2026-11-23 09:05: {consequence}"
    )


def test_worktrees_of_their_own() -> None:
    """Fresh ones, other minutes and other agents are out of each other's way."""
    assert told(file("cron: '5 9 * * *', workspace: agent", "cron: '5 9 * * *'")) == []
    assert told(file("cron: '5 9 * * *', workspace: agent", "cron: '6 9 * * *', workspace: agent")) == []
    assert told(file("cron: '5 9 * * *', overlap: allow", "cron: '5 9 * * *', overlap: allow")) == []


def test_the_neighbour_that_collides_is_named() -> None:
    """Of several in one worktree it is the one of that minute."""
    shared = ", workspace: agent"
    text = file(f"cron: '1 9 * * *'{shared}", f"cron: '2 9 * * *'{shared}", f"cron: '2 9 * * 1'{shared}")
    assert one(text).message.startswith("starts in the same minute as a/s1")


def test_many_at_the_full_hour() -> None:
    """The fourth without jitter is told, once for the file."""
    finding = one(
        file(*["cron: '0 9 * * *'", "cron: '*/30 8 * * *'", "cron: '@daily'", "cron: '@weekly'"] * 2)
    )
    assert (finding.rule, finding.severity, finding.schedule) == ("CS016", "info", "a/s3")
    assert (finding.line, finding.column) == (11, 18)
    assert finding.message == (
        "8 schedules without jitter start when the hour is full: a/s0, a/s1, a/s2 and 5 more"
    )


def test_few_at_the_full_hour() -> None:
    """Three may, and any number with jitter, when paused, or on an event."""
    three = ["cron: '0 9 * * *'", "cron: '0 10 * * *'", "cron: '0 11 * * *'"]
    others = ["cron: '0 12 * * *', jitter: 5m", "cron: '0 13 * * *', paused: true", "on: {webhook: h}"]
    assert told(file(*three, *others, "cron: '5 9 * * *'")) == []
