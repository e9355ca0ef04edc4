"""Schedules that come, change and go with an apply."""

from typing import Any

from constellagent.plan.actions import AddSchedule, ChangeSchedule, Plan, RemoveSchedule
from constellagent.plan.diff import Options, plan
from constellagent.plan.observed import Observed, There, Unknown
from constellagent.plan.render import to_json, to_lines
from tests.plan.samples import declared, nothing, settled

MORNING = {"cron": "0 9 * * *", "prompt": "Read your inbox."}


def planned(seen: dict[str, Any], schedules: dict[str, Any], **options: Any) -> Plan:
    """Plan for the agent `docs`, of which everything but its schedules is as declared."""
    desired = declared(docs={"schedules": schedules})
    observed = Observed({"docs": settled(desired.agents["docs"], **seen)})
    return plan(desired, observed, Options(**options))


def texts(**schedules: dict[str, Any]) -> dict[str, str]:
    """Return the declarations of schedules of `docs`."""
    return dict(declared(docs={"schedules": schedules}).agents["docs"].schedules)


def test_a_declared_schedule_comes_into_effect() -> None:
    """A schedule that nobody put into effect yet is added, and the plan says so in words."""
    result = planned({"schedules": There({})}, {"morning": MORNING})
    text = texts(morning=MORNING)["morning"]
    assert result.actions == (AddSchedule("docs", "declared, not in effect", "morning", text),)
    assert to_lines(result) == ["+ docs  add schedule morning  (declared, not in effect)"]
    assert to_json(result)["actions"][0]["declared"] == text


def test_a_schedule_in_effect_as_declared_needs_nothing() -> None:
    """A second plan is empty."""
    assert planned({}, {"morning": MORNING}).empty


def test_every_changed_word_of_a_schedule_is_a_change() -> None:
    """Its prompt, its zone or its policies: whatever differs is put into effect."""
    for change in ({"prompt": "x"}, {"timezone": "Europe/London"}, {"missed": "all"}, {"cron": "1 9 * * *"}):
        was = texts(morning=MORNING)
        result = planned({"schedules": There(was)}, {"morning": {**MORNING, **change}})
        assert [type(action) for action in result.actions] == [ChangeSchedule]


def test_a_schedule_that_was_struck_out_goes_without_being_asked() -> None:
    """It is a setting of its agent: nobody is woken by what the file does not say any more."""
    result = planned({"schedules": There(texts(morning=MORNING, noon=MORNING))}, {"morning": MORNING})
    assert result.actions == (RemoveSchedule("docs", "no longer declared", "noon"),)


def test_unknown_schedules_stop_an_agent_that_declares_some() -> None:
    """What could not be looked at is neither added nor removed."""
    result = planned({"schedules": Unknown("no answer")}, {"morning": MORNING})
    assert (result.actions, result.notes[0].symbol) == ((), "?")
    assert planned({"schedules": Unknown("no answer")}, {}).empty


def test_schedules_of_an_agent_that_is_no_longer_declared_go_at_once() -> None:
    """The agent itself is kept until somebody prunes it."""
    desired = declared(docs={}, old={"schedules": {"morning": MORNING}})
    observed = Observed({name: settled(agent) for name, agent in desired.agents.items()})
    result = plan(declared(docs={}), observed)
    assert result.actions == (RemoveSchedule("old", "no longer declared", "morning"),)
    assert "--prune" in result.notes[0].text


def test_schedules_go_first_when_an_agent_is_destroyed() -> None:
    """Nothing may wake an agent of which half is gone."""
    result = planned({}, {"morning": MORNING}, destroy=True)
    assert isinstance(result.actions[0], RemoveSchedule)


def test_schedules_come_before_the_first_session() -> None:
    """An agent that cannot be started now is woken by its schedules all the same."""
    desired = declared(docs={"schedules": {"morning": MORNING}})
    names = [type(action).__name__ for action in plan(desired, Observed({"docs": nothing()})).actions]
    assert names.index("AddSchedule") == names.index("StartSession") - 1
