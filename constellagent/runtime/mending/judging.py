"""What follows from what was seen: the pure half of mending.

The rule throughout: only what is surely ours and surely nobody's any more is offered to be mended; what
could not be looked at is left alone, and what may still be wanted needs a person's yes.
"""

from collections.abc import Iterator
from typing import assert_never

from constellagent.plan.observed import Absent, There, Unknown, WorktreeFacts, WorktreeState
from constellagent.runtime.mending.facts import (
    ConstellationTrace,
    DatabaseTrace,
    Health,
    IdentityTrace,
    LockFacts,
    Owner,
    SessionTrace,
    WorktreeTrace,
)
from constellagent.runtime.mending.finding import Finding

LOCK_AGE = 600.0
"""Seconds for which a lock is left alone whatever else is seen: git may write for so long."""


def lock(seen: LockFacts) -> Finding | None:
    """Judge a lock file of git; None where it is young."""
    if seen.age < LOCK_AGE:
        return None
    words = f"{seen.path} is {seen.age / 60:.0f} min old"
    if seen.holders is None or seen.gits is None:
        advice = "look for the git that made it, and remove the file where there is none"
        return Finding("locks", "old lock", seen.path, f"{words}; nobody can tell who holds it", "", advice)
    if seen.holders:
        return Finding("locks", "old lock", seen.path, f"{words}, held by pid {_pids(seen.holders)}")
    if seen.gits:
        at_work = f"pid {_pids(seen.gits)} is a git at work in its repository"
        return Finding("locks", "old lock", seen.path, f"{words}; {at_work}")
    if seen.owner is Owner.FOREIGN or not seen.own_file:
        said = f"{words}; it is not of an agent's worktree or branch"
        return Finding("locks", "old lock", seen.path, said, "", f"if no git is at work: rm {seen.path}")
    said = f"{words}, no process has it open and no git is at work there"
    return Finding("locks", "stale lock", seen.path, said, "remove the lock")


def session(seen: SessionTrace) -> Finding | None:
    """Judge what there is of a session; None where all is well, or the next daemon sees to it."""
    if (seen.known and seen.live) or seen.own:
        return None
    who = seen.subject or "an unknown agent"
    if seen.holders:
        forgotten = "has ended as far as the state knows" if seen.known else "is not in the state"
        found = f"session {seen.id} of {who} {forgotten}, but its holder runs (pid {_pids(seen.holders)})"
        if seen.noted and not seen.rival:
            return Finding("sessions", "orphaned holder", seen.id, found, "take the session up again")
        why = "its agent has another session" if seen.rival else "nothing tells how it was started"
        offer = "stop the session and all its processes"
        return Finding("sessions", "orphaned holder", seen.id, found, offer, f"{why}", safe=False)
    if seen.members:
        found = (
            f"pid {_pids(seen.members)} is left of session {seen.id} of {who}, which nobody holds any more"
        )
        return Finding("sessions", "left processes", seen.id, found, "stop what is left of the session")
    return None


def worktree(seen: WorktreeTrace) -> Iterator[Finding]:
    """Judge a worktree, or what lies in its place."""
    name = f"{seen.constellation}/{seen.agent}"
    for place in seen.cut_short:
        found = f"git was killed while it registered the worktree of {name}: {place} is half-written"
        yield Finding(
            "worktrees", "half-made worktree", place, found, "take the half-written registration back"
        )
    match seen.seen:
        case Unknown(reason):
            said = f"the worktree of {name} could not be looked at: {reason}"
            yield Finding("worktrees", "unknown worktree", name, said)
        case There(facts):
            if (found_now := _standing(seen, name, facts)) is not None:
                yield found_now
            if not seen.recorded and facts.state in {WorktreeState.READY, WorktreeState.UNFINISHED}:
                said = f"{facts.path} is the worktree of {name}, and the state has no record of it"
                yield Finding("worktrees", "lost record", name, said, "record the worktree again")
        case Absent():
            return
        case never:
            assert_never(never)


def _standing(seen: WorktreeTrace, name: str, facts: WorktreeFacts) -> Finding | None:
    place = str(facts.path)
    match facts.state:
        case WorktreeState.READY:
            return None
        case WorktreeState.MOVED:
            said = f"the worktree of {name} lies at {place} now{f': {facts.detail}' if facts.detail else ''}"
            return Finding(
                "worktrees", "moved worktree", name, said, "tell git where it is (git worktree repair)"
            )
        case WorktreeState.UNFINISHED:
            said = f"the creation of the worktree of {name} at {place} was cut short"
            if seen.approved:
                offer = f"finish it as `constellagent apply {seen.agent}` does"
                return Finding("worktrees", "half-made worktree", name, said, offer, later=True)
            advice = "`constellagent apply` finishes it, and shows first what it runs"
            return Finding("worktrees", "half-made worktree", name, said, "", advice)
        case WorktreeState.MISSING:
            advice = f"the next apply makes it again; branch {facts.branch or 'of it'} is there"
            return Finding(
                "worktrees",
                "deleted worktree",
                name,
                f"the worktree of {name} at {place} is gone",
                "",
                advice,
            )
        case WorktreeState.FOREIGN | WorktreeState.OCCUPIED:
            what = facts.detail or "a worktree that is not ours"
            said = f"{place}, where the worktree of {name} belongs, is taken: {what}"
            return Finding("worktrees", "foreign worktree", name, said, "", "move it away, or import it")
        case never:
            assert_never(never)


def constellation(seen: ConstellationTrace) -> Finding | None:
    """Judge whether a constellation that has worktrees is one that the state knows."""
    if seen.known or not seen.worktrees:
        return None
    said = f"{seen.worktrees} worktrees belong to constellation {seen.name}, which the state does not know"
    if not seen.file:
        return Finding("constellations", "unknown constellation", seen.id, f"{said}; its file is gone")
    if seen.unproven:
        few = ", ".join(seen.unproven[:5])
        advice = f"`constellagent apply --file {seen.file}` shows what it runs; nothing here proves {few}"
        return Finding("constellations", "lost constellation", seen.id, said, "", advice)
    offer = f"take {seen.file} as applied: its sessions were started from what it says"
    return Finding("constellations", "lost constellation", seen.id, said, offer)


def identity(seen: IdentityTrace) -> Finding | None:
    """Judge the identity of an agent; None where it is bound and there, or cannot be looked at."""
    name = f"{seen.constellation}/{seen.agent}"
    uuid = seen.bound or seen.written
    if not uuid or seen.there is None or (seen.bound and seen.there):
        return None
    choose = (
        f"`constellagent import {seen.agent} --identity UUID` chooses one, `--identity new` makes another"
    )
    if not seen.there:
        whose = "is bound to" if seen.bound else "is written in the worktree of"
        said = f"identity {uuid} {whose} {name}, and is not at the provider any more"
        return Finding("identities", "lost identity", name, said, "", choose)
    said = f"identity {uuid} is written in the worktree of {name}, and the state binds nobody to it"
    if seen.taken:
        return Finding("identities", "lost binding", name, f"{said} but another agent", "", choose)
    offer = f"bind identity {uuid} again"
    if seen.proven:
        return Finding("identities", "lost binding", name, said, offer)
    said = f"{said}; no key proves that it is its own"
    return Finding("identities", "lost binding", name, said, offer, choose, safe=False, later=True)


def state(seen: DatabaseTrace) -> Finding | None:
    """Judge the daemon's own database."""
    begin = "begin a new one, and find worktrees, identities and sessions again"
    match seen.health:
        case Health.FINE:
            return None
        case Health.EMPTY:
            if not (seen.wanted or seen.log):
                return None
            rest = f"its log {seen.log} is" if seen.log else "what it knew is"
            offer = f"set the log aside, {begin}" if seen.log else begin
            return Finding("state", "lost state", seen.path, f"{seen.path} is gone, and {rest} there", offer)
        case Health.DAMAGED:
            said = f"{seen.path} is damaged: {seen.said}{_lost(seen)}"
            offer = "set it aside, keep what can be read, and find the rest again"
            return Finding("state", "damaged state", seen.path, said, offer, grave=True)
        case Health.NEWER:
            said = f"{seen.path} was written by a newer release"
            return Finding("state", "newer state", seen.path, said, "", "upgrade constellagent", grave=True)
        case Health.UNKNOWN:
            return Finding(
                "state", "unknown state", seen.path, f"{seen.path} cannot be read: {seen.said}", grave=True
            )
        case never:
            assert_never(never)


def provider(seen: DatabaseTrace) -> Finding | None:
    """Judge the local provider's database. What cannot be read of it is never guessed."""
    match seen.health:
        case Health.FINE:
            return None
        case Health.EMPTY:
            if not (seen.wanted or seen.log):
                return None
            said = f"{seen.path} is gone, and vaults and mail of identities with it{_backed(seen)}"
            # The log would be replayed over the backup.
            first = f"move {seen.log} away, and " if seen.log else ""
            advice = f"{first}restore it from a backup"
            return Finding("provider", "lost provider", seen.path, said, "", advice)
        case Health.DAMAGED:
            said = f"{seen.path} is damaged: {seen.said}{_lost(seen)}{_backed(seen)}"
            offer = "set it aside, and keep what can be read"
            advice = (
                "or restore it from a backup, which has all that was there at its time" if seen.lost else ""
            )
            return Finding(
                "provider", "damaged provider", seen.path, said, offer, advice, safe=not seen.lost, grave=True
            )
        case Health.NEWER:
            said = f"{seen.path} was written by a newer release"
            return Finding(
                "provider", "newer provider", seen.path, said, "", "upgrade constellagent", grave=True
            )
        case Health.UNKNOWN:
            said = f"{seen.path} cannot be read: {seen.said}"
            return Finding("provider", "unknown provider", seen.path, said, grave=True)
        case never:
            assert_never(never)


def _lost(seen: DatabaseTrace) -> str:
    return f"; cannot be read any more: {', '.join(seen.lost)}" if seen.lost else "; all its rows can be read"


def _backed(seen: DatabaseTrace) -> str:
    return f"; a backup is at {seen.backups[0]}" if seen.backups else ""


def _pids(pids: tuple[int, ...]) -> str:
    return ", ".join(map(str, pids))
