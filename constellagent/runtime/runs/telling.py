"""Word to the owner of how a run ended: one mail (or text) from the agent's identity.

A run that failed, timed out or was lost is told as `failed`, one that succeeded as `done`.

The end of the run's output is part of the mail, because it mostly says why. Whatever the run printed is in
it then, a secret too: who prints secrets shows them to the owner, and to every server on the way there.
"""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from constellagent.errors import ConstellagentError
from constellagent.plan.fires import shown
from constellagent.plan.schedules import DesiredSchedule
from constellagent.ravi.client import InDoubtError
from constellagent.ravi.client.audit import AuditLines
from constellagent.runtime.alerts import Letter, Post, Way
from constellagent.runtime.clock import Clock
from constellagent.runtime.contexts import Context
from constellagent.runtime.holder.log import LogReader
from constellagent.runtime.runs.excerpt import last_lines
from constellagent.runtime.runs.naming import split
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.ledger import Ledger, LedgerRow
from constellagent.spec.durations import format_duration

_log = logging.getLogger(__name__)

_WORDS = {"succeeded": "succeeded", "failed": "failed", "timeout": "timed out", "lost": "was lost"}
"""The endings that are told, in words."""

_LINES = 20
_BYTES = 1 << 16
_LONGEST_LINE = 200
_SECOND = timedelta(seconds=1)


class Word:
    """Tells owners."""

    def __init__(self, ledger: Ledger, registry: SessionRegistry, clock: Clock, audit: AuditLines) -> None:
        """`audit` hears of what is sent from an identity of the hosted provider."""
        self._ledger = ledger
        self._registry = registry
        self._clock = clock
        self._post = Post(audit)

    async def tell(self, context: Context, row: LedgerRow, schedule: DesiredSchedule | None) -> None:
        """Tell the owner of a run's end, once, if the file asks for it and no other attempt follows.

        It is written down first: a daemon that dies while it sends does not send again.

        Raises:
            ConstellagentError: it could not be sent, or that it was cannot be written down.
        """
        name = "done" if row.fire.state == "succeeded" else "failed"
        wanted = row.fire.state in _WORDS and name in context.constellation.notify
        if not wanted or row.report.get("told") or await self._tried_again(row):
            return
        agent, _ = split(row.fire.schedule)
        way = await self._post.way(context, agent)
        if way is None:
            return
        lines = await asyncio.to_thread(self._output, row.fire.run) if way.mail else []
        subject, body = mail(row, schedule, lines)
        await self._send(context, way, row, Letter(subject, body, text(row)))

    async def _send(self, context: Context, way: Way, row: LedgerRow, letter: Letter) -> None:
        run = row.fire.run
        now = datetime.fromtimestamp(int(self._clock.now()), UTC)
        await self._ledger.report(run, {"told": shown(now)})
        try:
            await self._post.send(context, way, letter)
        except InDoubtError:
            _log.warning("%s: nobody knows whether its owner was told", row.fire.schedule)
        except ConstellagentError:
            await self._ledger.report(run, {"told": ""})
            raise

    async def _tried_again(self, row: LedgerRow) -> bool:
        """Say whether a later attempt of the same fire is there: it will be told of, if need be."""
        rows = await self._ledger.history(
            row.constellation,
            schedules=[row.fire.schedule],
            since=row.fire.fire_at - timedelta(microseconds=1),
            until=row.fire.fire_at,
        )
        return any(
            other.fire.origin == row.fire.origin and other.fire.attempt > row.fire.attempt for other in rows
        )

    def _output(self, run: str) -> list[str]:
        try:
            return last_lines(LogReader(self._registry.log(run)).tail(_BYTES)[1], _LINES)
        except OSError as error:
            return [f"(its output cannot be read: {error.strerror})"]


def headline(row: LedgerRow) -> str:
    """Return in one line what became of a run: `triage/morning failed: exit status 1`."""
    why = row.fire.why
    if not why and row.exit_status is not None:
        why = f"exit status {row.exit_status}"
    line = f"{row.fire.schedule} {_WORDS.get(row.fire.state, row.fire.state)}"
    said = " ".join(f"{line}: {why}".split()) if why else line
    return said if len(said) <= _LONGEST_LINE else f"{said[: _LONGEST_LINE - 1]}\N{HORIZONTAL ELLIPSIS}"


def mail(row: LedgerRow, schedule: DesiredSchedule | None, output: list[str]) -> tuple[str, str]:
    """Return subject and text of the mail about a run."""
    commits = row.report.get("commits", [])
    told = {
        "Run": row.fire.run,
        "Nominal": shown(row.fire.fire_at),
        "Reason": row.fire.reason,
        "Started": shown(row.started_at) if row.started_at else "never",
        "Took": _took(row),
        "Attempt": _attempt(row, schedule),
        "Branch": row.branch,
        "Folder": row.path,
        "Denied": ", ".join(row.report.get("denied", ())),
        "Used": _used(row.report.get("usage")),
        "Commits": str(row.report.get("commit_count", "")),
    }
    lines = [headline(row), "", *(f"{name + ':':10}{value}" for name, value in told.items() if value)]
    lines += [f"{'':10}{commit['id'][:10]} {commit['subject']}" for commit in commits]
    if output:
        lines += [
            "",
            f"The last {len(output)} lines of its output:" if len(output) > 1 else "Its output:",
            "",
        ]
        lines += [f"    {line}".rstrip() for line in output]
    lines += ["", f"`constellagent schedule history {row.fire.schedule}` shows its other runs."]
    return headline(row), "\n".join(lines) + "\n"


def text(row: LedgerRow) -> str:
    """Return the text message about a run."""
    return f"{headline(row)} ({shown(row.fire.fire_at)})"


def _took(row: LedgerRow) -> str:
    if row.started_at is None or row.ended_at is None:
        return ""
    span = max(row.ended_at - row.started_at, timedelta(0))
    return format_duration(span // _SECOND * _SECOND) if span >= _SECOND else "less than a second"


def _used(usage: Mapping[str, Any] | None) -> str:
    if usage is None:
        return ""
    cost = "" if usage["cost"] is None else f", ${usage['cost']:.2f}"
    return f"{usage['input']} tokens read, {usage['output']} written{cost}"


def _attempt(row: LedgerRow, schedule: DesiredSchedule | None) -> str:
    most = schedule.spec.retries.max + 1 if schedule is not None else 1
    return f"{row.fire.attempt} of {most}" if row.fire.attempt <= most > 1 else str(row.fire.attempt)
