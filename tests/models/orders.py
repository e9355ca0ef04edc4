r"""What the model does: its prompts tell it, line by line, so that any test can order any work.

A line of a prompt that begins with `!` is an order; the rest of the prompt is only text. After the last
order, and where there is none, the model says `done: ` and the first words of the prompt, and its turn ends.

    !say TEXT          say something before going on
    !run COMMAND       run a shell command with the agent's shell tool
    !write FILE TEXT   write a file with the agent's own tool for that (TEXT has \n for line ends)
    !use TOOL JSON     call any other tool by a part of its name, such as one of an MCP server
    !wait SECONDS      answer nothing for a while
    !hang              answer nothing until the client leaves
    !fail STATUS       answer with this HTTP status
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """Run a shell command."""

    command: str


@dataclass(frozen=True, slots=True)
class Write:
    """Write a file."""

    file: str
    text: str


@dataclass(frozen=True, slots=True)
class Use:
    """Call a tool whose name contains `tool`."""

    tool: str
    arguments: dict[str, Any]


Call = Run | Write | Use


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model answers to one request.

    Attributes:
        text: what it says; with no `call` its turn ends with it.
        call: the tool that it calls then.
        wait: seconds before it answers at all; infinity to never answer.
        status: an HTTP status to fail with instead.
    """

    text: str = ""
    call: Call | None = None
    wait: float = 0.0
    status: int = 0


@dataclass(frozen=True, slots=True)
class Turn:
    """What a request asks for, whatever the wire format.

    Attributes:
        prompt: the newest text of the person.
        results: what tools have answered since, as text, in order.
        tools: the names of the tools that are offered.
        prompts: all texts of the person in this conversation, oldest first, `prompt` last.
        model: that is asked for.
    """

    prompt: str
    results: Sequence[str] = ()
    tools: Sequence[str] = ()
    prompts: Sequence[str] = field(default_factory=tuple)
    model: str = ""


def answer(turn: Turn) -> Answer:
    """Return what the model answers: the order after those whose tools have answered, and what leads to it.

    A request that offers no tools (for a title, a summary) carries out no orders.
    """
    if not turn.tools:
        return Answer("a title")
    said: list[str] = []
    wait, calls = 0.0, 0
    for word, rest in _orders(turn.prompt):
        skip = calls < len(turn.results)
        if (call := _call(word, rest)) is not None:
            if not skip:
                return Answer("\n".join(said), call, wait)
            calls += 1
        elif skip:
            continue
        elif word == "say":
            said.append(rest)
        elif word in {"wait", "hang"}:
            wait += float(rest) if word == "wait" else float("inf")
        elif word == "fail":
            return Answer(wait=wait, status=int(rest))
    said.append(f"done: {turn.prompt.strip()[:60]}")
    return Answer("\n".join(said), None, wait)


def _orders(prompt: str) -> Iterator[tuple[str, str]]:
    for line in prompt.splitlines():
        if line.strip().startswith("!"):
            word, _, rest = line.strip()[1:].partition(" ")
            yield word, rest


def _call(word: str, rest: str) -> Call | None:
    first, _, more = rest.partition(" ")
    match word:
        case "run":
            return Run(rest)
        case "write":
            return Write(first, more.replace("\\n", "\n") + "\n")
        case "use":
            return Use(first, json.loads(more or "{}"))
        case _:
            return None
