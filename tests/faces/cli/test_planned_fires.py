"""Which fires come and go with a plan."""

from datetime import UTC, datetime, timedelta

import pytest

from constellagent.errors import ConflictError, UsageError
from constellagent.faces.cli import planned_fires, schedule_window
from constellagent.plan.declared import declared
from constellagent.plan.schedules import DesiredSchedule
from constellagent.spec.load import load

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def text(*schedules: str) -> bytes:
    """Return a file with one agent."""
    rows = ", ".join(f"s{number}: {{{schedule}}}" for number, schedule in enumerate(schedules))
    return f"version: 1\nname: acme\nagents: {{a: {{command: [x], schedules: {{{rows}}}}}}}\n".encode()


def wanted(*schedules: str) -> dict[str, DesiredSchedule]:
    """Return the schedules of such a file."""
    return schedule_window.declared(text(*schedules), "f")


def applied(*schedules: str) -> dict[str, str]:
    """Return the declarations of such a file, as the daemon keeps them."""
    constellation = load(text(*schedules), "f").constellation
    specs = constellation.agents["a"].schedules
    return {f"a/{name}": declared(spec, constellation) for name, spec in specs.items()}


def test_fires_that_come_and_go() -> None:
    """A changed schedule loses its old times and gets the new ones."""
    before = applied("cron: '0 13 * * *'", "cron: '0 14 * * *'")
    view = planned_fires.compare(wanted("cron: '0 13 * * *'", "cron: '0 15 * * *'"), before, NOW, DAY)
    assert view == {
        "after": "2026-11-22T12:00:00Z",
        "until": "2026-11-23T12:00:00Z",
        "come": ["2026-11-22T15:00:00Z a/s1"],
        "go": ["2026-11-22T14:00:00Z a/s1"],
    }


def test_the_same_schedules_have_the_same_fires() -> None:
    """Also where what they do has changed; `H` and jitter are drawn as they were."""
    same = ("cron: 'H H * * *', jitter: 10m", "cron: '0 * * * *'")
    view = planned_fires.compare(wanted(*same), applied(*same), NOW, 7 * DAY)
    assert (view["come"], view["go"]) == ([], [])
    other = planned_fires.compare(wanted(same[0], f"{same[1]}, prompt: x"), applied(*same), NOW, DAY)
    assert (other["come"], other["go"]) == ([], [])


def test_a_schedule_that_is_paused_goes() -> None:
    """Its fires are not due any more."""
    view = planned_fires.compare(
        wanted("cron: '0 13 * * *', paused: true"), applied("cron: '0 13 * * *'"), NOW, DAY
    )
    assert view["go"] == ["2026-11-22T13:00:00Z a/s0"]


def test_too_many_to_compare() -> None:
    """A window that holds more than a person reads is refused."""
    every = [f"cron: '* * * * *', timeout: {number}s" for number in range(1, 9)]
    with pytest.raises(UsageError, match="fires are too many to compare"):
        planned_fires.compare(wanted(*every), {}, NOW, 10 * DAY)


@pytest.mark.parametrize(
    "kept", ["", "{}", "[]", '{"spec": {"crn": 1}, "timezone": "UTC", "constellation": ""}']
)
def test_a_declaration_of_another_version(kept: str) -> None:
    """It is a conflict, with the way out."""
    with pytest.raises(
        ConflictError, match="a/s0 that is in effect was declared for another version"
    ) as caught:
        planned_fires.compare({}, {"a/s0": kept}, NOW, DAY)
    assert "apply" in caught.value.hint


def test_only_some_agents() -> None:
    """What a plan leaves out is compared for nobody else."""
    assert planned_fires.of_agents({"a/m": "", "ab/m": ""}, ["a"]) == {"a/m": ""}
    assert planned_fires.of_agents({"a/m": "", "b/m": ""}, None) == {"a/m": "", "b/m": ""}


def test_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """By time, whichever side has it, and counted."""
    view = planned_fires.FiresView(
        after="2026-11-22T12:00:00Z",
        until="2026-11-23T12:00:00Z",
        come=["2026-11-22T13:00:00Z a/m", "2026-11-22T15:00:00Z a/m"],
        go=["2026-11-22T14:00:00Z a/m"],
    )
    planned_fires.show(view)
    assert capsys.readouterr().out.splitlines() == [
        "+ 2026-11-22T13:00:00Z a/m",
        "- 2026-11-22T14:00:00Z a/m",
        "+ 2026-11-22T15:00:00Z a/m",
        "until 2026-11-23T12:00:00Z: 2 fires to come, 1 fire to go",
    ]
    planned_fires.show({**view, "come": [], "go": []})
    assert capsys.readouterr().out == "until 2026-11-23T12:00:00Z: the same fires\n"
