"""`constellagent restart`: starts an agent again, which goes on with its conversation."""

from typing import Annotated

from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import File, Json, Option, Subject
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import restarted


def restart(
    name: Subject,
    *,
    file: File = None,
    new: Annotated[bool, Option(("--new",), "Begin a new conversation; the old one is kept.")] = False,
    as_json: Json = False,
) -> int:
    """Start an agent or a service again, as it was applied. An agent goes on with its conversation.

    Where its program does not have the conversation any more, a new one begins, and that is said.
    """
    with daemon() as client:
        view = client.restart({"file": constellation_file(file), "subject": name, "new": new})
    if as_json:
        screen.say_json(view)
    else:
        screen.say(f"{name}: {screen.clean(restarted(view, new=new))}")
    return 0 if view["session"]["live"] else 1
