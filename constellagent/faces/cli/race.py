"""`constellagent race`: compare what several agents made of one prompt, keep one, or none."""

import sys
from typing import Annotated, Literal

from constellagent.errors import ConflictError, UsageError
from constellagent.faces.cli import approval, merge, race_tables, screen
from constellagent.faces.cli.declare import Agent, Argument, File, Json, Option, Yes
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import counted
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.race_views import RaceDoneView, RaceRequest, RaceView
from constellagent.runtime.review_views import MergeView

Race = Annotated[str, Argument("RACE", "The race's id, or its beginning.")]
Force = Annotated[
    bool,
    Option(("--force",), "End what still runs, and remove worktrees with work in them after rescuing it."),
]
_LEFT = 1
"""Exit code where a worktree stays, or after a no."""


def list_all(*, file: File = None, as_json: Json = False) -> int:
    """List the races of the constellation, the newest first."""
    request = RaceRequest(file=constellation_file(file), action="list")
    with daemon() as client:
        views: list[RaceView] = client.race(request)
    if as_json:
        screen.say_json(views)
        return 0
    if not views:
        screen.tell("no race yet; `constellagent run --agents A,B PROMPT` starts one")
        return 0
    for line in race_tables.races(views, SystemClock().now(), screen.terminal_columns()):
        screen.say(line)
    return 0


def show(race: Race, *, file: File = None, as_json: Json = False) -> int:
    """Compare what the agents of a race made, and show the files that several of them changed.

    `constellagent diff AGENT --run RUN` shows the work of one.
    """
    request = RaceRequest(file=constellation_file(file), action="show", race=race)
    with daemon() as client:
        view: RaceView = client.race(request)
    if as_json:
        screen.say_json(view)
        return 0
    for line in race_tables.race(view, screen.terminal_columns(), sys.stdout):
        screen.say(line)
    return 0


def keep(
    race: Race,
    agent: Agent,
    *,
    file: File = None,
    method: Annotated[
        str,
        Option(("--method",), "merge (fast-forward where it can), squash (one commit), or rebase.", "METHOD"),
    ] = "merge",
    into: Annotated[
        str, Option(("--into",), "The branch to merge into [default: the base of the race].", "BRANCH")
    ] = "",
    commit: Annotated[
        str | None,
        Option(("--commit",), "Commit what the agent left uncommitted, with this message.", "MESSAGE"),
    ] = None,
    message: Annotated[
        str, Option(("--message", "-m"), "The message of the merge or the one commit.", "TEXT")
    ] = "",
    force: Force = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Take one agent's commits into the base branch, and remove the worktrees of the race.

    Shows what would be merged, and asks. A worktree with work that no commit holds stays, unless --force
    rescues it first; then the exit code is 1. No branch is removed. Can be given again to finish.

    Raises:
        UsageError: there is no such method, race or agent, or no terminal to ask on.
        ConflictError: it cannot be merged now; the message says why.
    """
    if message and method == "rebase":
        raise UsageError("a rebase keeps the messages of its commits", hint="leave --message out, or squash")
    request = RaceRequest(file=constellation_file(file), action="keep", race=race, agent=agent)
    request["method"], request["force"] = _method(method), force
    if into:
        request["into"] = into
    if commit is not None:
        request["commit"] = commit
    if message:
        request["message"] = message
    with daemon() as client:
        view: RaceView = client.race(RaceRequest(file=request["file"], action="show", race=race, brief=True))
        if not view["merged"]:
            preview: MergeView = client.race({**request, "action": "preview"})
            if not _agreed(preview, request, yes=yes):
                screen.tell("nothing was merged")
                return _LEFT
            request["tip"] = preview["commit"]
        done: RaceDoneView = client.race(request)
    return _tell(done, as_json=as_json)


def drop(race: Race, *, file: File = None, force: Force = False, as_json: Json = False) -> int:
    """End a race without keeping anything: remove its worktrees, never its branches.

    A worktree with work that no commit holds stays, unless --force rescues it first; then the exit code is 1.
    """
    request = RaceRequest(file=constellation_file(file), action="drop", race=race, force=force)
    with daemon() as client:
        done: RaceDoneView = client.race(request)
    return _tell(done, as_json=as_json)


def _agreed(view: MergeView, request: RaceRequest, *, yes: bool) -> bool:
    left = view["uncommitted"]
    merge.show(MergeView(**{**view, "uncommitted": 0}) if "commit" in request else view, screen.tell)
    if left and "commit" in request:
        screen.tell(f"{counted(left, 'change')} in the worktree not committed: a commit takes them along")
    if left and "commit" not in request:
        raise ConflictError(
            f"{request['agent']} left work that no commit holds",
            hint="--commit MESSAGE takes it along, as a commit of the agent",
        )
    if view["blocked"]:
        raise ConflictError(view["blocked"], hint="nothing was merged; --into names another branch")
    if yes or (view["up_to_date"] and not left):
        return True
    question = f"{request['method']} {screen.clean(view['branch'])} into {screen.clean(view['base'])}?"
    return approval.ask(question, otherwise="--yes keeps it without asking")


def _method(word: str) -> Literal["merge", "squash", "rebase"]:
    match word:
        case "merge" | "squash" | "rebase":
            return word
        case _:
            raise UsageError(f"--method {word!r} is no way to merge", hint="say merge, squash or rebase")


def _tell(done: RaceDoneView, *, as_json: bool) -> int:
    if as_json:
        screen.say_json(done)
    else:
        for line in done["done"]:
            screen.say(screen.clean(line))
        for line in done["stay"]:
            screen.tell(screen.clean(f"stays: {line}"))
        if done["stay"]:
            screen.tell("the same command with --force rescues that work and removes the worktrees")
    return _LEFT if done["stay"] else 0
