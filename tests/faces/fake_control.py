"""A `Control` in memory: answers from fields that a test sets, and writes down what it was asked."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import constellagent
from constellagent.errors import ConflictError, ConstellagentError
from constellagent.runtime.comment_views import CommentRequest
from constellagent.runtime.control import (
    PROTOCOL,
    SEND_WAIT,
    AgentView,
    ApplyRequest,
    ApplyResult,
    ConstellationView,
    InfoView,
    PlanReply,
    PlanRequest,
    RestartRequest,
    RestartView,
    RunRequest,
    SendView,
    ServiceView,
    SessionView,
    State,
    StreamItem,
)
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
from constellagent.runtime.schedule_views import ScheduleRequest
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.usage_views import ResumeRequest, UsageReport, UsageRequest

VERSION = constellagent.__version__
"""What the fake says it is, also where a test replaces the version of the command line."""


def session_view(**changes: Any) -> SessionView:
    """Return a live session, with changes."""
    view = SessionView(
        id="s1",
        role="agent",
        live=True,
        pid=4711,
        started_at=1_000_000.0,
        ended_at=None,
        exit_status=None,
        outcome="",
        socket="/nowhere/s1.sock",
        log="/nowhere/s1",
    )
    return SessionView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def agent_view(name: str, state: State = "working", **changes: Any) -> AgentView:
    """Return an agent as `status` shows it, with changes."""
    view = AgentView(
        name=name,
        kind="command",
        state=state,
        reason="",
        since=999_940.0,
        branch=f"agents/{name}",
        path=f"/repo/{name}",
        identity=name,
        address=f"{name}@acme.test",
        phone=None,
        restarts=0,
        ahead=0,
        session=None,
        declared=True,
    )
    return AgentView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def service_view(name: str, state: State = "running", **changes: Any) -> ServiceView:
    """Return a service as `status` shows it, with changes."""
    view = ServiceView(name=name, state=state, reason="", since=999_000.0, session=None)
    return ServiceView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def screen_view(data: bytes = b"", **changes: Any) -> ScreenView:
    """Return a screen that carries `data`, with changes."""
    view = ScreenView(
        session="s1",
        rows=24,
        columns=80,
        offset=0,
        form="ansi",
        engine="none",
        title="",
        data=base64.b64encode(data).decode(),
    )
    return ScreenView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def diff_view(agent: str = "docs", **changes: Any) -> DiffView:
    """Return the changes of an agent that has none, with changes."""
    view = DiffView(
        agent=agent,
        against="base",
        to="worktree",
        commit="0" * 40,
        to_commit="",
        branch=f"agents/{agent}",
        ahead=0,
        behind=0,
        files=[],
        added=0,
        removed=0,
        patch=None,
        truncated=False,
    )
    return DiffView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def plan_reply(*lines: str, **changes: Any) -> PlanReply:
    """Return a plan of the given lines that waits to be approved; without lines an empty, trusted one."""
    reply = PlanReply(
        constellation="acme",
        plan={"actions": list(lines)},
        lines=list(lines),
        summary="1 to create" if lines else "no changes",
        empty=not lines,
        pending=bool(lines),
        blocked=False,
        content_hash="hash-1",
        trusted=not lines,
        commands=[{"subject": "docs", "what": "command", "argv": ["bash", "-c", "echo hi"]}],
        wants_env=["WANTED"],
        schedules={},
    )
    return PlanReply(**{**reply, **changes})  # type: ignore[typeddict-item] # a test names real keys


class Queue(list[Any]):
    """Answers that are given one after another; the last one is repeated."""


class FakeControl:
    """Meets `Control`. `asked` holds (method, parameters); `fails` maps a method to what it raises."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.fails: dict[str, Exception] = {}
        self.plan_answer = plan_reply()
        self.views: list[ConstellationView] = []
        self.items: list[StreamItem] = []
        self.result = ApplyResult(done=["docs"], failed={}, skipped={}, changed=2, exit_code=0)
        self.session_answer = session_view()
        self.send_answer = SendView(confirmed=True, why="")
        self.unsent: dict[str, str] = {}
        self.sandbox_answer = SandboxReport(
            agent="docs", sandbox="bwrap", network="host", held=True, lines=[]
        )
        self.usage_answer = UsageReport(
            timezone="UTC", today="2026-11-22", days=[], limits={}, agents={}, held={}
        )
        self.resumed: list[str] = []
        self.adopted = ["took over the worktree"]
        self.identity_views: list[IdentityView] = []
        self.answers: dict[str, Any] = {}
        """What `identity`, `provider`, `schedule` and the reviewing ones answer to each action."""
        self.audit_lines: list[list[AuditView]] = []
        """What each call of `audit` answers; the last one is repeated."""
        self.screen_answer = screen_view()
        self.diff_answer = diff_view()
        self.live_items: list[LiveItem] = []
        """What `watch` gives before it waits for `news`; where there is nothing, the `views` as they are."""
        self.news: asyncio.Queue[LiveItem | ConstellagentError] = asyncio.Queue()
        """What `watch` gives later, as it is put in; an error is raised."""
        self.watchers = 0
        """How many watch now."""
        self.audit_report = AuditReport(ok=True, problem="", identities=[])
        self.gate: asyncio.Event | None = None
        """Where set, an apply waits for it before its result."""
        self.applied = 0
        """How many applies ran to their end."""

    async def info(self) -> InfoView:
        """Say who the daemon is."""
        self._note("info")
        return InfoView(
            protocol=PROTOCOL,
            version=VERSION,
            pid=42,
            started_at=0.0,
            home="/state",
            provider_url="http://127.0.0.1:1",
            constellations=1,
            sessions=2,
        )

    async def plan(self, request: PlanRequest) -> PlanReply:
        """Answer with `plan_answer`."""
        self._note("plan", request=request)
        return self.plan_answer

    async def apply(self, request: ApplyRequest) -> AsyncIterator[StreamItem]:
        """Give `items`, wait for the gate, then give `result`."""
        self._note("apply", request=request)
        for item in self.items:
            yield item
        if self.gate is not None:
            await self.gate.wait()
        self.applied += 1
        yield {"result": {**self.result}}

    async def status(self, file: str | None) -> list[ConstellationView]:
        """Answer with `views`."""
        self._note("status", file=file)
        return self.views

    async def adopt(self, file: str, agent: str, path: str | None, identity: str | None) -> list[str]:
        """Answer with `adopted`."""
        self._note("adopt", file=file, agent=agent, path=path, identity=identity)
        return self.adopted

    async def trust(self, file: str, *, revoke: bool) -> str:
        """Answer with a hash."""
        self._note("trust", file=file, revoke=revoke)
        return "hash-1"

    async def session(self, file: str, subject: str) -> SessionView:
        """Answer with `session_answer`."""
        self._note("session", file=file, subject=subject)
        return self.session_answer

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
        """Answer with `send_answer`, or raise the error that `unsent` names for the agent."""
        more = {**({"wait": wait} if wait != SEND_WAIT else {}), **({"force": True} if force else {})}
        more |= {"over_limit": True} if over_limit else {}
        self._note("send", file=file, agent=agent, text=text, enter=enter, **more)
        if agent in self.unsent:
            raise ConflictError(self.unsent[agent])
        return self.send_answer

    async def restart(self, request: RestartRequest) -> RestartView:
        """Start an agent again, in a conversation that goes on."""
        self._note("restart", request=request)
        session = await self.session(request["file"], request["subject"])
        new = bool(request.get("new"))
        return RestartView(session=session, conversation="c-1", resumed=not new, why="")

    async def stop(self, file: str, subject: str) -> str:
        """Answer with how it ended."""
        self._note("stop", file=file, subject=subject)
        return "stopped"

    async def run(self, request: RunRequest) -> SessionView:
        """Answer with `session_answer`."""
        self._note("run", request=request)
        return self.session_answer

    async def usage(self, request: UsageRequest) -> UsageReport:
        """Answer with `usage_answer`."""
        self._note("usage", request=request)
        return self.usage_answer

    async def resume(self, request: ResumeRequest) -> list[str]:
        """Answer with `resumed`."""
        self._note("resume", request=request)
        return self.resumed

    async def identities(self, file: str) -> list[IdentityView]:
        """Answer with `identity_views`."""
        self._note("identities", file=file)
        return self.identity_views

    async def identity(self, request: IdentityRequest) -> Any:
        """Answer as `answers` says for the action."""
        self._note("identity", request=request)
        return self._next(request["action"])

    async def audit(self, request: AuditRequest) -> list[AuditView]:
        """Answer with the next of `audit_lines`."""
        self._note("audit", request=request)
        if not self.audit_lines:
            return []
        return self.audit_lines.pop(0) if len(self.audit_lines) > 1 else self.audit_lines[0]

    async def audit_verify(self) -> AuditReport:
        """Answer with `audit_report`."""
        self._note("audit_verify")
        return self.audit_report

    async def provider(self, request: ProviderRequest) -> Any:
        """Answer as `answers` says for the action."""
        self._note("provider", request=request)
        return self._next(request["action"])

    async def schedule(self, request: ScheduleRequest) -> Any:
        """Answer as `answers` says for the action."""
        self._note("schedule", request=request)
        return self._next(request["action"])

    async def race(self, request: RaceRequest) -> Any:
        """Answer as `answers` says for the action."""
        self._note("race", request=request)
        return self._next(request["action"])

    async def sandbox(self, request: SandboxRequest) -> SandboxReport:
        """Answer with `sandbox_answer`."""
        self._note("sandbox", request=request)
        return self.sandbox_answer

    async def screen(self, request: ScreenRequest) -> ScreenView:
        """Answer with `screen_answer`."""
        self._note("screen", request=request)
        return self.screen_answer

    async def diff(self, request: DiffRequest) -> DiffView:
        """Answer with `diff_answer`."""
        self._note("diff", request=request)
        return self.diff_answer

    async def browse(self, request: BrowseRequest) -> Any:
        """Answer as `answers` says for the action."""
        self._note("browse", request=request)
        return self._next(request["action"])

    async def change(self, request: ChangeRequest) -> Any:
        """Answer as `answers` says for the action."""
        self._note("change", request=request)
        return self._next(request["action"])

    async def comments(self, request: CommentRequest) -> Any:
        """Answer as `answers` says for the action."""
        self._note("comments", request=request)
        return self._next(request["action"])

    async def watch(self, file: str | None) -> AsyncIterator[LiveItem]:
        """Give `live_items`, then `news` until the caller leaves."""
        self._note("watch", file=file)
        self.watchers += 1
        try:
            for item in self.live_items or [{"views": [{**view} for view in self.views]}]:
                yield item
            while not isinstance(news := await self.news.get(), ConstellagentError):
                yield news
            raise news
        finally:
            self.watchers -= 1

    def _next(self, action: str) -> Any:
        answer = self.answers.get(action, [])
        if not isinstance(answer, Queue):
            return answer
        return answer.pop(0) if len(answer) > 1 else answer[0]

    async def shutdown(self, *, stop_sessions: bool) -> None:
        """Write down that the end was asked for."""
        self._note("shutdown", stop_sessions=stop_sessions)

    def _note(self, method: str, **params: Any) -> None:
        self.asked.append((method, params))
        if method in self.fails:
            raise self.fails[method]

    def fail(self, method: str, error: ConstellagentError) -> None:
        """Let `method` raise `error`."""
        self.fails[method] = error

    def requests(self, method: str) -> list[dict[str, Any]]:
        """Return the requests that were made of one method."""
        return [params["request"] for name, params in self.asked if name == method]
