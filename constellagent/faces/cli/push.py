"""`constellagent push`: pushes an agent's branch to a branch of the same name."""

from typing import Annotated

from constellagent.faces.cli.declare import Agent, Argument, File, Json
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.cli.stage import say_done
from constellagent.runtime.review_views import ChangeRequest, DoneView


def push(
    agent: Agent,
    remote: Annotated[
        str | None,
        Argument("REMOTE", "The remote [default: the one that the branch tracks, origin, or the only one]."),
    ] = None,
    *,
    file: File = None,
    as_json: Json = False,
) -> int:
    """Push an agent's branch. Never forces, and asks for no password.

    The first push makes the remote's branch the upstream. Hooks of the repository do not run.
    """
    request = ChangeRequest(file=constellation_file(file), agent=agent, action="push")
    if remote is not None:
        request["remote"] = remote
    with daemon() as client:
        view: DoneView = client.change(request)
    say_done(view, as_json=as_json)
    return 0
