"""What is: the answers of one look at the world.

Every answer has three forms: `There`, `Absent`, and `Unknown` (could not look). Unknown is never
treated as absent, so a failed look can neither create a thing twice nor delete one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath
from typing import Generic, Literal, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class There(Generic[T]):
    """The thing is there, and this is what was seen of it."""

    value: T


@dataclass(frozen=True, slots=True)
class Absent:
    """We looked, and the thing is not there."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """We could not look.

    Attributes:
        reason: why, in words for a person.
        unavailable: whoever knows could not be reached at all.
    """

    reason: str
    unavailable: bool = False


Look = There[T] | Absent | Unknown


class WorktreeState(StrEnum):
    """How far a worktree is from being usable."""

    READY = "ready"
    """Ours, registered, complete."""
    UNFINISHED = "unfinished"
    """Ours, but its creation was cut short and no session ever started in it."""
    MISSING = "missing"
    """Registered with git, but its folder is gone."""
    MOVED = "moved"
    """Ours, but its folder now lies at `path` instead of where it is declared."""
    FOREIGN = "foreign"
    """A worktree of this repository at the declared path that we did not make."""
    OCCUPIED = "occupied"
    """Something that is no worktree of this repository lies at the declared path."""


@dataclass(frozen=True, slots=True)
class WorktreeFacts:
    """A worktree, or what lies in its place.

    Attributes:
        path: where it is now.
        branch: the short name of the branch checked out, None when detached.
        head: the commit checked out, None when unborn.
        state: see `WorktreeState`.
        detail: words for a person, such as what occupies the place.
    """

    path: PurePath
    branch: str | None
    head: str | None
    state: WorktreeState
    detail: str = ""


@dataclass(frozen=True, slots=True)
class BranchFacts:
    """A branch that exists.

    Attributes:
        commit: where it points.
        held_by: the worktree in which it is checked out, None where it is in none.
    """

    commit: str
    held_by: PurePath | None = None


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """An identity at the provider.

    Attributes:
        uuid: its id.
        name: its name there.
        address: its mailbox.
        phone: its number, None where it has none.
        bound: our state says that it belongs to this agent.
        written: the worktree's `.ravi/config.json` names it and holds a working key.
        duplicates: uuids of other identities that match as well; a person must decide.
    """

    uuid: str
    name: str
    address: str
    phone: str | None
    bound: bool = True
    written: bool = True
    duplicates: tuple[str, ...] = ()


FOLDER_GONE = "folder gone"
"""In place of a fingerprint: the session was started in a folder that is not the worktree any more."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """The newest session of an agent or service.

    Attributes:
        id: the session's id.
        live: its process runs.
        fingerprint: `Desired*.fingerprint` of the declaration it was started from, or `FOLDER_GONE`.
        ended_by: for an ended one, whether it ended by itself, was stopped, was lost (a failed start,
            a reboot, a killed holder), or reached the time limit of its own run.
        outcome: for an ended one, how, in words ("exit status 1", "killed by SIGSEGV", "stopped").
        done: its work is: its newest turn ended so, or it ended well by itself.
    """

    id: str
    live: bool
    fingerprint: str
    ended_by: Literal["", "itself", "stop", "lost", "limit"] = ""
    outcome: str = ""
    done: bool = False


_NOT_LOOKED = Unknown("nobody looked")
"""What nobody looked at is unknown, so that leaving something out can never read as absence."""


@dataclass(frozen=True, slots=True)
class ObservedAgent:
    """One agent as it is.

    Attributes:
        worktree: what lies where its worktree should be, or its worktree where it was moved to.
        branch: the declared branch.
        base: the commit that the declared base resolves to.
        identity: the identity that is bound to it, or the one that matches its declaration.
        session: its newest session.
        runs: its runs that go on, by the ids of their sessions; known where `session` is.
        schedules: the declarations of its schedules that are in effect, by name.
        missing_env: variables of `env.pass` that it cannot be given.
        made_by_us: we hold a record of it, so it may be removed.
    """

    worktree: Look[WorktreeFacts] = _NOT_LOOKED
    branch: Look[BranchFacts] = _NOT_LOOKED
    base: Look[str] = _NOT_LOOKED
    identity: Look[IdentityFacts] = _NOT_LOOKED
    session: Look[SessionFacts] = _NOT_LOOKED
    runs: tuple[str, ...] = ()
    schedules: Look[Mapping[str, str]] = _NOT_LOOKED
    missing_env: tuple[str, ...] = ()
    made_by_us: bool = False


@dataclass(frozen=True, slots=True)
class ObservedService:
    """One service as it is."""

    session: Look[SessionFacts] = _NOT_LOOKED


@dataclass(frozen=True, slots=True)
class Observed:
    """One look at everything that was declared now or made by us before."""

    agents: Mapping[str, ObservedAgent] = field(default_factory=dict)
    services: Mapping[str, ObservedService] = field(default_factory=dict)

    @property
    def unavailable(self) -> bool:
        """Whether some identity is unknown because the provider could not be reached."""
        looks = [agent.identity for agent in self.agents.values()]
        return any(isinstance(look, Unknown) and look.unavailable for look in looks)
