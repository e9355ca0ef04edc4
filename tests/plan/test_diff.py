"""The whole comparison: who is chosen, in which order, and what nobody declares any more."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.errors import UsageError
from constellagent.plan.actions import (
    ArchiveIdentity,
    CreateIdentity,
    Forget,
    RemoveWorktree,
    RestartService,
    RestartSession,
    StartService,
    StopService,
)
from constellagent.plan.desired import Desired
from constellagent.plan.diff import Options, plan
from constellagent.plan.observed import (
    Absent,
    Observed,
    ObservedService,
    SessionFacts,
    There,
    Unknown,
)
from tests.plan.samples import declared, docs, nothing, settled

DB = {"db": {"command": ["true"]}}


def live(desired: Desired, name: str) -> ObservedService:
    """Return a service that runs as declared."""
    return ObservedService(
        There(SessionFacts("s-9", live=True, fingerprint=desired.services[name].fingerprint))
    )


def all_settled(desired: Desired) -> Observed:
    """Return a look that found everything as declared."""
    return Observed(
        {name: settled(agent) for name, agent in desired.agents.items()},
        {name: live(desired, name) for name in desired.services},
    )


def all_absent(desired: Desired) -> Observed:
    """Return a look that found nothing."""
    return Observed(
        {name: nothing() for name in desired.agents},
        {name: ObservedService(Absent()) for name in desired.services},
    )


def subjects(desired: Desired, observed: Observed, **options: Any) -> list[str]:
    """Return whom the plan's actions are about, each once, in order."""
    actions = plan(desired, observed, Options(**options)).actions
    return list(dict.fromkeys(action.subject for action in actions))


def test_services_come_first_and_agents_in_the_order_of_the_file() -> None:
    """The order is the file's, with services before the agents that may need them."""
    desired = declared(zeta={}, alpha={}, services={"db": {"command": ["true"]}, "cache": {"shell": "x"}})
    assert subjects(desired, all_absent(desired)) == ["db", "cache", "zeta", "alpha"]


def test_a_settled_constellation_needs_nothing() -> None:
    """Where all is as declared the plan is empty and says nothing."""
    desired = declared(docs={"needs": ["db"]}, site={}, services=DB)
    result = plan(desired, all_settled(desired))
    assert (result.constellation, result.actions, result.notes) == ("acme", (), ())


def test_the_order_of_a_look_does_not_matter() -> None:
    """The same facts give the same plan, in whatever order they were found."""
    seen = {name: settled(docs()) for name in ("docs", "old-a", "old-b")}
    services = {name: ObservedService(There(SessionFacts(name, live=True, fingerprint=""))) for name in "ab"}
    one = Observed(seen, services)
    other = Observed(dict(reversed(seen.items())), dict(reversed(services.items())))
    assert one == other
    for options in (Options(), Options(prune=True), Options(destroy=True)):
        assert plan(declared(docs={}), one, options) == plan(declared(docs={}), other, options)


def test_what_nobody_looked_at_is_not_created() -> None:
    """An agent or service that is left out of the look is unknown, not absent."""
    result = plan(declared(docs={}, services=DB), Observed())
    assert result.actions == ()
    assert {(note.symbol, note.subject) for note in result.notes} == {("?", "db"), ("?", "docs")}


def test_a_limited_plan_works_on_the_named_agents_and_what_they_need() -> None:
    """Other agents, other services and undeclared things are left out of a limited plan."""
    services = {"db": {"command": ["true"]}, "cache": {"command": ["true"]}}
    desired = declared(docs={"needs": ["db"]}, site={"needs": ["cache"]}, services=services)
    seen = all_absent(desired)
    old = Observed({**seen.agents, "old": settled(docs())}, {**seen.services, "relic": live(desired, "db")})
    assert subjects(desired, old, agents=frozenset({"docs"}), prune=True) == ["db", "docs"]
    assert {n.subject for n in plan(desired, old, Options(agents=frozenset({"docs"}))).notes} == set()


def test_what_restart_names_is_worked_on_too() -> None:
    """A restart is never dropped because the plan is limited to other agents."""
    services = {"db": {"command": ["true"]}, "cache": {"command": ["true"]}}
    desired = declared(docs={}, site={}, third={}, services=services)
    options = Options(agents=frozenset({"docs"}), restart=frozenset({"site", "db"}))
    actions = plan(desired, all_settled(desired), options).actions
    assert [(type(action), action.subject) for action in actions] == [
        (RestartService, "db"),
        (RestartSession, "site"),
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"agents": frozenset({"dcos"})}, "there is no agent 'dcos'; did you mean docs?"),
        ({"agents": frozenset({"db"})}, "there is no agent 'db'"),
        ({"agents": frozenset({"not-ours"})}, "there is no agent 'not-ours'"),
        (
            {"restart": frozenset({"dcos"})},
            "--restart dcos: no agent or service of that name is declared; did you mean docs?",
        ),
        ({"restart": frozenset({"old"})}, "--restart old: no agent or service of that name is declared"),
    ],
)
def test_names_that_there_are_not_are_usage_errors(options: dict[str, Any], message: str) -> None:
    """A mistyped name is an error and never an empty plan."""
    desired = declared(docs={}, services=DB)
    seen = Observed({"docs": nothing(), "old": nothing(made_by_us=True), "not-ours": nothing()})
    with pytest.raises(UsageError) as caught:
        plan(desired, seen, Options(**options))
    assert caught.value.message == message
    assert "constellagent status" in caught.value.hint


def test_an_unknown_service_keeps_the_agents_that_need_it_from_starting() -> None:
    """An agent is not started when a service that it needs could not be looked at; others are."""
    desired = declared(docs={"needs": ["db"]}, site={}, services=DB)
    seen = Observed(all_absent(desired).agents, {"db": ObservedService(Unknown("no answer"))})
    assert subjects(desired, seen) == ["site"]


def test_one_stopped_agent_does_not_stop_the_others() -> None:
    """Agents are compared independently."""
    desired = declared(docs={}, site={})
    seen = Observed({"docs": nothing(worktree=Unknown("no answer")), "site": nothing()})
    assert subjects(desired, seen) == ["site"]


def test_a_sandbox_that_cannot_be_stops_its_agent_and_nobody_else() -> None:
    """An agent that asks for a sandbox is never run without one; others go on."""
    whole = declared(docs={"sandbox": "bwrap"}, site={})
    desired = replace(whole, unfit={"docs": "bwrap is missing; install it"})
    result = plan(desired, all_absent(desired))
    assert {action.subject for action in result.actions} == {"site"}
    assert result.blocked
    assert [note.text for note in result.notes] == ["sandbox: bwrap: bwrap is missing; install it"]


@pytest.fixture
def leftovers() -> tuple[Desired, Observed]:
    """One declared agent; one that is ours and undeclared, one that is not ours; a service of each kind."""
    desired = declared(docs={}, services=DB)
    seen = all_settled(desired)
    agents = {**seen.agents, "old": settled(docs()), "foreign": settled(docs(), made_by_us=False)}
    services = {
        **seen.services,
        "relic": ObservedService(There(SessionFacts("s-8", live=True, fingerprint=""))),
        "ended": ObservedService(There(SessionFacts("s-7", live=False, fingerprint=""))),
    }
    return desired, Observed(agents, services)


def test_what_is_no_longer_declared_is_reported(leftovers: tuple[Desired, Observed]) -> None:
    """Without prune nothing is removed; only what is ours and still there is named."""
    result = plan(*leftovers)
    assert (result.actions, result.pending) == ((), False)
    assert [(note.symbol, note.subject, note.text) for note in result.notes] == [
        ("~", "old", "no longer declared; it is kept until `constellagent apply --prune` removes it"),
        ("~", "relic", "a service no longer declared; it runs until `constellagent apply --prune` stops it"),
    ]


def test_prune_removes_what_is_ours_and_no_longer_declared(leftovers: tuple[Desired, Observed]) -> None:
    """Prune takes down the undeclared agent and service of ours, and nothing else."""
    actions = plan(*leftovers, Options(prune=True)).actions
    assert [(type(action).__name__, action.subject) for action in actions] == [
        ("StopSession", "old"),
        ("RemoveWorktree", "old"),
        ("ArchiveIdentity", "old"),
        ("Forget", "old"),
        ("StopService", "relic"),
    ]


def test_prune_reports_a_service_that_could_not_be_looked_at() -> None:
    """An undeclared service of unknown state is named, with and without prune."""
    seen = Observed(services={"relic": ObservedService(Unknown("no answer"))})
    for prune in (False, True):
        result = plan(declared(), seen, Options(prune=prune))
        assert (result.actions, [note.symbol for note in result.notes]) == ((), ["?"])


def test_prune_can_be_limited_and_forced() -> None:
    """A named undeclared agent is pruned alone; force reaches the removal of its worktree."""
    seen = Observed({"old": settled(docs()), "older": settled(docs())})
    actions = plan(declared(), seen, Options(agents=frozenset({"old"}), prune=True, force=True)).actions
    assert {action.subject for action in actions} == {"old"}
    assert all(action.force for action in actions if isinstance(action, RemoveWorktree))


def test_prune_archives_an_identity_that_is_no_longer_declared() -> None:
    """`identity: false` on an agent that has one takes effect with prune."""
    without = declared(docs={"identity": False})
    seen = Observed({"docs": settled(without.agents["docs"], identity=settled(docs()).identity)})
    assert [type(a) for a in plan(without, seen, Options(prune=True)).actions] == [ArchiveIdentity]


def test_destroy_takes_down_all_that_is_ours(leftovers: tuple[Desired, Observed]) -> None:
    """Destroy removes declared and undeclared agents of ours, then the services; not what is not ours."""
    result = plan(*leftovers, Options(destroy=True))
    assert [action.subject for action in result.actions if isinstance(action, Forget)] == ["docs", "old"]
    assert "foreign" not in {action.subject for action in result.actions}
    stopped = [action.subject for action in result.actions if isinstance(action, StopService)]
    assert stopped == ["db", "relic"]
    assert all(isinstance(action, StopService) for action in result.actions[-2:])
    kinds = {CreateIdentity, StartService}
    assert not kinds & {type(action) for action in result.actions}


def test_destroy_can_be_limited(leftovers: tuple[Desired, Observed]) -> None:
    """Destroying one agent leaves the other agents and the services alone, and passes force on."""
    desired, seen = leftovers
    options = Options(agents=frozenset({"old"}), destroy=True, force=True)
    actions = plan(desired, seen, options).actions
    assert {action.subject for action in actions} == {"old"}
    assert [action.force for action in actions if isinstance(action, RemoveWorktree)] == [True]


def test_destroy_removes_nothing_that_nobody_looked_at() -> None:
    """A look that brought nothing back destroys nothing, and says so."""
    result = plan(declared(docs={}, services=DB), Observed(), Options(destroy=True))
    assert result.actions == ()
    assert {note.symbol for note in result.notes} == {"?"}
