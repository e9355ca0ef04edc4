"""Looking at an agent's work: its changes, its files, its commits, and what merging it would do."""

from typing import Any, NotRequired, TypedDict

from constellagent.errors import UsageError
from constellagent.faces.web.ranges import Limit
from constellagent.faces.web.routes.paging import limit_of
from constellagent.faces.web.routing import Call, Handler, Page, Route
from constellagent.runtime.diff_views import DiffRequest, DiffView
from constellagent.runtime.review_views import (
    WORKTREE,
    BrowseAction,
    BrowseRequest,
    CommitsView,
    CommitView,
    ContentView,
    FactsView,
    FilesView,
    HunkView,
    MergeView,
    OverlapView,
)

MOST_CONTEXT = 10_000
"""Lines around a change in a patch."""


class DiffQuery(TypedDict, total=False):
    """Which two revisions, and of which files the patch is wanted.

    `against` is `base` (default), `HEAD`, `index`, a commit or `empty`; `to` is `worktree` (default), `index`
    or a commit. `run` stands for both. With `path`, which may be given several times, the answer has the
    patch of these files, with so many lines of `context`.
    """

    against: str
    to: str
    run: str
    ignore_space: bool
    path: list[str]
    context: int


class FilesQuery(TypedDict, total=False):
    """Whose files: the agent's, or those of one `run` of a schedule."""

    run: str


class ContentQuery(TypedDict):
    """Which file, and at which revision: `worktree` (default), `index`, or a name of git's.

    With `run` the worktree is the one in which that run of a schedule worked.
    """

    path: str
    revision: NotRequired[str]
    run: NotRequired[str]


class CommitsQuery(TypedDict, total=False):
    """From which revision back (default: where the branch is). With `all` it goes on behind the base.

    With `run` the newest is the last one of that run of a schedule.
    """

    revision: str
    run: str
    limit: Limit
    cursor: str
    all: bool


class HunksQuery(TypedDict):
    """Of which file; `staged` for what is staged, else for what is not."""

    path: str
    staged: NotRequired[bool]


async def diff(call: Call) -> DiffView:
    """Compare two revisions of an agent's work."""
    query = {**call.query}
    if not 0 <= query.get("context", 3) <= MOST_CONTEXT:
        raise UsageError(f"the context can be 0 to {MOST_CONTEXT} lines")
    paths = query.pop("path", None)
    if paths:
        query["paths"] = paths
    request = DiffRequest(file=call.file, agent=call.path["agent"], **query)  # type: ignore[typeddict-item] # its shape was checked
    return await call.control.diff(request)


async def files(call: Call) -> FilesView:
    """List the files of an agent's worktree."""
    found: FilesView = await call.control.browse(_of_run(call, "files"))
    return found


async def content(call: Call) -> ContentView:
    """Show one file at one revision."""
    request = _of_run(call, "content")
    request["path"] = call.query["path"]
    request["revision"] = call.query.get("revision", WORKTREE)
    found: ContentView = await call.control.browse(request)
    return found


async def commits(call: Call) -> Page:
    """List commits, newest first."""
    request = _of_run(call, "commits")
    request["limit"] = limit_of(call.query.get("limit"))
    request["all"] = call.query.get("all", False)
    if begin := call.query.get("cursor") or call.query.get("revision"):
        request["revision"] = begin
    found: CommitsView = await call.control.browse(request)
    return Page([*found["commits"]], found["next"])


async def facts(call: Call) -> FactsView:
    """Say where the worktree stands."""
    found: FactsView = await call.control.browse(
        BrowseRequest(file=call.file, agent=call.path["agent"], action="facts")
    )
    return found


async def hunks(call: Call) -> Page:
    """List the hunks of a file's changes."""
    found: list[HunkView] = await call.control.browse(
        BrowseRequest(
            file=call.file,
            agent=call.path["agent"],
            action="hunks",
            path=call.query["path"],
            staged=call.query.get("staged", False),
        )
    )
    return Page([*found])


async def merge(call: Call) -> MergeView:
    """Say what merging the branch into its base would do."""
    found: MergeView = await call.control.browse(
        BrowseRequest(file=call.file, agent=call.path["agent"], action="merge")
    )
    return found


async def overlaps(call: Call) -> Page:
    """List the files that several agents have changed."""
    found: list[OverlapView] = await call.control.browse(
        BrowseRequest(file=call.file, agent="", action="overlaps")
    )
    return Page([*found])


def _of_run(call: Call, action: BrowseAction) -> BrowseRequest:
    """Return a question about an agent's own worktree, or that of the run which the query names."""
    request = BrowseRequest(file=call.file, agent=call.path["agent"], action=action)
    if run := call.query.get("run"):
        request["run"] = run
    return request


_AGENT = "/constellations/{constellation}/agents/{agent}"


def _route(path: str, handler: Handler, summary: str, reply: Any, query: Any = None) -> Route:
    return Route(
        "GET", f"{_AGENT}/{path}", handler, summary, reply, query=query, own=True, statuses=(409, 502)
    )


ROUTES: tuple[Route, ...] = (
    _route("diff", diff, "Compare two revisions of an agent's work", DiffView, DiffQuery),
    _route("files", files, "List the files of an agent's worktree", FilesView, FilesQuery),
    _route("content", content, "Show one file at one revision", ContentView, ContentQuery),
    _route("commits", commits, "List an agent's commits, newest first", list[CommitView], CommitsQuery),
    _route("facts", facts, "Say where an agent's worktree stands", FactsView),
    _route("hunks", hunks, "List the hunks of a file's changes", list[HunkView], HunksQuery),
    _route("merge", merge, "Say what merging the branch into its base would do", MergeView),
    Route(
        "GET",
        "/constellations/{constellation}/overlaps",
        overlaps,
        "List the files that several agents have changed",
        list[OverlapView],
        statuses=(502,),
    ),
)
