"""`constellagent commit`: commits what is staged in an agent's worktree, as the agent or as you."""

from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Agent, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.review_views import ChangeRequest, CommitView

Message = Annotated[str, Option(("--message", "-m"), "The commit message.", "TEXT")]
As = Annotated[
    str,
    Option(
        ("--as",), "Who makes it: agent (its identity) or person (git's user.name and user.email).", "WHO"
    ),
]


def commit(
    agent: Agent,
    *,
    message: Message = "",
    file: File = None,
    every: Annotated[bool, Option(("--all", "-a"), "Stage every change first.")] = False,
    who: As = "",
    as_json: Json = False,
) -> int:
    """Commit what is staged in an agent's worktree.

    The author is the agent's identity unless --as says person; an agent without an identity leaves it to the
    person. Hooks of the repository do not run.

    Raises:
        UsageError: there is no message.
    """
    request = ChangeRequest(
        file=constellation_file(file), agent=agent, action="commit", message=message, all=every
    )
    name_author(request, who)
    with daemon() as client:
        view: CommitView = client.change(request)
    if as_json:
        screen.say_json(view)
    else:
        author = f"{view['author']} <{view['email']}>"
        screen.say(screen.clean(f"{view['commit'][:12]} {view['subject']} ({author})"))
    return 0


def name_author(request: ChangeRequest, who: str) -> None:
    """Say in the request who makes the commit, where somebody was named.

    Raises:
        UsageError: it is nobody that can be named.
    """
    match who:
        case "":
            return
        case "agent" | "person":
            request["author"] = who
        case _:
            raise UsageError(f"--as {who!r} is nobody", hint="say agent or person")
