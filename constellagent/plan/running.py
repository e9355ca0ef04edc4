"""What must run: sessions of agents and of services.

A running conversation is worth more than a fresh declaration, so it is ended only with leave. What ended
by itself has done its work and stays ended; a service has no work to finish, so it is started again.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from typing import assert_never

from constellagent.plan.actions import (
    CreateWorktree,
    RestartService,
    RestartSession,
    StartService,
    StartSession,
)
from constellagent.plan.desired import DesiredAgent, DesiredService
from constellagent.plan.draft import Draft
from constellagent.plan.observed import (
    FOLDER_GONE,
    Absent,
    ObservedAgent,
    ObservedService,
    SessionFacts,
    There,
    Unknown,
)

_CHANGED = "its declaration changed since it was started"
_ASKED = "a restart was asked for"


def run_service(service: DesiredService, seen: ObservedService, restart: AbstractSet[str]) -> Draft:
    """Return what must happen so that a service runs as declared; `restart` names what may be ended."""
    draft = Draft(service.name)
    name = service.name
    match seen.session:
        case Unknown(reason):
            draft.stop_unknown(f"the service could not be looked at: {reason}")
        case Absent():
            draft.do(StartService(name, "declared, not running"))
        case There(facts) if not facts.live:
            draft.do(StartService(name, f"not running: {facts.outcome}"))
        case There(facts):
            changed = facts.fingerprint != service.fingerprint
            if name in restart:
                draft.do(RestartService(name, _CHANGED if changed else _ASKED, session=facts.id))
            elif changed:
                draft.ask_leave(f"{_CHANGED}; `--restart {name}` stops the service and starts it anew")
        case never:
            assert_never(never)
    return draft


def run_session(
    draft: Draft,
    agent: DesiredAgent,
    seen: ObservedAgent,
    restart: AbstractSet[str],
    unknown_services: Mapping[str, str],
    waits: str = "",
) -> None:
    """Say what must happen so that the agent runs as declared; `restart` names what may be ended.

    An agent is not started while a service that it needs could not be looked at (`unknown_services`, with
    the reasons). One that `waits` for others, in words, is started by the daemon once those are done.
    """
    if seen.missing_env:
        draft.inform(f"its next session goes without {', '.join(seen.missing_env)}: not set in this shell")
    match seen.session:
        case Unknown(reason):
            draft.stop_unknown(f"its session could not be looked at: {reason}")
        case There(facts) if facts.live:
            _live(draft, agent, facts, restart)
        case There(facts):
            _not_live(draft, agent, facts, restart, waits)
        case Absent():
            _not_live(draft, agent, None, restart, waits)
        case never:
            assert_never(never)
    if any(isinstance(action, StartSession | RestartSession) for action in draft.actions):
        for need in agent.services:
            if need in unknown_services:
                draft.stop_unknown(f"it needs {need}, which could not be looked at: {unknown_services[need]}")


def _live(draft: Draft, agent: DesiredAgent, facts: SessionFacts, restart: AbstractSet[str]) -> None:
    why = ""
    made_anew = any(isinstance(action, CreateWorktree) for action in draft.actions)
    if made_anew or facts.fingerprint == FOLDER_GONE:
        why = "it runs in a folder that is gone"
    elif facts.fingerprint != agent.fingerprint:
        why = _CHANGED
    if agent.name in restart:
        draft.do(RestartSession(agent.name, why or _ASKED, session=facts.id))
    elif why:
        draft.ask_leave(f"{why}; `--restart {agent.name}` ends its session and starts it again")


def _not_live(
    draft: Draft, agent: DesiredAgent, ended: SessionFacts | None, restart: AbstractSet[str], waits: str
) -> None:
    name = agent.name
    how = f": {ended.outcome}" if ended else ""
    if name in restart:
        draft.do(StartSession(name, f"{_ASKED}; it was not running{how}"))
        return
    if not agent.spec.autostart:
        return
    if ended is None:
        why = "declared, not running"
    elif ended.fingerprint != agent.fingerprint:
        why = f"its declaration changed since it ended{how}"
    elif ended.ended_by == "itself":
        draft.inform(f"it ended by itself{how}; `--restart {name}` starts it again")
        return
    else:
        why = f"not running{how}"
    if waits:
        draft.inform(waits)
    else:
        draft.do(StartSession(name, why))
