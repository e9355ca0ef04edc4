"""A daemon that answers a demo from a script, with sessions on disk that nobody runs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from constellagent.errors import ConstellagentError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli.demo_cast import CAST
from tests.faces.cli.session import Session


class Scripted:
    """Answers what the demo asks; `orders` and `asked` are what it was told.

    A fake, because what must be shown here are answers that the real daemon gives only when it is ill.
    """

    def __init__(self, folder: Path) -> None:
        """Nobody has started anything yet."""
        self._folder = folder
        self.sessions: dict[str, Session] = {}
        self.outbox: list[list[dict[str, Any]]] = []
        self.chains: list[dict[str, Any]] = []
        self.results: list[dict[str, Any] | ConstellagentError | None] = []
        self.orders: list[dict[str, Any]] = []
        self.asked: list[dict[str, Any]] = []

    @property
    def client(self) -> BlockingClient:
        """This, where a client is wanted."""
        return cast("BlockingClient", self)

    def begins(self, subject: str, *lines: str) -> Session:
        """Start a session that has written these lines."""
        session = self.sessions[subject] = Session(self._folder / subject)
        session.write("".join(f"{line}\r\n" for line in lines).encode())
        return session

    def session(self, _file: str, subject: str) -> dict[str, Any]:
        """Return a session."""
        if subject not in self.sessions:
            raise ConstellagentError(f"{subject} was never started")
        return {"id": f"session-{subject}", "log": self.sessions[subject].log, "started_at": 100.0}

    def identities(self, _file: str) -> list[dict[str, Any]]:
        """Return an identity for each agent."""
        return [
            {"agent": agent, "uuid": f"u-{agent}", "address": f"{agent}@demo.test", "phone": f"+1{number}"}
            for number, agent in enumerate(CAST)
        ]

    def identity(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """Return that nobody has anything."""
        self.asked.append(request)
        return []

    def audit(self, _request: object) -> list[dict[str, Any]]:
        """Return no line."""
        return []

    def audit_verify(self) -> dict[str, Any]:
        """Return what was prepared."""
        return {"ok": True, "identities": self.chains}

    def provider(self, _request: object) -> list[dict[str, Any]]:
        """Return the next prepared outbox; the last one again and again."""
        return self.outbox.pop(0) if len(self.outbox) > 1 else self.outbox[0]

    def plan(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return a plan."""
        return {"content_hash": "hash", "wants_env": ["PATH", "NOT_SET_ANYWHERE"], "lines": [], **request}

    def apply(self, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Go through with the next prepared result."""
        self.orders.append(order)
        result = self.results.pop(0)
        if isinstance(result, ConstellagentError):
            raise result
        for subject in ("ada", "linkhouse"):
            yield {"event": {"subject": subject, "text": "started", "level": "done"}}
        if result is not None:
            yield {"result": result}


def ended(exit_code: int = 0, **failed: str) -> dict[str, Any]:
    """Return how an apply ended."""
    return {"done": [], "failed": failed, "skipped": {}, "changed": 1, "exit_code": exit_code}
