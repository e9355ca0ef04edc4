"""Changing an agent's work by hand: saving a file, and what git does with it."""

from collections.abc import Mapping
from typing import Any, Literal, NotRequired, TypedDict, cast

from constellagent.errors import UsageError
from constellagent.faces.web.routing import Call, Handler, Route
from constellagent.runtime.review_views import (
    ChangeAction,
    ChangeRequest,
    CommitView,
    DoneView,
    MergedView,
    SavedView,
)

LARGEST_SAVE = 16 << 20
"""Bytes of the body that saves a file: JSON may need several for one of the text."""


class SaveBody(TypedDict):
    """A file's new text. `version` is what the text was made from, empty for a file that is to be new."""

    path: str
    text: str
    version: str
    encoding: NotRequired[str]
    eol: NotRequired[str]


class RemoveBody(TypedDict):
    """Which file to remove, in the version that was seen."""

    path: str
    version: str


class SelectBody(TypedDict):
    """Which changes, in one of three ways: of `paths`, `hunks` (by id) of one `path`, or `all` there are."""

    all: NotRequired[Literal[True]]
    paths: NotRequired[list[str]]
    path: NotRequired[str]
    hunks: NotRequired[list[str]]


class CommitBody(TypedDict):
    """A commit of what is staged, or with `all` of every change, as the `agent` (default) or a `person`."""

    message: str
    author: NotRequired[Literal["agent", "person"]]
    all: NotRequired[bool]


class PushBody(TypedDict):
    """Where to push the branch; without `remote` where it is pushed to usually."""

    remote: NotRequired[str]


class MergeBody(TypedDict):
    """How to merge the branch into its base; `commit`, as the preview had it, must still be the branch's."""

    method: Literal["merge", "squash", "rebase"]
    message: NotRequired[str]
    commit: NotRequired[str]
    author: NotRequired[Literal["agent", "person"]]


async def save(call: Call) -> SavedView:
    """Save a file."""
    saved: SavedView = await _change(call, "save")
    return saved


async def remove(call: Call) -> DoneView:
    """Remove a file."""
    done: DoneView = await _change(call, "remove")
    return done


async def stage(call: Call) -> DoneView:
    """Stage changes."""
    done: DoneView = await _change(call, "stage", _selection(call.body))
    return done


async def unstage(call: Call) -> DoneView:
    """Take changes back from what is staged."""
    done: DoneView = await _change(call, "unstage", _selection(call.body))
    return done


async def discard(call: Call) -> DoneView:
    """Throw changes away, with a rescue ref first."""
    done: DoneView = await _change(call, "discard", _selection(call.body))
    return done


async def commit(call: Call) -> CommitView:
    """Make a commit."""
    made: CommitView = await _change(call, "commit")
    return made


async def push(call: Call) -> DoneView:
    """Push the branch."""
    done: DoneView = await _change(call, "push")
    return done


async def merge(call: Call) -> MergedView:
    """Merge the branch into its base."""
    merged: MergedView = await _change(call, "merge")
    return merged


def _selection(body: SelectBody) -> Mapping[str, Any]:
    """Return what is chosen as the daemon is asked for it, which takes nothing for all.

    Raises:
        UsageError: nothing is chosen, or in two ways.
    """
    if body.keys() == {"all"}:
        return {}
    if not (body.keys() == {"paths"} and body.get("paths")) and not (
        body.keys() == {"path", "hunks"} and body.get("hunks")
    ):
        raise UsageError("say which changes: `paths`, a `path` with `hunks` of it, or `all`")
    return body


async def _change(call: Call, action: ChangeAction, body: Mapping[str, Any] | None = None) -> Any:
    said = call.body if body is None else body
    asked = {"file": call.file, "agent": call.path["agent"], "action": action, **said}
    return await call.control.change(cast("ChangeRequest", asked))


_AGENT = "/constellations/{constellation}/agents/{agent}"


def _post(path: str, handler: Handler, summary: str, reply: Any, body: Any, status: int = 200) -> Route:
    return Route(
        "POST",
        f"{_AGENT}/{path}",
        handler,
        summary,
        reply,
        body=body,
        scope="admin",
        status=status,
        statuses=(409, 423, 502),
    )


ROUTES: tuple[Route, ...] = (
    Route(
        "PUT",
        f"{_AGENT}/content",
        save,
        "Save a file that did not change since it was read",
        SavedView,
        body=SaveBody,
        scope="admin",
        largest=LARGEST_SAVE,
        statuses=(409, 413, 423, 502),
    ),
    Route(
        "DELETE",
        f"{_AGENT}/content",
        remove,
        "Remove a file, which a rescue ref keeps",
        DoneView,
        body=RemoveBody,
        scope="admin",
        statuses=(409, 423, 502),
    ),
    _post("stage", stage, "Stage changes", DoneView, SelectBody),
    _post("unstage", unstage, "Take changes back from what is staged", DoneView, SelectBody),
    _post("discard", discard, "Throw changes away, which a rescue ref keeps", DoneView, SelectBody),
    _post("commit", commit, "Make a commit", CommitView, CommitBody, 201),
    _post("push", push, "Push the branch; never forces", DoneView, PushBody),
    _post("merge", merge, "Merge the branch into its base", MergedView, MergeBody),
)
