"""What the looks of mending see, as plain values: `judging` says what follows from them.

`None` where something could not be looked at; it is never taken for absence.
"""

from dataclasses import dataclass
from enum import StrEnum

from constellagent.plan.observed import Look, WorktreeFacts


class Owner(StrEnum):
    """Whose a thing is, as far as mending is concerned."""

    OURS = "ours"
    """We made it, or it is shared by all who work in a repository of ours."""
    FOREIGN = "foreign"
    """Somebody else's; it is named at most."""


@dataclass(frozen=True, slots=True)
class LockFacts:
    """One lock file of git.

    Attributes:
        path: where it is.
        age: seconds since it was written.
        owner: whose it is by its place.
        own_file: this user made it.
        holders: pids that have it open, None where nobody can tell.
        gits: pids of git processes in its repository, None where nobody can tell.
    """

    path: str
    age: float
    owner: Owner
    own_file: bool
    holders: tuple[int, ...] | None
    gits: tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class SessionTrace:
    """What there is of one session of this state folder, outside of `state.db`.

    Attributes:
        id: its id.
        subject: whose it is, empty where nothing tells.
        noted: its row can be written again from its folder.
        holders: pids of its living holders.
        members: pids of the living processes that carry its marker.
        known: `state.db` has its row.
        live: the row says that it has not ended.
        rival: its subject has another live session, or a newer one.
        own: this very process belongs to it.
    """

    id: str
    subject: str
    noted: bool
    holders: tuple[int, ...]
    members: tuple[int, ...]
    known: bool
    live: bool
    rival: bool
    own: bool = False


@dataclass(frozen=True, slots=True)
class WorktreeTrace:
    """What there is of the worktree of one agent, or in its place.

    Attributes:
        constellation: whose; its name where that is known, else its id.
        agent: the agent's name.
        seen: what a look saw.
        cut_short: registrations that a killed git left half-written for it, by path.
        recorded: `state.db` has a record of it, which says where it stands.
        approved: what an apply does to finish it was approved: the file is as it was applied.
    """

    constellation: str
    agent: str
    seen: Look[WorktreeFacts]
    cut_short: tuple[str, ...] = ()
    recorded: bool = True
    approved: bool = False


@dataclass(frozen=True, slots=True)
class ConstellationTrace:
    """What there is of a constellation.

    Attributes:
        id: derived from its file's place.
        name: what its file calls it, else its id.
        file: its file, empty where none has this id.
        worktrees: how many of its agents' worktrees git lists.
        known: the state knows it.
        unproven: what of the file no session shows to have been approved as it reads now: the content as a
            whole, agents, services, schedules.
    """

    id: str
    name: str
    file: str
    worktrees: int
    known: bool
    unproven: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IdentityTrace:
    """What there is of the identity of one agent.

    Attributes:
        constellation: whose; its name.
        agent: the agent's name.
        provider: `local` or `ravi`.
        bound: uuid of the identity that `state.db` binds to it, empty for none.
        written: uuid in the worktree's `.ravi/config.json`, empty for none.
        there: that identity (the bound one, else the written one) is at the provider; None is unknown.
        proven: the written key opens that identity, so nobody wrote down another's.
        taken: another agent is bound to it.
    """

    constellation: str
    agent: str
    provider: str
    bound: str
    written: str
    there: bool | None
    proven: bool = False
    taken: bool = False


class Health(StrEnum):
    """How a database is."""

    FINE = "fine"
    EMPTY = "empty"
    """It is not there, or nothing was ever written to it."""
    NEWER = "newer"
    """A newer release wrote it."""
    DAMAGED = "damaged"
    UNKNOWN = "unknown"
    """It could not be looked at."""


@dataclass(frozen=True, slots=True)
class DatabaseTrace:
    """One database and what hangs on it.

    Attributes:
        path: where it is.
        health: how it is.
        said: what SQLite or the system said of it.
        wanted: sessions, worktrees or vaults are there that it should know of.
        lost: of a damaged one, what cannot be read any more, in words; empty where all rows can.
        backups: readable copies beside it, newest first.
        log: of one that is gone, its log that is still there; empty for none.
    """

    path: str
    health: Health
    said: str = ""
    wanted: bool = False
    lost: tuple[str, ...] = ()
    backups: tuple[str, ...] = ()
    log: str = ""
