"""Agents that are started once others are done."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.plan.actions import Note, Plan, StartSession
from constellagent.plan.desired import Desired
from constellagent.plan.diff import Options, plan
from constellagent.plan.observed import (
    Absent,
    Look,
    Observed,
    ObservedAgent,
    ObservedService,
    SessionFacts,
    There,
    Unknown,
)
from constellagent.plan.waiting import awaited, said, waiting
from tests.plan.samples import declared, settled

WORLD = declared(docs={}, site={"needs": ["docs"]})


def session(desired: Desired = WORLD, **changes: Any) -> There[SessionFacts]:
    """Return the newest session of `docs`, live and at work."""
    values: dict[str, Any] = {"id": "s", "live": True, "fingerprint": desired.agents["docs"].fingerprint}
    return There(SessionFacts(**{**values, **changes}))


def seen(docs: Look[SessionFacts]) -> Observed:
    """Return a look at both agents, of which `site` never ran."""
    agents = {name: settled(agent) for name, agent in WORLD.agents.items()}
    agents["docs"] = replace(agents["docs"], session=docs)
    agents["site"] = replace(agents["site"], session=Absent())
    return Observed(agents=agents)


def test_needs_are_services_or_agents() -> None:
    """What is no service is an agent; a service is never waited for so."""
    world = declared(services={"web": {"command": ["x"]}}, docs={}, site={"needs": ["web", "docs"]})
    assert (world.agents["site"].after, world.agents["site"].services) == (("docs",), ("web",))


@pytest.mark.parametrize(
    ("docs", "why"),
    [
        (session(), ""),
        (session(done=True), None),
        (session(live=False, ended_by="itself", outcome="exit status 0", done=True), None),
        (session(live=False, ended_by="itself", outcome="exit status 3"), "failed: exit status 3"),
        (session(live=False, ended_by="stop", outcome="stopped"), ""),
        (session(done=True, fingerprint="older"), ""),
        (Absent(), ""),
        (Unknown("no answer"), "could not be looked at: no answer"),
    ],
)
def test_who_is_done(docs: Look[SessionFacts], why: str | None) -> None:
    """As it is declared now: by a turn, or by an end of its own; what is not known is not done."""
    found = awaited(WORLD.agents["site"], WORLD, seen(docs))
    assert found == ({} if why is None else {"docs": why})


def test_in_words() -> None:
    """For whom, and what there is to say of them."""
    assert said({"a": "", "b": "failed: exit status 1"}) == "waits for a, b, which failed: exit status 1"


def test_it_is_not_started_before() -> None:
    """The plan says for whom it waits, and is empty; once that is done, it starts."""
    before, after = plan(WORLD, seen(session())), plan(WORLD, seen(session(done=True)))

    assert (before.empty, before.notes) == (True, (Note("~", "site", "waits for docs"),))
    assert waiting(before) == {"site"}
    assert [type(action) for action in after.actions] == [StartSession]
    assert waiting(after) == frozenset()


def test_it_waits_for_one_that_is_restarted() -> None:
    """What was done before counts no more; who asks for its own start gets it."""
    look = seen(session(done=True))
    assert waiting(plan(WORLD, look, Options(restart=frozenset({"docs"})))) == {"site"}
    found = plan(WORLD, seen(session()), Options(restart=frozenset({"site"})))
    assert [action.subject for action in found.actions] == ["site"]


def test_other_notes_are_none() -> None:
    """Only who waits for others does."""
    assert waiting(Plan("acme", (), (Note("~", "docs", "it ended by itself"),))) == frozenset()
    assert ObservedService().session == ObservedAgent().session
