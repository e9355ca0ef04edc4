"""Review comments on an agent's work, and sending them to the agent."""

from typing import Any, Literal, NotRequired, TypedDict, cast

from constellagent.errors import UsageError
from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.routing import Call, Page, Route
from constellagent.runtime.comment_views import (
    PERSON,
    CommentAction,
    CommentRequest,
    CommentView,
    SentView,
)


class CommentsQuery(TypedDict, total=False):
    """Only those in these states; `state` may be given several times."""

    state: list[Literal["open", "sent", "resolved"]]


class CommentBody(TypedDict):
    """A comment on lines of one side of the diff; line 0 means the file, an empty path the whole work."""

    path: str
    side: Literal["old", "new"]
    line: int
    end_line: int
    text: str
    quote: NotRequired[str]
    revision: NotRequired[str]


class CommentChange(TypedDict):
    """What to change of a comment: its text, its state, or both."""

    text: NotRequired[str]
    state: NotRequired[Literal["open", "resolved"]]


class SendCommentsBody(TypedDict):
    """Which comments to send, by default all open ones, and what to say before them."""

    ids: NotRequired[list[str]]
    text: NotRequired[str]


async def comments(call: Call) -> Page:
    """List the comments on an agent's work."""
    more = {"states": call.query["state"]} if call.query.get("state") else {}
    found: list[CommentView] = await _ask(call, "list", **more)
    return Page([*found])


async def add(call: Call) -> CommentView:
    """Write a comment, in the name of who asks."""
    made: CommentView = await _ask(call, "add", author=call.agent or PERSON, **call.body)
    return made


async def change(call: Call) -> CommentView:
    """Change a comment.

    Raises:
        UsageError: nothing is to be changed.
        HttpError: an agent would change the words of somebody else (403).
    """
    body: CommentChange = call.body
    if "text" in body and call.agent:
        await _check_own(call)
    changed: CommentView | None = None
    if "text" in body:
        changed = await _ask(call, "edit", id=call.path["comment"], text=body["text"])
    if "state" in body:
        action: CommentAction = "resolve" if body["state"] == "resolved" else "reopen"
        changed = await _ask(call, action, id=call.path["comment"])
    if changed is None:
        raise UsageError("nothing is to be changed", hint="give `text`, `state` or both")
    return changed


async def _check_own(call: Call) -> None:
    found: list[CommentView] = await _ask(call, "list")
    if not any(one["id"] == call.path["comment"] and one["author"] == call.agent for one in found):
        raise HttpError(403, "an agent changes the text of its own comments only")


async def remove(call: Call) -> CommentView:
    """Remove a comment and return it as it was."""
    removed: CommentView = await _ask(call, "remove", id=call.path["comment"])
    return removed


async def send(call: Call) -> SentView:
    """Send comments to the agent as one prompt."""
    sent: SentView = await _ask(call, "send", **call.body)
    return sent


async def _ask(call: Call, action: CommentAction, **more: Any) -> Any:
    asked = {"file": call.file, "agent": call.path["agent"], "action": action, **more}
    return await call.control.comments(cast("CommentRequest", asked))


_COMMENTS = "/constellations/{constellation}/agents/{agent}/comments"

ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        _COMMENTS,
        comments,
        "List the comments on an agent's work",
        list[CommentView],
        query=CommentsQuery,
        own=True,
        statuses=(502,),
    ),
    Route(
        "POST",
        _COMMENTS,
        add,
        "Comment on an agent's work",
        CommentView,
        body=CommentBody,
        scope="admin",
        own=True,
        status=201,
        statuses=(409, 502),
    ),
    Route(
        "POST",
        f"{_COMMENTS}/send",
        send,
        "Send comments to the agent as one prompt",
        SentView,
        body=SendCommentsBody,
        scope="admin",
        statuses=(409, 502),
    ),
    Route(
        "PATCH",
        f"{_COMMENTS}/{{comment}}",
        change,
        "Change the text or the state of a comment",
        CommentView,
        body=CommentChange,
        scope="admin",
        own=True,
        statuses=(409, 502),
    ),
    Route(
        "DELETE",
        f"{_COMMENTS}/{{comment}}",
        remove,
        "Remove a comment",
        CommentView,
        scope="admin",
        statuses=(502,),
    ),
)
