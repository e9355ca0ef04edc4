"""`constellagent doctor`: is everything here that is needed, and what to do where it is not."""

import sys

from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Json

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(*, as_json: Json = False) -> int:
    """Check that this machine has what is needed, and say what to do.

    One line for each thing: ok, warn or fail. Exit code 1 if anything fails. Of each kind of agent it tells
    whether its program is there, which version it is and which are tested, what works, and how to log in.
    """
    from itertools import chain

    from constellagent.faces.cli import checks, kind_checks
    from constellagent.runtime.paths import locate

    done, paths = [], locate()
    for check in chain(checks.every(paths), kind_checks.every(paths)):
        done.append(check)
        if as_json:
            continue
        level = screen.paint(f"{check.level:<4}", _COLOURS[check.level], sys.stdout)
        screen.say(f"{level}  {check.name:<9} {screen.clean(check.found)}")
        for line in check.advice.splitlines():
            screen.say(f"{'':16}{screen.clean(line)}")
        sys.stdout.flush()
    if as_json:
        screen.say_json([{**check._asdict(), "details": dict(check.details)} for check in done])
    return 1 if any(check.level == "fail" for check in done) else 0
