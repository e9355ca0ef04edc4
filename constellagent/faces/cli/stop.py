"""`constellagent stop`: ends the session of an agent or a service, or the runs of a schedule."""

from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import File, Json, Subject
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon


def stop(name: Subject, *, file: File = None, as_json: Json = False) -> int:
    """Stop a session and everything that it started. Its worktree and identity stay.

    Of a schedule the runs that go on are stopped; what waits in its queue is not.
    """
    with daemon() as client:
        outcome = client.stop(constellation_file(file), name)
    if as_json:
        screen.say_json({"name": name, "outcome": outcome})
    else:
        screen.say(f"{name}: {screen.clean(outcome)}")
    return 0
