"""Gemini CLI's `--output-format stream-json`: one JSON object a line, a `result` as the last.

What it says comes in pieces; they are put together until something else comes.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from constellagent.agents.streams.outcome import Outcome

_DENIED = "policy_violation"
_TOLD = ("command", "file_path", "path", "pattern", "query", "url", "prompt")
"""What of a tool's arguments tells a person most, the best first."""


class Reader:
    """Reads one run."""

    def __init__(self) -> None:
        """Nothing has come."""
        self._said: list[str] = []
        self._answer = ""
        self._tools: dict[str, str] = {}
        self._denied: list[str] = []
        self._conversation = ""
        self._result: Mapping[str, Any] | None = None
        self._why = ""

    def feed(self, line: str) -> Iterable[str]:
        """Take a line, and return what to show of it; one that is no event is shown as it is."""
        event = _object(line)
        if event is None:
            return (line,)
        kind = _text(event, "type")
        if kind == "message" and _text(event, "role") == "assistant":
            self._said.append(_text(event, "content"))
            return ()
        shown = self._spoken()
        match kind:
            case "init":
                self._conversation = _text(event, "session_id")
            case "tool_use":
                shown.append(self._tool(event))
            case "tool_result":
                shown += self._answered(event)
            case "error":
                self._why = _text(event, "message")
                shown.append(f"{_text(event, 'severity') or 'error'}: {self._why}")
            case "result":
                self._result = event
        return shown

    def outcome(self) -> Outcome:
        """Return how the run went; without its `result` it has not finished."""
        self._spoken()
        result = self._result
        if result is None:
            why = self._why or "it ended without a result"
            return Outcome(False, why, self._answer, tuple(self._denied), self._conversation)
        stats = _part(result, "stats")
        ok = _text(result, "status") == "success"
        failed = _text(_part(result, "error"), "message") or self._why or "it failed"
        return Outcome(
            ok=ok,
            why="" if ok else failed,
            answer=self._answer,
            denied=tuple(self._denied),
            conversation=self._conversation,
            input=_number(stats, "input_tokens"),
            output=_number(stats, "output_tokens"),
        )

    def _spoken(self) -> list[str]:
        """Return the lines of what it has said since something else came."""
        text = "".join(self._said).strip()
        self._said.clear()
        if not text:
            return []
        self._answer = text
        return text.splitlines()

    def _tool(self, event: Mapping[str, Any]) -> str:
        name, given = _text(event, "tool_name"), _part(event, "parameters")
        self._tools[_text(event, "tool_id")] = name
        what = next((_text(given, key) for key in _TOLD if _text(given, key)), "")
        return f"> {name}: {what}".splitlines()[0] if what else f"> {name}"

    def _answered(self, event: Mapping[str, Any]) -> list[str]:
        if _text(event, "status") != "error":
            return []
        error, name = _part(event, "error"), self._tools.get(_text(event, "tool_id"), "")
        if _text(error, "type") == _DENIED:
            self._denied.append(name)
            return [f"  denied: {name}"]
        said = (_text(error, "message") or _text(event, "output")).strip()
        return [f"  failed: {said.splitlines()[0] if said else name}"]


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
