"""`constellagent stage`, `unstage` and `discard`: what of an agent's changes goes into its next commit."""

import sys
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import approval, screen
from constellagent.faces.cli.declare import Agent, Argument, File, Json, Option, Yes
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.review_views import ChangeAction, ChangeRequest, DoneView

Paths = Annotated[
    list[str] | None, Argument("PATH", "Files and folders of the worktree, taken literally, not as patterns.")
]
All = Annotated[bool, Option(("--all", "-a"), "Everything that is changed.")]
NOT_CONFIRMED = 1
"""Exit code after a no."""


def stage(
    agent: Agent, paths: Paths = None, *, file: File = None, every: All = False, as_json: Json = False
) -> int:
    """Stage changed, deleted and new files of an agent's worktree for its next commit."""
    return _done(_asked("stage", agent, paths, file, every=every), as_json=as_json)


def unstage(
    agent: Agent, paths: Paths = None, *, file: File = None, every: All = False, as_json: Json = False
) -> int:
    """Take files of an agent's worktree out of its next commit. The files stay as they are."""
    return _done(_asked("unstage", agent, paths, file, every=every), as_json=as_json)


def discard(
    agent: Agent,
    paths: Paths = None,
    *,
    file: File = None,
    every: All = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Throw away what is not staged in an agent's worktree; new files are removed.

    All of it is kept first, below refs/constellagent/trash; the answer has the command that brings it back.

    Raises:
        UsageError: nothing says what to discard, or there is no terminal to ask on.
    """
    request = _asked("discard", agent, paths, file, every=every)
    what = ", ".join(paths) if paths else "everything that is not staged"
    question = f"throw away {screen.clean(what)} in the worktree of {agent}?"
    if not yes and not approval.ask(question, otherwise="--yes throws away without asking"):
        screen.tell("nothing was thrown away")
        return NOT_CONFIRMED
    return _done(request, as_json=as_json)


def _asked(
    action: ChangeAction, agent: str, paths: list[str] | None, file: str | None, *, every: bool
) -> ChangeRequest:
    if bool(paths) == every:
        raise UsageError(f"say what to {action}", hint="give paths, or --all for every change, and not both")
    request = ChangeRequest(file=constellation_file(file), agent=agent, action=action)
    if paths:
        request["paths"] = paths
    return request


def _done(request: ChangeRequest, *, as_json: bool) -> int:
    with daemon() as client:
        view: DoneView = client.change(request)
    say_done(view, as_json=as_json)
    return 0


def say_done(view: DoneView, *, as_json: bool) -> None:
    """Say what was done, a line each."""
    if as_json:
        screen.say_json(view)
        return
    for line in view["done"]:
        screen.say(screen.clean(line) if sys.stdout.isatty() else line)
