"""What a face may ask of the daemon: one small protocol, met in-process and by the socket client alike.

Requests and replies are JSON-shaped `TypedDict`s, so that the command line can show a status without
importing any model. Failures are the errors of `constellagent.errors` on both sides of the socket.
"""

from collections.abc import AsyncIterator
from typing import Any, Literal, NotRequired, Protocol, TypedDict

from constellagent.runtime.comment_views import CommentRequest
from constellagent.runtime.diff_views import DiffRequest, DiffView
from constellagent.runtime.identity_views import (
    AuditReport,
    AuditRequest,
    AuditView,
    IdentityRequest,
    IdentityView,
    ProviderRequest,
)
from constellagent.runtime.live_views import LiveItem
from constellagent.runtime.race_views import RaceRequest
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest
from constellagent.runtime.sandbox_views import SandboxReport, SandboxRequest
from constellagent.runtime.schedule_views import NextFireView, OpenRunView, ScheduleRequest
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.usage_views import ResumeRequest, UsageReport, UsageRequest

PROTOCOL = 1
"""Version of these shapes; a client and a daemon that differ say so instead of guessing."""


class PlanRequest(TypedDict):
    """What to plan. `env_names` are the variable names that the caller's shell has set, without values.

    `ravi_key` is the management key of the hosted provider that this shell has set. `keep_env` adds the
    variables that the last apply kept, for a caller that has no shell. `path` is the shell's `PATH`, on which
    the agents' programs are looked for.
    """

    file: str
    env_names: list[str]
    path: NotRequired[str]
    keep_env: NotRequired[bool]
    ravi_key: NotRequired[str]
    agents: NotRequired[list[str]]
    restart: NotRequired[list[str]]
    prune: NotRequired[bool]
    destroy: NotRequired[bool]
    force: NotRequired[bool]


class CommandView(TypedDict):
    """A command that applying the file would run, for a person to approve: the file is code."""

    subject: str
    what: str
    argv: list[str]


class PlanReply(TypedDict):
    """A plan, and what is needed to decide on it and apply it.

    `plan` is the JSON form of `plan.actions.Plan`; `lines` and `summary` its human form. `wants_env`
    names the variables whose values `ApplyRequest.env` should carry. `content_hash` is what
    `ApplyRequest.approved` must repeat. `schedules` holds the declarations that are in effect now, by
    `agent/name`. `programs` is where agents find the program of their kind on the PATH that they get, by the
    agent's name, empty for nowhere; it is there where that PATH is known.
    """

    constellation: str
    plan: dict[str, Any]
    lines: list[str]
    summary: str
    empty: bool
    pending: bool
    blocked: bool
    content_hash: str
    trusted: bool
    commands: list[CommandView]
    wants_env: list[str]
    schedules: dict[str, str]
    programs: NotRequired[dict[str, str]]


class ApplyRequest(TypedDict):
    """What to apply: `approved` is the content hash agreed to, `plan` a saved plan that must still hold.

    `ravi_key` is the management key of the hosted provider that this shell has set; it is kept sealed.
    With `keep_env` agents keep the variables of the last apply where `env` gives no other value.
    """

    file: str
    approved: str
    env: dict[str, str]
    keep_env: NotRequired[bool]
    ravi_key: NotRequired[str]
    agents: NotRequired[list[str]]
    restart: NotRequired[list[str]]
    prune: NotRequired[bool]
    destroy: NotRequired[bool]
    force: NotRequired[bool]
    plan: NotRequired[dict[str, Any]]


class ApplyResult(TypedDict):
    """How an apply ended: subjects done, failed and skipped (with the reason), and the exit code."""

    done: list[str]
    failed: dict[str, str]
    skipped: dict[str, str]
    changed: int
    exit_code: int


class StreamItem(TypedDict):
    """One item of a streamed reply: progress events, then exactly one result."""

    event: NotRequired[dict[str, Any]]
    result: NotRequired[dict[str, Any]]


State = Literal["starting", "running", "working", "waiting", "done", "failed", "exited", "stopped", "unknown"]


class SessionView(TypedDict):
    """One session. `socket` is the holder's unix socket, `log` the folder of its output."""

    id: str
    role: Literal["agent", "service", "run"]
    live: bool
    pid: int | None
    started_at: float
    ended_at: float | None
    exit_status: int | None
    outcome: str
    socket: str
    log: str


class AgentView(TypedDict):
    """One agent as `status` shows it. `since` is when the state was entered, epoch seconds.

    `next_fire` is there where a schedule will wake it, `runs` where runs of its schedules have not ended.
    `source` says where the state is known from, `message` what the agent says to a person in it, such as its
    question; `sandbox` in which it runs, where it does. The counts after it are there where they are known:
    unread messages, and commits and lines that differ from the base.
    """

    name: str
    kind: str
    state: State
    reason: str
    since: float | None
    branch: str
    path: str
    identity: str | None
    address: str | None
    phone: str | None
    restarts: int
    ahead: int | None
    session: SessionView | None
    declared: bool
    next_fire: NotRequired[NextFireView]
    runs: NotRequired[list[OpenRunView]]
    source: NotRequired[str]
    message: NotRequired[str]
    sandbox: NotRequired[str]
    title: NotRequired[str]
    progress: NotRequired[int]
    unread_mail: NotRequired[int]
    unread_texts: NotRequired[int]
    behind: NotRequired[int]
    added: NotRequired[int]
    removed: NotRequired[int]


class ServiceView(TypedDict):
    """One service as `status` shows it."""

    name: str
    state: State
    reason: str
    since: float | None
    session: SessionView | None


class ConstellationView(TypedDict):
    """One constellation as `status` shows it.

    `problem` says why it cannot be shown, `provider_problem` why its identities cannot be looked at now.
    """

    name: str
    file: str
    repo: str
    problem: NotRequired[str]
    provider_problem: NotRequired[str]
    agents: list[AgentView]
    services: list[ServiceView]


class RunRequest(TypedDict):
    """A run to start: the agent with a prompt, or `argv` in its place, in a pty of this size.

    One that takes longer than `timeout` seconds is ended; see `runtime.launches` for where none is given.
    """

    file: str
    agent: str
    prompt: NotRequired[str]
    argv: NotRequired[list[str]]
    timeout: NotRequired[float]
    rows: NotRequired[int]
    columns: NotRequired[int]
    over_limit: NotRequired[bool]


class RestartRequest(TypedDict):
    """An agent or service to start again; with `new` its agent begins a new conversation."""

    file: str
    subject: str
    new: NotRequired[bool]


class RestartView(TypedDict):
    """How a subject was started again.

    `conversation` is how its program calls the conversation, empty where that is not known (yet) or it keeps
    none. `resumed` says that it goes on; `why` says why it does not although there was one before.
    """

    session: SessionView
    conversation: str
    resumed: bool
    why: str


class InfoView(TypedDict):
    """The daemon itself."""

    protocol: int
    version: str
    pid: int
    started_at: float
    home: str
    provider_url: str
    constellations: int
    sessions: int


SEND_WAIT = 30.0
"""Seconds that a text waits for an agent to be ready, unless somebody says otherwise."""


class SendView(TypedDict):
    """How a text went: `confirmed` only where the terminal showed that the program took it.

    Otherwise `why` says in words what is known of it; it is empty where all is well.
    """

    confirmed: bool
    why: str


class Control(Protocol):
    """Everything a face can ask. `file` is the absolute path of a constellation file."""

    async def info(self) -> InfoView:
        """Say who the daemon is."""
        ...

    async def plan(self, request: PlanRequest) -> PlanReply:
        """Compare declared and observed; writes nothing."""
        ...

    def apply(self, request: ApplyRequest) -> AsyncIterator[StreamItem]:
        """Make it so (or, with `destroy`, unmake it): events as they happen, then an `ApplyResult`."""
        ...

    async def status(self, file: str | None) -> list[ConstellationView]:
        """Show one constellation, or all that were ever applied where `file` is None."""
        ...

    async def adopt(self, file: str, agent: str, path: str | None, identity: str | None) -> list[str]:
        """Take over an existing worktree or identity for a declared agent; returns what was done."""
        ...

    async def trust(self, file: str, *, revoke: bool) -> str:
        """Record (or withdraw) approval of this file's present content; returns its hash."""
        ...

    async def session(self, file: str, subject: str) -> SessionView:
        """Return the newest session of an agent, a service or a schedule, or the one with that id."""
        ...

    async def send(
        self,
        file: str,
        agent: str,
        text: str,
        *,
        enter: bool,
        wait: float = SEND_WAIT,
        force: bool = False,
        over_limit: bool = False,
    ) -> SendView:
        """Deliver text to the agent's session: a bracketed paste, then a separate Enter; say how it went.

        A program that is not ready is waited for, `wait` seconds at most. Nothing is typed, and ConflictError
        raised, where it does not get ready or asks something; with `force` it is typed all the same. So it is
        where a limit is reached, unless `over_limit` says that this does not matter.
        """
        ...

    async def stop(self, file: str, subject: str) -> str:
        """Stop a session (of an agent or service, or with that id) or a schedule's runs; returns how."""
        ...

    async def restart(self, request: RestartRequest) -> RestartView:
        """End the session of an agent or service, if it has one, and start it again as it was applied."""
        ...

    async def run(self, request: RunRequest) -> SessionView:
        """Start a run of an agent and return its session."""
        ...

    async def usage(self, request: UsageRequest) -> UsageReport:
        """Return what agents have used, and the limits in effect."""
        ...

    async def resume(self, request: ResumeRequest) -> list[str]:
        """Let paused runs go on; returns which."""
        ...

    async def identities(self, file: str) -> list[IdentityView]:
        """Show the identity of each agent, also of those that were put away."""
        ...

    async def identity(self, request: IdentityRequest) -> Any:
        """Answer a person about an agent's identity; `IdentityRequest` says what each action gives."""
        ...

    async def audit(self, request: AuditRequest) -> list[AuditView]:
        """Return lines of the audit by time, oldest first."""
        ...

    async def audit_verify(self) -> AuditReport:
        """Check the audit of every identity; writes nothing."""
        ...

    async def provider(self, request: ProviderRequest) -> Any:
        """Look at the local provider or tell it something; `ProviderRequest` says what each action gives."""
        ...

    async def schedule(self, request: ScheduleRequest) -> Any:
        """Answer a person about schedules and their runs; `ScheduleRequest` says what each action gives."""
        ...

    async def race(self, request: RaceRequest) -> Any:
        """Start, show or decide races; `RaceRequest` says what each action gives."""
        ...

    async def sandbox(self, request: SandboxRequest) -> SandboxReport:
        """Prove an agent's sandbox by trying everything that it must prevent."""
        ...

    async def screen(self, request: ScreenRequest) -> ScreenView:
        """Return what the terminal of a live session shows."""
        ...

    async def diff(self, request: DiffRequest) -> DiffView:
        """Compare an agent's worktree with its base, or another commit."""
        ...

    async def browse(self, request: BrowseRequest) -> Any:
        """Show something of an agent's worktree; `BrowseRequest` says what each action gives."""
        ...

    async def change(self, request: ChangeRequest) -> Any:
        """Change something in an agent's worktree; `ChangeRequest` says what each action gives."""
        ...

    async def comments(self, request: CommentRequest) -> Any:
        """Answer a reviewer about comments; `CommentRequest` says what each action gives."""
        ...

    def watch(self, file: str | None) -> AsyncIterator[LiveItem]:
        """Tell what changes in one constellation, or all where `file` is None, until the caller leaves."""
        ...

    async def shutdown(self, *, stop_sessions: bool) -> None:
        """End the daemon; sessions go on unless `stop_sessions`."""
        ...
