"""The command line's client: plain blocking calls over the daemon's socket, standard library only.

Importing asyncio or a model would cost a `status` more than the whole exchange, so this stands beside
`faces.client`. One connection serves one command.
"""

import socket
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces import wire
from constellagent.runtime.comment_views import CommentRequest
from constellagent.runtime.control import (
    PROTOCOL,
    SEND_WAIT,
    ApplyRequest,
    ConstellationView,
    InfoView,
    PlanReply,
    PlanRequest,
    RestartRequest,
    RestartView,
    RunRequest,
    SendView,
    SessionView,
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
from constellagent.runtime.race_views import RaceRequest
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest
from constellagent.runtime.sandbox_views import SandboxReport, SandboxRequest
from constellagent.runtime.schedule_views import ScheduleRequest
from constellagent.runtime.screen_views import ScreenRequest, ScreenView
from constellagent.runtime.usage_views import ResumeRequest, UsageReport, UsageRequest

CONNECT_TIMEOUT = 5.0
"""Seconds for the connection and the daemon's greeting."""


class BlockingClient:
    """Everything of `Control`, one call at a time.

    Each method raises the error that the daemon raised, as the same class of `constellagent.errors`, and
    UnavailableError where the daemon goes away. There is no time limit on an answer: a plan of a large
    repository takes what it takes, and the daemon's death ends the wait.

    Attributes:
        version: the daemon's release, from its greeting.
        pid: the daemon's process id, from its greeting.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._buffer = bytearray()
        self._next_id = 0
        self._greeting = self._receive()
        self.version = str(self._greeting.get("version", ""))
        self.pid = int(self._greeting.get("pid", 0))

    @classmethod
    def connect(cls, path: Path) -> Self:
        """Connect to the daemon that listens at `path`.

        Raises:
            UnavailableError: nobody listens there.
        """
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(CONNECT_TIMEOUT)
        try:
            connection.connect(str(path))
            client = cls(connection)
            connection.settimeout(None)
        except (OSError, ConstellagentError) as error:
            connection.close()
            reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise UnavailableError(
                f"no daemon answers at {path}: {reason}", hint="run `constellagent doctor`"
            ) from error
        return client

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(self, *exc: object) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection; the daemon finishes what it was asked to apply."""
        self._connection.close()

    def info(self) -> InfoView:
        """Say who the daemon is."""
        reply: InfoView = self._call("info", {})
        return reply

    def plan(self, request: PlanRequest) -> PlanReply:
        """Compare declared and observed; writes nothing."""
        reply: PlanReply = self._call("plan", {"request": request})
        return reply

    def apply(self, request: ApplyRequest) -> Iterator[StreamItem]:
        """Make it so: events as they happen, then one result."""
        self._ask("apply", {"request": request})
        while True:
            answer = self._answer()
            if answer.get("end"):
                return
            yield answer["item"]

    def status(self, file: str | None) -> list[ConstellationView]:
        """Show one constellation, or all where `file` is None."""
        reply: list[ConstellationView] = self._call("status", {"file": file})
        return reply

    def adopt(self, file: str, agent: str, path: str | None, identity: str | None) -> list[str]:
        """Take over an existing worktree or identity; returns what was done, in words."""
        params = {"file": file, "agent": agent, "path": path, "identity": identity}
        reply: list[str] = self._call("adopt", params)
        return reply

    def trust(self, file: str, *, revoke: bool) -> str:
        """Record or withdraw approval of the file's present content; returns its hash."""
        return str(self._call("trust", {"file": file, "revoke": revoke}))

    def session(self, file: str, subject: str) -> SessionView:
        """Return the newest session of an agent or service."""
        reply: SessionView = self._call("session", {"file": file, "subject": subject})
        return reply

    def send(
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
        """Deliver text to the agent's session, and say how it went."""
        params = {
            "file": file,
            "agent": agent,
            "text": text,
            "enter": enter,
            "wait": wait,
            "force": force,
            "over_limit": over_limit,
        }
        reply: SendView = self._call("send", params)
        return reply

    def stop(self, file: str, subject: str) -> str:
        """Stop the session of an agent or service; returns how it ended."""
        return str(self._call("stop", {"file": file, "subject": subject}))

    def restart(self, request: RestartRequest) -> RestartView:
        """Start an agent or service again."""
        reply: RestartView = self._call("restart", {"request": request})
        return reply

    def run(self, request: RunRequest) -> SessionView:
        """Start a run of an agent and return its session."""
        reply: SessionView = self._call("run", {"request": request})
        return reply

    def usage(self, request: UsageRequest) -> UsageReport:
        """Return what agents have used, and the limits in effect."""
        reply: UsageReport = self._call("usage", {"request": request})
        return reply

    def resume(self, request: ResumeRequest) -> list[str]:
        """Let paused runs go on; returns which."""
        reply: list[str] = self._call("resume", {"request": request})
        return reply

    def identities(self, file: str) -> list[IdentityView]:
        """Show the identity of each agent."""
        reply: list[IdentityView] = self._call("identities", {"file": file})
        return reply

    def identity(self, request: IdentityRequest) -> Any:
        """Answer a person about an agent's identity."""
        return self._call("identity", {"request": request})

    def audit(self, request: AuditRequest) -> list[AuditView]:
        """Return lines of the audit by time, oldest first."""
        reply: list[AuditView] = self._call("audit", {"request": request})
        return reply

    def audit_verify(self) -> AuditReport:
        """Check the audit of every identity."""
        reply: AuditReport = self._call("audit_verify", {})
        return reply

    def provider(self, request: ProviderRequest) -> Any:
        """Look at the local provider or tell it something."""
        return self._call("provider", {"request": request})

    def schedule(self, request: ScheduleRequest) -> Any:
        """Answer a person about schedules and their runs."""
        return self._call("schedule", {"request": request})

    def race(self, request: RaceRequest) -> Any:
        """Start, show or decide races."""
        return self._call("race", {"request": request})

    def sandbox(self, request: SandboxRequest) -> SandboxReport:
        """Prove an agent's sandbox by trying everything that it must prevent."""
        reply: SandboxReport = self._call("sandbox", {"request": request})
        return reply

    def screen(self, request: ScreenRequest) -> ScreenView:
        """Return what the terminal of a live session shows."""
        reply: ScreenView = self._call("screen", {"request": request})
        return reply

    def diff(self, request: DiffRequest) -> DiffView:
        """Compare an agent's worktree with its base, or another commit."""
        reply: DiffView = self._call("diff", {"request": request})
        return reply

    def browse(self, request: BrowseRequest) -> Any:
        """Show something of an agent's worktree."""
        return self._call("browse", {"request": request})

    def change(self, request: ChangeRequest) -> Any:
        """Change something in an agent's worktree."""
        return self._call("change", {"request": request})

    def comments(self, request: CommentRequest) -> Any:
        """Answer a reviewer about comments."""
        return self._call("comments", {"request": request})

    def shutdown(self, *, stop_sessions: bool) -> None:
        """End the daemon; sessions go on unless `stop_sessions`."""
        self._call("shutdown", {"stop_sessions": stop_sessions})

    def _call(self, method: str, params: Mapping[str, Any]) -> Any:
        self._ask(method, params)
        return self._answer().get("result")

    def _ask(self, method: str, params: Mapping[str, Any]) -> None:
        if method not in wire.ANSWERED_ACROSS_VERSIONS:
            wire.check_greeting(self._greeting, PROTOCOL)
        self._next_id += 1
        line = wire.encode({"id": self._next_id, "method": method, "params": params})
        try:
            self._connection.sendall(line)
        except OSError as error:
            raise UnavailableError(f"the daemon went away: {error.strerror}") from error

    def _answer(self) -> dict[str, Any]:
        answer = self._receive()
        if "error" in answer:
            raise wire.error_from(answer["error"])
        return answer

    def _receive(self) -> dict[str, Any]:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            if searched > wire.MAX_LINE:
                raise UnavailableError("the daemon sent a line that is too long")
            try:
                chunk = self._connection.recv(1 << 16)
            except OSError as error:
                raise UnavailableError(f"the daemon went away: {error.strerror or error}") from error
            if not chunk:
                raise UnavailableError(
                    "the daemon closed the connection before it answered",
                    hint="the next command starts it again; `constellagent doctor` shows where its log is",
                )
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return wire.decode(line)
