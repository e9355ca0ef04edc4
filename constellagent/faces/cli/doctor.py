"""`constellagent doctor`: is everything here that is needed, is anything left half done, and what to do."""

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from constellagent.faces.cli import screen
from constellagent.faces.cli.declare import Json, Option

if TYPE_CHECKING:
    from constellagent.faces.cli.checks import Check

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


def doctor(
    *,
    fix: Annotated[bool, Option(("--fix",), "Mend what is found, and ask before each thing.")] = False,
    yes: Annotated[
        bool, Option(("--yes", "-y"), "With --fix: mend all that is safe, and ask nothing.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Check that this machine has what is needed, and that nothing was left half done; say what to do.

    One line for each thing: ok, warn or fail. Exit code 1 if anything fails. Of each kind of agent it tells
    whether its program is there, which version it is and which are tested, what works, and how to log in.

    With --fix it mends what crashes left: stale locks, orphaned holders, half-made and moved worktrees, lost
    bindings, damaged state. The daemon is ended meanwhile; sessions go on.
    """
    from constellagent.errors import UsageError
    from constellagent.runtime.paths import locate

    if fix:
        from constellagent.faces.cli import doctor_fix

        return doctor_fix.fix(locate(), yes=yes, as_json=as_json)
    if yes:
        raise UsageError("--yes needs --fix", hint="`constellagent doctor --fix --yes`")
    done = []
    for check in _every():
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


def _every() -> "Iterator[Check]":
    from itertools import chain

    from constellagent.errors import ConstellagentError
    from constellagent.faces.cli import checks, doctor_fix, file_checks, kind_checks
    from constellagent.runtime.paths import locate

    paths = locate()
    yield from chain(checks.every(paths), file_checks.every(paths), kind_checks.every(paths))
    try:
        found = doctor_fix.found()
    except ConstellagentError as error:
        yield checks.Check("found", "warn", f"not looked at: {error.message}", error.hint)
        return
    yield from map(doctor_fix.as_check, found)
