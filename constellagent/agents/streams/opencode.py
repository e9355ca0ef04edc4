"""What `opencode run --format json` writes: one JSON object a line, each with the id of the session.

No line says that all is finished: a run has finished its work where the last step of the model ended by
itself, and not to call a tool, to be cut off or for an error.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from constellagent.agents.streams.outcome import Outcome

_REFUSALS = (
    "The user has specified a rule which prevents you",
    "The user rejected permission",
)
"""How the answer of a tool begins that it was not allowed to use."""
_TOLD = ("command", "filePath", "path", "pattern", "query", "url", "description")
"""What of a tool's arguments tells a person most, the best first."""


class Reader:
    """Reads one run."""

    def __init__(self) -> None:
        """Nothing has come."""
        self._answer = ""
        self._denied: list[str] = []
        self._conversation = ""
        self._end = ""
        self._why = ""
        self._input = self._output = self._turns = 0
        self._cost = 0.0

    def feed(self, line: str) -> Iterable[str]:
        """Take a line, and return what to show of it; one that is no event is shown as it is."""
        event = _object(line)
        if event is None:
            return (line,)
        part = _part(event, "part")
        self._conversation = _text(event, "sessionID") or self._conversation
        match _text(event, "type"):
            case "text":
                self._answer = _text(part, "text").strip()
                return self._answer.splitlines()
            case "tool_use":
                return self._tool(part)
            case "step_start":
                self._end = ""
            case "step_finish":
                self._step(part)
            case "error":
                return [f"error: {self._failed(_part(event, 'error'))}"]
        return ()

    def outcome(self) -> Outcome:
        """Return how the run went."""
        ok = self._end == "stop" and not self._why
        ends = {"": "it ended in the middle of its work", "length": "its answer was cut off"}
        return Outcome(
            ok=ok,
            why="" if ok else self._why or ends.get(self._end, f"it ended with: {self._end}"),
            answer=self._answer,
            denied=tuple(self._denied),
            conversation=self._conversation,
            input=self._input,
            output=self._output,
            cost=self._cost or None,
            turns=self._turns,
        )

    def _tool(self, part: Mapping[str, Any]) -> list[str]:
        name, state = _text(part, "tool"), _part(part, "state")
        given = _part(state, "input")
        what = next((_text(given, key) for key in _TOLD if _text(given, key)), "")
        shown = [f"> {name}: {what}".splitlines()[0] if what else f"> {name}"]
        if _text(state, "status") != "error":
            return shown
        error = _text(state, "error").strip()
        if error.startswith(_REFUSALS):
            self._denied.append(name)
            return [*shown, f"  denied: {name}"]
        return [*shown, f"  failed: {error.splitlines()[0] if error else name}"]

    def _step(self, part: Mapping[str, Any]) -> None:
        tokens = _part(part, "tokens")
        cache, cost = _part(tokens, "cache"), part.get("cost")
        self._end = _text(part, "reason")
        self._turns += 1
        self._input += _number(tokens, "input") + _number(cache, "read") + _number(cache, "write")
        self._output += _number(tokens, "output") + _number(tokens, "reasoning")
        if isinstance(cost, int | float) and not isinstance(cost, bool):
            self._cost += cost

    def _failed(self, error: Mapping[str, Any]) -> str:
        self._why = _text(_part(error, "data"), "message") or _text(error, "name") or "it failed"
        return self._why


def _object(line: str) -> Mapping[str, Any] | None:
    """Return an event; None for what is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("type"), str) else None


def _text(of: Mapping[str, Any], key: str) -> str:
    found = of.get(key)
    return found if isinstance(found, str) else ""


def _part(of: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = of.get(key)
    return found if isinstance(found, dict) else {}


def _number(of: Mapping[str, Any], key: str) -> int:
    found = of.get(key)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0
