"""What `codex exec --json` writes: one JSON object a line, by which its turn begins, goes on and ends.

A turn that it says is completed counts as success, not the exit status. What its sandbox or its approval
policy refused ends in no failure: it is told in the items, or only as a line of its log.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from constellagent.agents.streams.outcome import Outcome
from constellagent.agents.streams.parts import number_of, part_of, text_of

_WIDTH = 200
"""Characters of a command, and of what a tool answered, that are shown."""
_VISIBLE = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "\N{REPLACEMENT CHARACTER}") | {9: "\t"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_REFUSED = re.compile(r"ERROR codex_core::tools::router: error=(.*)")
_POLICY = re.compile(
    r"approval policy is never|requires approval|rejected by user|user cancelled", re.IGNORECASE
)
_SANDBOX = "Read-only file system"
_SHELL = re.compile(r"^\S*/(?:ba|z|da)?sh -l?c (?P<quote>['\"])(?P<line>.*)(?P=quote)$", re.DOTALL)
_Object = dict[str, Any]


class Reader:
    """Reads one run."""

    def __init__(self) -> None:
        """Nothing is read yet."""
        self._conversation = ""
        self._answer = ""
        self._foreign = ""
        self._trouble = ""
        self._usage: _Object = {}
        self._completed = False
        self._denied: dict[str, None] = {}

    def feed(self, line: str) -> Sequence[str]:
        """Take a line, and return what to show a person of it."""
        if not line.strip():
            return ()
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if not isinstance(event, dict):
            return self._logged(line)
        if text_of(event, "type") == "item.completed":
            return self._item(part_of(event, "item"))
        return self._turn(event)

    def outcome(self) -> Outcome:
        """Return how the run went, as far as it was read."""
        why = "" if self._completed else self._trouble or self._foreign or "it ended within its turn"
        return Outcome(
            ok=self._completed,
            why=_visible(why),
            answer=self._answer,
            denied=tuple(self._denied),
            conversation=self._conversation,
            input=number_of(self._usage, "input_tokens"),
            output=number_of(self._usage, "output_tokens"),
        )

    def _turn(self, event: _Object) -> Sequence[str]:
        """Take how the turn goes on."""
        match text_of(event, "type"):
            case "thread.started":
                self._conversation = text_of(event, "thread_id")
                return (_visible(f"Codex, conversation {self._conversation}"),)
            case "turn.started":
                self._completed, self._trouble = False, ""
            case "turn.completed":
                self._completed, self._usage = True, part_of(event, "usage")
            case "turn.failed":
                self._completed, self._trouble = False, text_of(part_of(event, "error"), "message")
            case "error":
                self._trouble = text_of(event, "message")
                return (f"  ! {_brief(self._trouble)}",)
        return ()

    def _logged(self, line: str) -> Sequence[str]:
        """Take a line that is no object, such as one of its log or a refusal to start."""
        line = _COLOURS.sub("", line)
        self._foreign = line.strip()
        if (refused := _REFUSED.search(line)) and _POLICY.search(refused[1]):
            self._denied["apply_patch" if refused[1].startswith("patch") else "exec_command"] = None
        return (_visible(line),)

    def _item(self, item: _Object) -> Sequence[str]:
        kind = text_of(item, "type")
        if kind == "agent_message":
            self._answer = text_of(item, "text")
        if tool := _refused(item):
            self._denied[tool] = None
        shows = _SHOWS.get(kind)
        return tuple(shows(item)) if shows is not None else ()


def _refused(item: _Object) -> str:
    """Return the tool that an item tells was refused, empty for none."""
    kind, declined = text_of(item, "type"), item.get("status") == "declined"
    match kind:
        case "command_execution":
            return "exec_command" if declined or _SANDBOX in text_of(item, "aggregated_output") else ""
        case "file_change":
            return "apply_patch" if declined else ""
        case "mcp_tool_call":
            said = text_of(part_of(item, "error"), "message")
            return f"{text_of(item, 'server')}.{text_of(item, 'tool')}" if _POLICY.search(said) else ""
    return ""


def _message(item: _Object) -> Iterator[str]:
    yield from (_visible(line) for line in text_of(item, "text").splitlines())


def _command(item: _Object) -> Iterator[str]:
    """Return a command, and why it failed where it did."""
    command = text_of(item, "command")
    inner = _SHELL.match(command)
    yield f"* {_brief(inner['line'] if inner else command)}"
    code = item.get("exit_code")
    if item.get("status") != "completed" or (isinstance(code, int) and code != 0):
        ended = (
            f"ended with {code}" if isinstance(code, int) else _visible(text_of(item, "status")) or "failed"
        )
        yield f"  ! {ended}: {_brief(text_of(item, 'aggregated_output'))}"


def _change(item: _Object) -> Iterator[str]:
    changes = item.get("changes")
    failed = "" if item.get("status") == "completed" else f" ({_visible(text_of(item, 'status'))})"
    for change in changes if isinstance(changes, list) else []:
        if isinstance(change, dict):
            yield f"* {_visible(text_of(change, 'kind'))} {_brief(text_of(change, 'path'))}{failed}"


def _tool(item: _Object) -> Iterator[str]:
    yield f"* {_visible(text_of(item, 'server'))}.{_visible(text_of(item, 'tool'))}"
    if said := text_of(part_of(item, "error"), "message"):
        yield f"  ! {_brief(said)}"


def _search(item: _Object) -> Iterator[str]:
    yield f"* search the web: {_brief(text_of(item, 'query'))}"


def _trouble(item: _Object) -> Iterator[str]:
    yield f"  ! {_brief(text_of(item, 'message'))}"


_SHOWS: Mapping[str, Callable[[_Object], Iterator[str]]] = {
    "agent_message": _message,
    "command_execution": _command,
    "file_change": _change,
    "mcp_tool_call": _tool,
    "web_search": _search,
    "error": _trouble,
}


def _visible(text: str) -> str:
    return text.translate(_VISIBLE)


def _brief(text: str) -> str:
    """Return a text on one line, not too long."""
    line = _visible(" ".join(text.split()))
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 1]}…"
