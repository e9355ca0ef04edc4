"""The way down: what must happen so that an agent or service that we made is gone and nothing is lost.

Only what we made is removed, and nothing at all of an agent of which some part could not be looked at:
half a removal with an unknown rest is worse than none.
"""

from constellagent.plan.actions import (
    ArchiveIdentity,
    Forget,
    RemoveWorktree,
    StopRun,
    StopService,
    StopSession,
)
from constellagent.plan.draft import Draft
from constellagent.plan.observed import ObservedAgent, ObservedService, There, Unknown, WorktreeState
from constellagent.plan.waking import remove_schedules

_NOT_OURS = {WorktreeState.FOREIGN, WorktreeState.OCCUPIED}


def remove_agent(name: str, seen: ObservedAgent, reason: str, *, force: bool) -> Draft:
    """Return what takes an agent away, in order; `force` rescues what would be lost instead of refusing."""
    draft = Draft(name)
    looks = {"worktree": seen.worktree, "identity": seen.identity, "session": seen.session}
    for what, look in looks.items():
        if isinstance(look, Unknown):
            draft.stop_unknown(
                f"nothing of it is removed, since its {what} could not be looked at: {look.reason}"
            )
    remove_schedules(draft, seen.schedules, reason)
    for run in seen.runs:
        draft.do(StopRun(name, f"{reason}; this ends the run", session=run))
    match seen.session:
        case There(session) if session.live:
            draft.do(StopSession(name, f"{reason}; this ends its session", session=session.id))
    match seen.worktree:
        case There(worktree) if worktree.state in _NOT_OURS:
            draft.inform(f"{worktree.path} is not ours and is left alone")
        case There(worktree):
            draft.do(RemoveWorktree(name, reason, worktree.path, force=force))
    match seen.identity:
        case There(identity) if identity.bound:
            draft.do(ArchiveIdentity(name, reason, uuid=identity.uuid, name=identity.name))
    if seen.made_by_us:
        draft.do(Forget(name, "nothing of it is left"))
    return draft


def remove_service(name: str, seen: ObservedService, reason: str) -> Draft:
    """Return what takes a service away."""
    draft = Draft(name)
    match seen.session:
        case Unknown(why):
            draft.stop_unknown(f"the service is not stopped, since it could not be looked at: {why}")
        case There(session) if session.live:
            draft.do(StopService(name, reason, session=session.id))
    return draft
