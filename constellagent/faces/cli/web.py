"""`constellagent web`: opens the page in the browser, and turns the web face on and off."""

import os
from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon


def web(
    agent: Annotated[str | None, Argument("AGENT", "Show the changes of this agent.", agents=True)] = None,
    *,
    file: File = None,
    no_browser: Annotated[
        bool, Option(("--no-browser",), "Print the address, and do not open a browser.")
    ] = False,
    read_only: Annotated[
        bool, Option(("--read-only",), "The browser may look at everything and change nothing.")
    ] = False,
    off: Annotated[bool, Option(("--off",), "Turn the web face off; no browser is let in any more.")] = False,
    as_json: Json = False,
) -> int:
    """Open constellagent in the browser: diffs, review comments, terminals, mail, schedules.

    The address that is printed lets one browser in, once, within a minute.
    """
    from constellagent.faces import opening
    from constellagent.faces.calling import call
    from constellagent.runtime.paths import locate
    from constellagent.spec.suggest import did_you_mean

    if off and (agent or no_browser or read_only):
        raise UsageError("--off goes alone")
    paths, where = locate(), constellation_file(file) if agent else ""
    with daemon() as client:
        known = [one["name"] for view in client.status(where) for one in view["agents"]] if agent else []
    if agent and agent not in known:
        raise UsageError(f"there is no agent {agent!r}{did_you_mean(agent, known)}")
    if off:
        call(paths.api_socket, "DELETE", "/web")
        if as_json:
            screen.say_json({"on": False})
        else:
            screen.say("the web face is off")
        return 0
    entry = opening.enter(paths, file=where, agent=agent or "", read_only=read_only)
    opened = not no_browser and opening.has_browser(os.environ) and opening.open_page(paths.web, entry["url"])
    if as_json:
        screen.say_json({**entry, "opened": opened})
    elif opened:
        screen.tell(f"opened in the browser; if nothing shows up, open {entry['url']}")
    else:
        screen.say(entry["url"])
    return 0
