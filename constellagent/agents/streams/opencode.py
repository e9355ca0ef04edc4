"""What `opencode run --format json` writes: one JSON object a line, each with the id of the session.

No line says that all is finished: a run has finished its work where the last step of the model ended by
itself, and not to call a tool, to be cut off or for an error.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from constellagent.agents.streams.outcome import Outcome
from constellagent.agents.streams.parts import amount_of, event_of, number_of, part_of, text_of

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
        event = event_of(line)
        if event is None:
            return (line,)
        part = part_of(event, "part")
        self._conversation = text_of(event, "sessionID") or self._conversation
        match text_of(event, "type"):
            case "text":
                self._answer = text_of(part, "text").strip()
                return self._answer.splitlines()
            case "tool_use":
                return self._tool(part)
            case "step_start":
                self._end = ""
            case "step_finish":
                self._step(part)
            case "error":
                self._failed(part_of(event, "error"))  # the verdict says it
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
        name, state = text_of(part, "tool"), part_of(part, "state")
        given = part_of(state, "input")
        what = next((text_of(given, key) for key in _TOLD if text_of(given, key)), "")
        shown = [f"> {name}: {what}".splitlines()[0] if what else f"> {name}"]
        if text_of(state, "status") != "error":
            return shown
        error = text_of(state, "error").strip()
        if error.startswith(_REFUSALS):
            self._denied.append(name)
            return [*shown, f"  denied: {name}"]
        return [*shown, f"  failed: {error.splitlines()[0] if error else name}"]

    def _step(self, part: Mapping[str, Any]) -> None:
        tokens = part_of(part, "tokens")
        cache = part_of(tokens, "cache")
        self._end = text_of(part, "reason")
        self._turns += 1
        self._input += number_of(tokens, "input") + number_of(cache, "read") + number_of(cache, "write")
        self._output += number_of(tokens, "output") + number_of(tokens, "reasoning")
        self._cost += amount_of(part, "cost") or 0.0

    def _failed(self, error: Mapping[str, Any]) -> None:
        self._why = text_of(part_of(error, "data"), "message") or text_of(error, "name") or "it failed"
