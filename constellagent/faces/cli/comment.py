"""`constellagent comment`: review comments on the work of an agent, and sending them to it."""

import os
import re
import sys
from collections.abc import Sequence
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Agent, Argument, File, Json, Option, OverLimit
from constellagent.faces.cli.identity import standard_input
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import counted
from constellagent.runtime.comment_views import CommentAction, CommentRequest, CommentView

Ident = Annotated[str, Argument("ID", "The comment's id, or how only it begins.")]
Idents = Annotated[list[str], Argument("ID", "The comments' ids, or how only they begin.")]
Text = Annotated[
    list[str] | None, Argument("TEXT", "What to say; from stdin if left out, which takes line breaks.")
]

_PLACE = re.compile(r"(?P<path>.+?)(?::(?P<line>\d{1,9})(?:-(?P<end>\d{1,9}))?)?", re.DOTALL)
_WHOLE_WORK = "."


def add(
    agent: Agent,
    place: Annotated[
        str, Argument("PLACE", "PATH, PATH:LINE or PATH:LINE-END in the worktree; . for the whole work.")
    ],
    text: Text = None,
    *,
    file: File = None,
    old: Annotated[bool, Option(("--old",), "The lines are those of the base, before the changes.")] = False,
    as_json: Json = False,
) -> int:
    """Leave a comment on the work of an agent. `comment send` sends all open ones to it.

    The comment follows its lines while the agent goes on working.
    """
    request = _request(file, agent, "add")
    request["text"] = " ".join(text) if text else standard_input("text")
    request["side"] = "old" if old else "new"
    request["author"] = os.environ.get("CONSTELLAGENT_AGENT") or "person"
    path, request["line"], request["end_line"] = _parse(place)
    request["path"] = path
    view = _ask(request)
    return _show(view, f"comment {view['id']} on {_place(view)}", as_json=as_json)


def list_all(
    agent: Agent,
    *,
    file: File = None,
    state: Annotated[
        list[str] | None,
        Option(("--state",), "Only open, sent or resolved ones. Repeatable.", "STATE"),
    ] = None,
    as_json: Json = False,
) -> int:
    """List the comments on the work of an agent, with the places of their lines now."""
    request = _request(file, agent, "list")
    if state:
        request["states"] = state
    with daemon() as client:
        views: list[CommentView] = client.comments(request)
    if as_json:
        screen.say_json(views)
    elif not views:
        screen.tell(f"there are no comments on {agent}")
    else:
        for line in _table(views):
            screen.say(line)
    return 0


def edit(agent: Agent, ident: Ident, text: Text = None, *, file: File = None, as_json: Json = False) -> int:
    """Give a comment another text. One that was sent is open again."""
    request = _request(file, agent, "edit")
    request["id"] = ident
    request["text"] = " ".join(text) if text else standard_input("text")
    view = _ask(request)
    return _show(view, f"comment {view['id']} is {view['state']}", as_json=as_json)


def resolve(agent: Agent, idents: Idents, *, file: File = None, as_json: Json = False) -> int:
    """Mark comments as done with."""
    return _each(_request(file, agent, "resolve"), idents, "is resolved", as_json=as_json)


def reopen(agent: Agent, idents: Idents, *, file: File = None, as_json: Json = False) -> int:
    """Make comments open again, to be sent again."""
    return _each(_request(file, agent, "reopen"), idents, "is open", as_json=as_json)


def remove(agent: Agent, idents: Idents, *, file: File = None, as_json: Json = False) -> int:
    """Remove comments for good."""
    return _each(_request(file, agent, "remove"), idents, "was removed", as_json=as_json)


def send(
    agent: Agent,
    *,
    file: File = None,
    ident: Annotated[
        list[str] | None, Option(("--id",), "Only this comment. Repeatable [default: all open ones].", "ID")
    ] = None,
    text: Annotated[str | None, Option(("--text",), "What to say before the comments.", "TEXT")] = None,
    over_limit: OverLimit = False,
    as_json: Json = False,
) -> int:
    """Send open comments to the agent, as one prompt in its terminal.

    Exit code 1 where its terminal did not show that it took them; they stay open then.
    """
    request = _request(file, agent, "send")
    if ident:
        request["ids"] = ident
    if text is not None:
        request["text"] = text
    if over_limit:
        request["over_limit"] = True
    with daemon() as client:
        sent = client.comments(request)
    if as_json:
        screen.say_json(sent)
    elif sent["sent"]:
        screen.say(f"sent {counted(len(sent['ids']), 'comment')} to {agent}")
    else:
        screen.tell(
            f"warning: {agent} may not have taken the comments, which stay open: {screen.clean(sent['why'])}"
        )
    return 0 if sent["sent"] else 1


def _request(file: str | None, agent: str, action: CommentAction) -> CommentRequest:
    return CommentRequest(file=constellation_file(file), agent=agent, action=action)


def _ask(request: CommentRequest) -> CommentView:
    with daemon() as client:
        view: CommentView = client.comments(request)
    return view


def _each(request: CommentRequest, idents: Sequence[str], done: str, *, as_json: bool) -> int:
    views: list[CommentView] = []
    try:
        with daemon() as client:
            views.extend(client.comments({**request, "id": ident}) for ident in idents)
    finally:
        if as_json:
            screen.say_json(views)
        else:
            for view in views:
                screen.say(f"comment {view['id']} {done}")
    return 0


def _show(view: CommentView, line: str, *, as_json: bool) -> int:
    if as_json:
        screen.say_json(view)
    else:
        screen.say(line)
    return 0


def _parse(place: str) -> tuple[str, int, int]:
    """Return path, line and last line of a place; line 0 is the whole file.

    Raises:
        UsageError: it names nothing.
    """
    if place == _WHOLE_WORK:
        return "", 0, 0
    found = _PLACE.fullmatch(place)
    if found is None:
        raise UsageError("the place of the comment is empty", hint="PATH, PATH:LINE, or . for the whole work")
    line = int(found["line"] or 0)
    return found["path"], line, int(found["end"] or line)


def _table(views: Sequence[CommentView]) -> list[str]:
    head = ("ID", "PLACE", "STATE", "BY", "COMMENT")
    rows = [
        [
            view["id"],
            _place(view),
            f"{view['state']}, outdated" if view["outdated"] else view["state"],
            view["author"],
            " ".join(view["text"].split()),
        ]
        for view in views
    ]
    first, *others = screen.table(head, rows, screen.terminal_columns())
    return [
        screen.paint("  ".join(first).rstrip(), "dim", sys.stdout),
        *("  ".join(cells).rstrip() for cells in others),
    ]


def _place(view: CommentView) -> str:
    path = screen.clean(view["path"]) or "the whole work"
    line, end = view["line"], view["end_line"]
    lines = "" if not line else f":{line}" if end == line else f":{line}-{end}"
    return f"{path}{lines}{' (old)' if view['side'] == 'old' and line else ''}"
