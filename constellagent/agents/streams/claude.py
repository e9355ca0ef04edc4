"""What `claude -p --output-format stream-json` writes: one JSON object a line, the last one its result.

A result counts as success by its own word only, not by the exit status: a run that was denied every tool
exits with 0. Lines that are no objects come from elsewhere, such as a refusal to start, and are shown.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from constellagent.agents.streams.outcome import Outcome
from constellagent.agents.streams.parts import amount_of, number_of, part_of, text_of

_SHORTEST = ("command", "file_path", "url", "notebook_path", "path", "pattern", "query", "description")
"""What of a tool's arguments tells a person most, the best first."""
_WIDTH = 200
"""Characters of a tool's arguments, and of its error, that are shown."""
_VISIBLE = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\N{REPLACEMENT CHARACTER}") | {9: "\t"}
_Object = dict[str, Any]


class Reader:
    """Reads one run."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._conversation = ""
        self._foreign = ""
        self._result: _Object | None = None
        self._so_far: dict[str, tuple[int, int]] = {}

    def feed(self, line: str) -> Sequence[str]:
        """Take a line, and return what to show a person of it."""
        if not line.strip():
            return ()
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            self._foreign = _visible(line.strip())
            return (_visible(line),)
        self._conversation = text_of(event, "session_id") or self._conversation
        if event.get("type") == "result":
            self._result = event
        elif event.get("type") == "assistant":
            self._count(part_of(event, "message"))
        shows = _SHOWS.get(text_of(event, "type"))
        return tuple(shows(event)) if shows is not None else ()

    def outcome(self) -> Outcome:
        """Return how the run went, as far as it was read."""
        result = self._result
        if result is None:
            said = f": {self._foreign}" if self._foreign else ""
            return Outcome(
                ok=False,
                why=f"it ended without a result{said}",
                conversation=self._conversation,
                input=sum(read for read, _ in self._so_far.values()),
                output=sum(written for _, written in self._so_far.values()),
            )
        ok = _succeeded(result)
        read, written = _used(result)
        denied = [text_of(one, "tool_name") for one in _objects(result, "permission_denials")]
        return Outcome(
            ok=ok,
            why="" if ok else _why(result),
            answer=text_of(result, "result"),
            denied=tuple(dict.fromkeys(denied)),
            conversation=self._conversation,
            input=read,
            output=written,
            cost=amount_of(result, "total_cost_usd"),
            turns=number_of(result, "num_turns"),
        )

    def _count(self, message: _Object) -> None:
        """Count an answer of the model, of which each block comes as a line with what all of it used."""
        name, (read, written) = text_of(message, "id"), _tokens(part_of(message, "usage"))
        before = self._so_far.get(name, (0, 0))
        self._so_far[name] = max(read, before[0]), max(written, before[1])


def _succeeded(result: _Object) -> bool:
    return result.get("subtype") == "success" and result.get("is_error") is False


def _why(result: _Object) -> str:
    """Return why a result is no success: its errors, its text, or else its kind."""
    errors = result.get("errors")
    said = "; ".join(error for error in errors if isinstance(error, str)) if isinstance(errors, list) else ""
    kind = text_of(result, "subtype").replace("_", " ")
    return _visible(said or text_of(result, "result") or kind or "it gave no reason")


def _said(event: _Object) -> Iterator[str]:
    """Return what the model says and which tools it calls; a subagent's own work is not shown."""
    if event.get("parent_tool_use_id"):
        return
    for block in _objects(part_of(event, "message"), "content"):
        if block.get("type") == "text":
            yield from (_visible(line) for line in text_of(block, "text").splitlines())
        elif block.get("type") == "tool_use":
            given = part_of(block, "input")
            what = next((text_of(given, key) for key in _SHORTEST if text_of(given, key)), "")
            yield f"* {text_of(block, 'name')}: {_brief(what)}" if what else f"* {text_of(block, 'name')}"


def _failed(event: _Object) -> Iterator[str]:
    """Return which tools failed or were denied."""
    if event.get("parent_tool_use_id"):
        return
    for block in _objects(part_of(event, "message"), "content"):
        if block.get("type") == "tool_result" and block.get("is_error") is True:
            content = block.get("content")
            texts = [text_of(part, "text") for part in _objects(block, "content")]
            yield f"  ! {_brief(content if isinstance(content, str) else ' '.join(texts))}"


def _noted(event: _Object) -> Iterator[str]:
    """Return what it says of itself: how it begins, and that its model does not answer."""
    if event.get("subtype") == "init":
        words = [f"Claude Code {text_of(event, 'claude_code_version')}".strip(), text_of(event, "model")]
        yield _visible(", ".join(word for word in (*words, text_of(event, "permissionMode")) if word))
    elif event.get("subtype") == "api_retry":
        status = event.get("error_status")
        told = f" ({status})" if isinstance(status, int) else ""
        yield f"  ! the model's API does not answer{told}: attempt {number_of(event, 'attempt')}"


_SHOWS: Mapping[str, Callable[[_Object], Iterator[str]]] = {
    "assistant": _said,
    "user": _failed,
    "system": _noted,
}
"""What is shown of each kind of line."""


def _used(result: _Object) -> tuple[int, int]:
    """Return the tokens read and written, by all models together where it says so."""
    models = [one for one in part_of(result, "modelUsage").values() if isinstance(one, dict)]
    if models:
        read = ("inputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")
        return (
            sum(number_of(one, key) for one in models for key in read),
            sum(number_of(one, "outputTokens") for one in models),
        )
    return _tokens(part_of(result, "usage"))


def _tokens(usage: _Object) -> tuple[int, int]:
    read = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return sum(number_of(usage, key) for key in read), number_of(usage, "output_tokens")


def _brief(text: str) -> str:
    one = " ".join(text.split())
    return _visible(one if len(one) <= _WIDTH else f"{one[: _WIDTH - 3]}...")


def _visible(text: str) -> str:
    """Return text that does nothing to the terminal that shows it."""
    return text.translate(_VISIBLE)


def _objects(of: _Object, key: str) -> list[_Object]:
    found = of.get(key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
