"""`constellagent merge`: shows what taking an agent's commits into its base would do, asks, and does it."""

from collections.abc import Callable
from typing import Annotated

from constellagent.errors import ConflictError, UsageError
from constellagent.faces.cli import approval, screen
from constellagent.faces.cli.commit import As, name_author
from constellagent.faces.cli.declare import Agent, File, Json, Option, Yes
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import counted
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest, MergedView, MergeView

NOT_CONFIRMED = 1
"""Exit code after a no."""
_HINT = "`constellagent diff` shows the work; nothing was merged"


def merge(
    agent: Agent,
    *,
    file: File = None,
    method: Annotated[
        str,
        Option(("--method",), "merge (fast-forward where it can), squash (one commit), or rebase.", "METHOD"),
    ] = "merge",
    message: Annotated[
        str, Option(("--message", "-m"), "The message of the merge or the one commit.", "TEXT")
    ] = "",
    who: As = "",
    preview: Annotated[bool, Option(("--preview",), "Show what it would do, and stop.")] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Take an agent's commits into its base branch, here in this repository.

    Shows commits, files and conflicts first. A base whose worktree has changes is left alone, conflicts stop
    it, and what is not committed stays behind. The commit is yours unless --as says agent. Nothing is pushed.

    Raises:
        UsageError: there is no such method, or no terminal to ask on.
        ConflictError: it cannot be merged now; the message says why.
    """
    request = _request(constellation_file(file), agent, method, message, who)
    with daemon() as client:
        asked = BrowseRequest(file=request["file"], agent=agent, action="merge")
        view: MergeView = client.browse(asked)
        if preview and as_json:
            screen.say_json(view)
            return 0
        if preview:
            show(view, screen.say)
            if view["blocked"]:
                screen.say(screen.clean(f"cannot be merged now: {view['blocked']}"))
            return 0
        show(view, screen.tell)
        if view["blocked"]:
            raise ConflictError(view["blocked"], hint=_HINT)
        if not view["up_to_date"] and not yes and not _confirmed(view, method):
            screen.tell("nothing was merged")
            return NOT_CONFIRMED
        done: MergedView = client.change({**request, "commit": view["commit"]})
    if as_json:
        screen.say_json(done)
    else:
        for line in done["done"]:
            screen.say(screen.clean(line))
    return 0


def _request(file: str, agent: str, method: str, message: str, who: str) -> ChangeRequest:
    if method not in {"merge", "squash", "rebase"}:
        raise UsageError(f"--method {method!r} is no way to merge", hint="say merge, squash or rebase")
    if message and method == "rebase":
        raise UsageError("a rebase keeps the messages of its commits", hint="leave --message out, or squash")
    request = ChangeRequest(file=file, agent=agent, action="merge")
    request["method"] = "merge" if method == "merge" else "squash" if method == "squash" else "rebase"
    if message:
        request["message"] = message
    name_author(request, who)
    return request


def _confirmed(view: MergeView, method: str) -> bool:
    question = f"{method} {screen.clean(view['branch'])} into {screen.clean(view['base'])}?"
    return approval.ask(question, otherwise="--yes merges without asking, --preview only shows")


def show(view: MergeView, say: Callable[[str], None]) -> None:
    """Say what a merge would do, one line after another."""
    if view["up_to_date"]:
        say(screen.clean(f"{view['base']} has all of {view['branch']}"))
    else:
        how = ", a fast-forward" if view["fast_forward"] else ""
        size = f"{counted(view['commits'], 'commit')}, {counted(view['files'], 'file')}{how}"
        say(screen.clean(f"{view['branch']} ({view['commit'][:12]}) into {view['base']}: {size}"))
    if view["uncommitted"]:
        say(f"{counted(view['uncommitted'], 'change')} in the worktree not committed, and left behind")
    for conflict in view["conflicts"]:
        say(screen.clean(f"  {conflict['what']}: {conflict['path']}"))
