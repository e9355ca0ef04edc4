"""`constellagent resume`: lets runs go on that were paused because they reached a limit."""

from typing import Annotated

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Argument, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.usage_views import ResumeRequest


def resume(
    name: Annotated[
        str,
        Argument("NAME", "An agent, a schedule (agent/name), or the id of a run.", agents=True),
    ],
    *,
    tokens: Annotated[
        int | None, Option(("--tokens",), "Pause it again at so many tokens in all.", "N")
    ] = None,
    cost: Annotated[
        float | None, Option(("--cost",), "Pause it again at so many US dollars in all.", "DOLLARS")
    ] = None,
    file: File = None,
    as_json: Json = False,
) -> int:
    """Let paused runs go on where they were. With neither limit they are not paused again.

    A run is paused when it has used what `tokens_per_run` or `cost_per_run` allow; `constellagent stop` ends
    it instead. Time for which it was paused does not count for its timeout.
    """
    if (tokens is not None and tokens < 1) or (cost is not None and not cost > 0):
        raise UsageError("a limit is more than nothing", hint="leave it out for none")
    request = ResumeRequest(file=constellation_file(file), subject=name)
    if tokens is not None:
        request["tokens"] = tokens
    if cost is not None:
        request["cost"] = cost
    with daemon() as client:
        runs = client.resume(request)
    if as_json:
        screen.say_json(runs)
    else:
        for run in runs:
            screen.say(f"{run} goes on")
    return 0
