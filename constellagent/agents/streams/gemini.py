"""Gemini CLI's `--output-format stream-json`: one JSON object a line, a `result` as the last.

What it says comes in pieces; they are put together until something else comes.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from constellagent.agents.streams.outcome import Outcome
from constellagent.agents.streams.parts import event_of, number_of, part_of, text_of

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
        event = event_of(line)
        if event is None:
            return (line,)
        kind = text_of(event, "type")
        if kind == "message" and text_of(event, "role") == "assistant":
            self._said.append(text_of(event, "content"))
            return ()
        shown = self._spoken()
        match kind:
            case "init":
                self._conversation = text_of(event, "session_id")
            case "tool_use":
                shown.append(self._tool(event))
            case "tool_result":
                shown += self._answered(event)
            case "error":
                self._why = text_of(event, "message")
                shown.append(f"{text_of(event, 'severity') or 'error'}: {self._why}")
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
        stats = part_of(result, "stats")
        ok = text_of(result, "status") == "success"
        failed = text_of(part_of(result, "error"), "message") or self._why or "it failed"
        return Outcome(
            ok=ok,
            why="" if ok else failed,
            answer=self._answer,
            denied=tuple(self._denied),
            conversation=self._conversation,
            input=number_of(stats, "input_tokens"),
            output=number_of(stats, "output_tokens"),
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
        name, given = text_of(event, "tool_name"), part_of(event, "parameters")
        self._tools[text_of(event, "tool_id")] = name
        what = next((text_of(given, key) for key in _TOLD if text_of(given, key)), "")
        return f"> {name}: {what}".splitlines()[0] if what else f"> {name}"

    def _answered(self, event: Mapping[str, Any]) -> list[str]:
        if text_of(event, "status") != "error":
            return []
        error, name = part_of(event, "error"), self._tools.get(text_of(event, "tool_id"), "")
        if text_of(error, "type") == _DENIED:
            self._denied.append(name)
            return [f"  denied: {name}"]
        said = (text_of(error, "message") or text_of(event, "output")).strip()
        return [f"  failed: {said.splitlines()[0] if said else name}"]
