"""What must run: sessions of agents and services."""

from collections.abc import Mapping
from typing import Any

import pytest

from constellagent.plan.actions import (
    Action,
    CreateWorktree,
    RestartService,
    RestartSession,
    StartService,
    StartSession,
)
from constellagent.plan.desired import DesiredAgent
from constellagent.plan.draft import Draft
from constellagent.plan.observed import (
    FOLDER_GONE,
    Absent,
    Look,
    ObservedAgent,
    ObservedService,
    SessionFacts,
    There,
    Unknown,
)
from constellagent.plan.running import run_service, run_session
from tests.plan.samples import COMMIT, PATH, declared, docs, session, settled

NOBODY: frozenset[str] = frozenset()
DOCS = frozenset({"docs"})
ENDED = {"live": False, "ended_by": "itself", "outcome": "exit status 3"}


def compared(
    agent: DesiredAgent,
    seen: ObservedAgent,
    restart: frozenset[str] = NOBODY,
    unknown_services: Mapping[str, str] | None = None,
) -> Draft:
    """Run the rule for one agent."""
    draft = Draft(agent.name)
    run_session(draft, agent, seen, restart, unknown_services or {})
    return draft


def outline(draft: Draft) -> list[tuple[str, str]]:
    """Return what is to be done and what is said, as symbol and reason."""
    done: list[tuple[str, str]] = [(action.symbol, action.reason) for action in draft.actions]
    return done + [(note.symbol, note.text) for note in draft.notes]


CHANGED = "its declaration changed since it was started"
ASKED = "a restart was asked for"


@pytest.mark.parametrize(
    ("look", "restart", "expected"),
    [
        (Absent(), NOBODY, [("+", "declared, not running")]),
        (Absent(), DOCS, [("+", f"{ASKED}; it was not running")]),
        (Unknown("no answer"), NOBODY, [("?", "its session could not be looked at: no answer")]),
        (Unknown("no answer"), DOCS, [("?", "its session could not be looked at: no answer")]),
        (session(docs()), NOBODY, []),
        (session(docs()), DOCS, [("!", ASKED)]),
        (
            session(docs(), fingerprint="old"),
            NOBODY,
            [("!", f"{CHANGED}; `--restart docs` ends its session and starts it again")],
        ),
        (session(docs(), fingerprint="old"), DOCS, [("!", CHANGED)]),
        (
            session(docs(), **ENDED),
            NOBODY,
            [("~", "it ended by itself: exit status 3; `--restart docs` starts it again")],
        ),
        (session(docs(), **ENDED), DOCS, [("+", f"{ASKED}; it was not running: exit status 3")]),
        (
            session(docs(), **ENDED, fingerprint="old"),
            NOBODY,
            [("+", "its declaration changed since it ended: exit status 3")],
        ),
        (
            session(docs(), live=False, ended_by="stop", outcome="stopped"),
            NOBODY,
            [("+", "not running: stopped")],
        ),
        (
            session(docs(), live=False, ended_by="lost", outcome="lost in a reboot"),
            NOBODY,
            [("+", "not running: lost in a reboot")],
        ),
        (
            session(docs(), live=False, ended_by="lost", outcome="no such command"),
            NOBODY,
            [("+", "not running: no such command")],
        ),
    ],
)
def test_session_of_an_agent(
    look: Look[SessionFacts], restart: frozenset[str], expected: list[tuple[str, str]]
) -> None:
    """What runs is ended only with leave; what ended by itself is started only on a change or a request."""
    assert outline(compared(docs(), settled(docs(), session=look), restart)) == expected


@pytest.mark.parametrize("look", [Absent(), session(docs(), live=False, ended_by="lost", outcome="lost")])
def test_an_agent_without_autostart_waits_for_a_request(look: Look[SessionFacts]) -> None:
    """`autostart: false` leaves an agent that does not run alone, unless a restart names it."""
    agent = docs(autostart=False)
    assert compared(agent, settled(agent, session=look)).actions == ()
    assert [type(a) for a in compared(agent, settled(agent, session=look), DOCS).actions] == [StartSession]


def test_restart_names_the_session_it_ends() -> None:
    """A restart carries the id of what it stops, so that it can never stop another."""
    (action,) = compared(docs(), settled(docs()), DOCS).actions
    assert isinstance(action, RestartSession)
    assert action.session == "s-1"


@pytest.mark.parametrize(
    ("restart", "expected"),
    [
        (
            NOBODY,
            (
                "!",
                "it runs in a folder that is gone; `--restart docs` ends its session and starts it again",
            ),
        ),
        (DOCS, ("!", "it runs in a folder that is gone")),
    ],
)
def test_a_session_whose_folder_is_made_anew_waits_for_leave(
    restart: frozenset[str], expected: tuple[str, str]
) -> None:
    """A live process in a deleted folder is not ended behind a person's back, and is not passed over."""
    draft = Draft("docs")
    draft.do(CreateWorktree("docs", "its folder is gone", PATH, "agents/docs", COMMIT, new_branch=False))
    run_session(draft, docs(), settled(docs()), restart, {})
    assert expected in outline(draft)
    assert any(isinstance(action, RestartSession) for action in draft.actions) == bool(restart)


def test_missing_variables_are_named() -> None:
    """A variable of `env.pass` that cannot be given is said by name."""
    draft = compared(docs(), settled(docs(), missing_env=("KEY", "TOKEN")))
    assert outline(draft) == [("~", "its next session goes without KEY, TOKEN: not set in this shell")]


@pytest.mark.parametrize(
    ("look", "restart", "symbols"),
    [
        (Absent(), NOBODY, ["?"]),
        (session(docs()), DOCS, ["?"]),
        (session(docs()), NOBODY, []),
    ],
)
def test_an_agent_waits_for_a_service_that_could_not_be_looked_at(
    look: Look[SessionFacts], restart: frozenset[str], symbols: list[str]
) -> None:
    """An agent is not started on a service of unknown state; one that runs already is left in peace."""
    agent = declared(docs={"needs": ["db"]}, services={"db": {"command": ["true"]}}).agents["docs"]
    seen = settled(agent, session=look)
    draft = compared(agent, seen, restart, {"db": "no answer", "other": "no answer"})
    assert draft.actions == ()
    assert [note.symbol for note in draft.notes] == symbols
    assert all(note.text == "it needs db, which could not be looked at: no answer" for note in draft.notes)
    assert compared(agent, settled(agent, session=Absent()), NOBODY, {"other": "no answer"}).actions != ()


SERVICE = declared(services={"db": {"command": ["true"]}}).services["db"]
DB = frozenset({"db"})


def running(**changes: Any) -> There[SessionFacts]:
    """Return the live session that the service should have."""
    return There(SessionFacts(**{"id": "s-9", "live": True, "fingerprint": SERVICE.fingerprint, **changes}))


@pytest.mark.parametrize(
    ("look", "restart", "actions", "notes"),
    [
        (Unknown("no answer"), DB, (), ["? the service could not be looked at: no answer"]),
        (Absent(), NOBODY, (StartService("db", "declared, not running"),), []),
        (running(), NOBODY, (), []),
        (running(), DB, (RestartService("db", ASKED, session="s-9"),), []),
        (
            running(fingerprint="old"),
            NOBODY,
            (),
            [f"! {CHANGED}; `--restart db` stops the service and starts it anew"],
        ),
        (running(fingerprint="old"), DB, (RestartService("db", CHANGED, session="s-9"),), []),
        (running(**ENDED), NOBODY, (StartService("db", "not running: exit status 3"),), []),
        (running(**ENDED), DB, (StartService("db", "not running: exit status 3"),), []),
    ],
)
def test_service(
    look: Look[SessionFacts], restart: frozenset[str], actions: tuple[Action, ...], notes: list[str]
) -> None:
    """A service that does not run is started however it ended; one that runs is ended only with leave."""
    draft = run_service(SERVICE, ObservedService(look), restart)
    assert draft.actions == actions
    assert [f"{note.symbol} {note.text}" for note in draft.notes] == notes


def test_a_session_in_a_folder_that_is_gone_waits_for_leave() -> None:
    """A worktree that was made anew does not bring its old session back into it."""
    look = There(SessionFacts("s", live=True, fingerprint=FOLDER_GONE))

    (line,) = outline(compared(docs(), settled(docs(), session=look), NOBODY))

    assert line[0] == "!"
    assert "a folder that is gone" in line[1]
