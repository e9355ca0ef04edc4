"""The seams between deciding and doing: what apply and observe need of the world.

Each port is bound to one constellation when it is built, so no method names it again. Every port has an
in-memory twin in `tests/fakes.py`, and one contract suite runs over both.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Literal, Protocol

from constellagent.plan.desired import DesiredAgent, DesiredIdentity, DesiredService
from constellagent.plan.observed import BranchFacts, IdentityFacts, Look, SessionFacts, WorktreeFacts
from constellagent.runtime.events import Event


class Step(StrEnum):
    """Every step that is written down before it is taken. The fault tests die before and after each."""

    IDENTITY_CREATE = "identity.create"
    IDENTITY_KEY = "identity.key"
    IDENTITY_WRITE = "identity.write"
    IDENTITY_ARCHIVE = "identity.archive"
    BRANCH_CREATE = "branch.create"
    WORKTREE_ADD = "worktree.add"
    WORKTREE_EXCLUDE = "worktree.exclude"
    WORKTREE_CHECKOUT = "worktree.checkout"
    WORKTREE_INCLUDE = "worktree.include"
    WORKTREE_SETUP = "worktree.setup"
    WORKTREE_COMPLETE = "worktree.complete"
    WORKTREE_REPAIR = "worktree.repair"
    WORKTREE_RESCUE = "worktree.rescue"
    WORKTREE_REMOVE = "worktree.remove"
    SESSION_START = "session.start"
    SESSION_STOP = "session.stop"
    RECORD_DROP = "record.drop"


class Journal(Protocol):
    """The write-ahead journal of one constellation."""

    def step(self, step: Step, subject: str, **detail: str) -> AbstractAsyncContextManager[None]:
        """Write the intent durably, let the body act, then mark the intent done.

        The intent stays open when the body raises or the process dies; `open_steps` shows it then.
        """
        ...

    async def open_steps(self, subject: str) -> Sequence[Step]:
        """Return the steps of `subject` that were begun and never marked done, oldest first."""
        ...


@dataclass(frozen=True, slots=True)
class WorktreeLook:
    """What one look found for one agent."""

    worktree: Look[WorktreeFacts]
    branch: Look[BranchFacts]
    base: Look[str]


class Report(Protocol):
    """Takes progress as it happens."""

    def __call__(self, event: Event, /) -> None:
        """Take one event; must not block."""
        ...


@dataclass(frozen=True, slots=True)
class Removal:
    """What removing a worktree came to.

    Attributes:
        rescue_ref: the ref that holds what would have been lost, None where there was nothing.
        recover: the command that brings it back, empty where there is no rescue ref.
    """

    rescue_ref: str | None = None
    recover: str = ""


class Worktrees(Protocol):
    """The git side of one repository. Creation is register, fill, finish; each looks first."""

    async def look(self, agents: Sequence[DesiredAgent]) -> Mapping[str, WorktreeLook]:
        """Look at worktree, branch and base of each agent, by name."""
        ...

    async def register(self, agent: DesiredAgent, commit: str, *, new_branch: bool) -> None:
        """Create the branch where asked, and the locked, still empty worktree; exclude `.ravi/` from git.

        Raises:
            ConflictError: the branch is checked out elsewhere, or the place is taken.
            RefusedError: `.ravi/config.json` is tracked in `commit`.
            GitError: git failed otherwise.
        """
        ...

    async def fill(self, agent: DesiredAgent) -> None:
        """Check the branch out and copy the included ignored files; never overwrites a file."""
        ...

    async def finish(self, agent: DesiredAgent, env: Mapping[str, str], report: Report) -> None:
        """Run the setup steps with `env`, keep their logs, and mark the worktree complete.

        Raises:
            WorldError: a setup step failed; the message names the step, its exit status and its log.
        """
        ...

    async def repair(self, agent: DesiredAgent, path: Path) -> None:
        """Tell git that the worktree now lies at `path`, and remember it."""
        ...

    async def losses(self, agent: str, path: Path, *, own_sessions: Sequence[str] = ()) -> Sequence[str]:
        """Return one line for each thing that removing the worktree would lose; empty where it is safe.

        Processes of `own_sessions` (ids) that work in it do not count: they are stopped first.
        """
        ...

    async def remove(self, agent: str, path: Path, *, force: bool) -> Removal:
        """Remove a worktree that we made. The branch is kept.

        Raises:
            RefusedError: something would be lost and `force` is not given; carries the list.
        """
        ...


class Identities(Protocol):
    """The identities of one constellation at its provider."""

    async def look(self, agents: Sequence[DesiredAgent]) -> Mapping[str, Look[IdentityFacts]]:
        """Look at the identity of each agent, by agent name; agents without one are left out."""
        ...

    async def ensure(self, agent: str, wanted: DesiredIdentity) -> IdentityFacts:
        """Create the identity, or adopt the one that matches; exactly once, whatever fails on the way.

        Raises:
            ConflictError: several match, or the address belongs to somebody else.
            UnavailableError: the provider cannot be reached.
        """
        ...

    async def write(self, agent: str, worktree: Path) -> None:
        """Write `.ravi/config.json` (0600) into the worktree, minting a key where we hold none."""
        ...

    async def environment(self, agent: str) -> Mapping[str, str]:
        """Return what a process of this agent gets: `RAVI_*` and its git author and committer."""
        ...

    async def session_identity(self, agent: str) -> str:
        """Return the uuid of the identity of which each session gets a key of its own, "" where none does.

        Raises:
            ConflictError: the agent has no identity yet.
        """
        ...

    async def archive(self, agent: str, uuid: str) -> None:
        """Revoke the identity's key and archive it; repeating it is harmless."""
        ...


class SessionKeys(Protocol):
    """Gives each session a key that ends with it."""

    async def issue(self, session: str, identity: str, *, may_create: bool) -> str:
        """Return a new key for the identity with this uuid, which may create other identities or not.

        Raises:
            ConflictError: there is no such identity.
        """
        ...

    async def withdraw(self, session: str) -> None:
        """End the key of a session; harmless where it has none."""
        ...

    async def sessions(self) -> Collection[str]:
        """Return the sessions whose keys are good."""
        ...


class Schedules(Protocol):
    """The schedules of one constellation that are in effect."""

    async def look(self) -> Mapping[str, Mapping[str, str]]:
        """Return the declarations in effect: by agent, by name, as `plan.declared` writes them."""
        ...

    async def put(self, agent: str, name: str, declared: str) -> None:
        """Let a schedule wake its agent from now on, or follow a new declaration."""
        ...

    async def drop(self, agent: str, name: str) -> None:
        """Let a schedule wake nobody any more; harmless where it is not in effect."""
        ...


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation of a session.

    Attributes:
        agent: whose it is.
        kind: of the agent.
        id: as its program calls it; empty where the program chooses, and tells it later.
        worktree: the folder that it takes place in.
        profile: the folder of the program's configuration, empty for the person's.
        prompt: digest of the declared prompt; empty for none.
        resumed: it goes on; else it is new.
        why: in words why it is new although there was one before; else empty.
    """

    agent: str
    kind: str
    id: str
    worktree: str
    profile: str = ""
    prompt: str = ""
    resumed: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Launch:
    """A process to start in a pty of its own.

    Attributes:
        subject: the agent or service.
        role: what the session is for.
        argv: what to exec; argv[0] is looked up on the `PATH` of `env`.
        cwd: where.
        env: the whole environment, nothing is inherited.
        fingerprint: of the declaration that this follows.
        identity: uuid of the identity of which the session gets a key of its own; empty where none does.
        may_create: that key may create identities, too.
        grace: between SIGTERM and SIGKILL when it is stopped.
        session: the id that the session gets, empty for a new one. A session starts at most once, whoever
            asks for it and however often.
        rows: the pty's first size.
        columns: the pty's first size.
        files: what is written into the session's folder before it starts, by relative path; private.
        seeds: what must be in files elsewhere, by absolute path: from the text there, None for no file.
        talk: the conversation that its program takes part in; None where it keeps none.
        later: the prompt that has to be typed once its program is ready; None for none.
        content: SHA-256 of the constellation's file as it was approved, which an agent or service follows;
            empty for a run, which may be of a file that nobody has approved yet.
    """

    subject: str
    role: Literal["agent", "service", "run"]
    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str] = field(repr=False)
    fingerprint: str = ""
    identity: str = ""
    may_create: bool = False
    grace: timedelta = timedelta(seconds=10)
    session: str = ""
    rows: int = 50
    columns: int = 160
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    seeds: Mapping[Path, Callable[[str | None], str]] = field(default_factory=dict, repr=False)
    talk: Talk | None = None
    later: str | None = None
    content: str = ""


class Sessions(Protocol):
    """The sessions of one constellation."""

    async def look(self) -> Mapping[tuple[str, str], Look[SessionFacts]]:
        """Return the newest session by (role, subject), for the roles agent and service."""
        ...

    async def runs(self) -> Mapping[str, Sequence[str]]:
        """Return the ids of the live sessions of runs, by agent."""
        ...

    async def start(self, launch: Launch) -> SessionFacts:
        """Start a session.

        Raises:
            WorldError: the command could not be started; says why. No session is live then.
        """
        ...

    async def stop(self, session: str) -> None:
        """Stop a session and its whole process tree; returns when nothing of it is left. Idempotent."""
        ...

    async def outdate(self, agent: str) -> None:
        """Note that a live session of the agent runs in a folder that is about to be made anew."""
        ...


class Launches(Protocol):
    """Builds what is to be started, from the declaration."""

    async def environment(self, agent: DesiredAgent, worktree: Path) -> Mapping[str, str]:
        """Return the whole environment of a process of this agent."""
        ...

    async def agent(self, agent: DesiredAgent, worktree: Path) -> Launch:
        """Return how to start the agent's own session."""
        ...

    async def service(self, service: DesiredService) -> Launch:
        """Return how to start a service."""
        ...

    async def wait_ready(self, service: DesiredService, session: SessionFacts) -> None:
        """Return once the service answers as declared; at once where it declares no check.

        Raises:
            WorldError: it ended first, or did not answer within its time limit.
        """
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """What we remember of an agent that we made: enough to find and remove it without the file."""

    agent: str
    path: Path
    branch: str
    identity_uuid: str | None = None
    identity_name: str | None = None


class Records(Protocol):
    """Our memory of what we made for one constellation."""

    async def all(self) -> Mapping[str, Record]:
        """Return the records by agent name."""
        ...

    async def put(self, record: Record) -> None:
        """Remember, replacing what was known of this agent."""
        ...

    async def drop(self, agent: str) -> None:
        """Forget; harmless where nothing is known."""
        ...
