"""What a transcript of Claude Code says of tokens: each answer of the model does, in each of its lines.

As a session ends, it also says what the conversation has cost and used in all: with whichever model, and for
its subagents, whose answers are in transcripts of their own.
"""

from collections.abc import Mapping
from typing import Any

from constellagent.agents.kind import Usage
from constellagent.agents.meters.lines import dollars, event, tokens
from constellagent.agents.values import part, text

_KNOWN = 4096
"""Answers of which it is remembered what they counted; the lines of one answer are close to each other."""
_READ = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
_READ_BY_MODEL = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")


class Meter:
    """Counts one conversation."""

    def __init__(self) -> None:
        """Nothing is used yet."""
        self._answers: dict[str, tuple[int, int]] = {}
        self._read = 0
        self._written = 0
        self._cost: float | None = None

    def feed(self, line: str) -> None:
        """Take a line."""
        answered, ended = event(line, '"usage"'), event(line, '"cost-state"')
        if text(answered, "type") == "assistant":
            self._count(part(answered, "message"))
        elif text(ended, "type") == "cost-state":
            self._close(ended)

    def used(self) -> Usage:
        """Return what was used so far; subagents and prices are known from the end of a session on."""
        return Usage(self._read, self._written, self._cost)

    def _count(self, message: Mapping[str, Any]) -> None:
        """Count an answer: of its lines, that which speaks of most tokens."""
        name, usage = text(message, "id"), part(message, "usage")
        read, written = tokens(usage, *_READ), tokens(usage, "output_tokens")
        if not read and not written:
            return
        before = self._answers.pop(name, (0, 0))
        now = max(read, before[0]), max(written, before[1])
        self._answers[name] = now  # as the newest
        if len(self._answers) > _KNOWN:
            del self._answers[next(iter(self._answers))]
        self._read += now[0] - before[0]
        self._written += now[1] - before[1]

    def _close(self, told: Mapping[str, Any]) -> None:
        """Take what a session says at its end; it goes on from the one before in its conversation."""
        models = [one for one in part(told, "modelUsage").values() if isinstance(one, dict)]
        self._read = max(self._read, sum(tokens(one, *_READ_BY_MODEL) for one in models))
        self._written = max(self._written, sum(tokens(one, "outputTokens") for one in models))
        cost = dollars(told, "totalCostUSD")
        if cost is not None:
            self._cost = max(cost, self._cost or 0.0)
