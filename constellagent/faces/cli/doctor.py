"""`constellagent doctor`: is everything here that is needed, and what to do where it is not."""

import sys

from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Json

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(*, as_json: Json = False) -> int:
    """Check that this machine has what is needed, and say what to do.

    One line for each thing: ok, warn or fail. Exit code 1 if anything fails.
    """
    from constellagent.faces.cli import checks
    from constellagent.runtime.paths import locate

    done = []
    for check in checks.every(locate()):
        done.append(check)
        if as_json:
            continue
        level = screen.paint(f"{check.level:<4}", _COLOURS[check.level], sys.stdout)
        screen.say(f"{level}  {check.name:<9} {screen.clean(check.found)}")
        if check.advice:
            screen.say(f"{'':16}{screen.clean(check.advice)}")
        sys.stdout.flush()
    if as_json:
        screen.say_json([check._asdict() for check in done])
    return 1 if any(check.level == "fail" for check in done) else 0
