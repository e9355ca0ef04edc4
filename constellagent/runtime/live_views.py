"""What `Control.watch` sends to a face that stays: views that changed, and what happened."""

from typing import Any, Literal, Protocol, TypedDict

Level = Literal["info", "done", "warning", "error"]
EventKind = Literal["apply", "session", "state", "mail", "text", "run", "review", "daemon"]


class EventView(TypedDict):
    """One thing that happened. `at` is epoch seconds, `file` the constellation's, `subject` an agent's name.

    `text` is one line for a person, and names no private content; `notify` asks for a person's attention.
    """

    at: float
    file: str
    subject: str
    kind: EventKind
    level: Level
    text: str
    notify: bool


class Trace(Protocol):
    """Where what a reviewer has done is told, so that it leaves a trace; never fails what was done."""

    async def __call__(self, file: str, agent: str, text: str, *, as_agent: bool = False) -> None:
        """Tell in one line, without private content; `as_agent` where it was done in the agent's name."""
        ...


class LiveItem(TypedDict, total=False):
    """One item of the stream, with exactly one of the keys.

    `views`: every `ConstellationView` that is watched, in full: the first item, and whenever agents come or
    go. `agents`: those `AgentView`s that changed since, by file. `event`: something happened; events of the
    last minutes come right after the first item.
    """

    views: list[dict[str, Any]]
    agents: dict[str, list[dict[str, Any]]]
    event: EventView
