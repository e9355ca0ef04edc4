"""What a headless run of Copilot CLI writes: an event a line, the last of which says how it ended.

It ends with 0 when its tools were refused, too, and counts requests but no tokens.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from constellagent.agents.streams.outcome import Outcome
from constellagent.agents.streams.parts import part_of, text_of

_TOLD = ("command", "path", "pattern", "query", "url", "description")
"""What of a tool's arguments tells a person most, the best first."""
_DENIED = "denied"
"""The code of a tool's error where it was not allowed."""


class Reader:
    """Reads one run."""

    def __init__(self) -> None:
        """Nothing has come."""
        self._answer = ""
        self._error = ""
        self._denied: list[str] = []
        self._called: dict[str, str] = {}
        self._turns = 0
        self._conversation = ""
        self._exit: object = None
        self._ended = False
        self._readers: Mapping[str, Callable[[Mapping[str, Any]], Iterable[str]]] = {
            "assistant.message": self._message,
            "model.call_start": self._call,
            "result": self._result,
            "session.error": self._failure,
            "session.warning": self._warning,
            "tool.execution_complete": self._complete,
            "tool.execution_start": self._start,
        }

    def feed(self, line: str) -> Iterable[str]:
        """Take a line, and show what is said and done; a line that is no event is shown as it is."""
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            return (line,) if line.strip() else ()
        reader = self._readers.get(text_of(event, "type"))
        return () if reader is None else reader(event)

    def outcome(self) -> Outcome:
        """Return how the run went."""
        why = self._why()
        return Outcome(
            ok=not why,
            why=why,
            answer=self._answer,
            denied=tuple(dict.fromkeys(self._denied)),
            conversation=self._conversation,
            turns=self._turns,
        )

    def _why(self) -> str:
        """Return why it has not finished its work, empty where it has."""
        if not self._ended:
            return self._error or "it ended without a result"
        if self._exit != 0 or self._error:
            return self._error or f"it ended with {self._exit}"
        return "" if self._answer else "it gave no answer"

    def _message(self, event: Mapping[str, Any]) -> Iterable[str]:
        data = part_of(event, "data")
        text = text_of(data, "content").strip()
        if not data.get("toolRequests"):
            self._answer, self._error = text, ""
        return text.splitlines()

    def _call(self, event: Mapping[str, Any]) -> Iterable[str]:
        del event
        self._turns += 1
        return ()

    def _start(self, event: Mapping[str, Any]) -> Iterable[str]:
        data = part_of(event, "data")
        name, given = text_of(data, "toolName"), part_of(data, "arguments")
        self._called[text_of(data, "toolCallId")] = name
        told = next((text_of(given, key) for key in _TOLD if text_of(given, key)), "")
        return (f"{name}: {told}" if told else name).splitlines()[:1]

    def _complete(self, event: Mapping[str, Any]) -> Iterable[str]:
        data = part_of(event, "data")
        if data.get("success") is not False:
            return ()
        name = self._called.get(text_of(data, "toolCallId"), "")
        error = part_of(data, "error")
        if text_of(error, "code") == _DENIED:
            self._denied.append(name)
            return (f"{name}: not allowed",)
        return (f"{name} failed: {text_of(error, 'message')}".splitlines()[0],)

    def _failure(self, event: Mapping[str, Any]) -> Iterable[str]:
        self._error = text_of(part_of(event, "data"), "message").strip() or "it says that it failed"
        return self._error.splitlines()

    def _warning(self, event: Mapping[str, Any]) -> Iterable[str]:
        return text_of(part_of(event, "data"), "message").splitlines()

    def _result(self, event: Mapping[str, Any]) -> Iterable[str]:
        self._ended = True
        self._exit = event.get("exitCode")
        self._conversation = text_of(event, "sessionId")
        return ()
