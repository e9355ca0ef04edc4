"""`constellagent bug-report`: what somebody else needs to find a defect here, and none of your secrets."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from constellagent.errors import ConstellagentError
from constellagent.faces.cli import approval, screen
from constellagent.faces.cli.declare import File, Json, Option
from constellagent.faces.cli.place import constellation_file

if TYPE_CHECKING:
    from constellagent.runtime.bundle.collecting import Bundle
    from constellagent.runtime.bundle.parts import Content, Part
    from constellagent.runtime.paths import Paths

_ACTION = ("verb", "kind", "symbol", "subject", "reason", "path", "branch", "session", "new_branch", "force")
"""What is told of an action of a plan."""
_PLAN = frozenset({"constellation", "summary", "empty", "pending", "blocked", "trusted"})
_UNSAID = frozenset({"title", "message", "address", "phone"})
"""What is not told of an agent: what its program or its people say."""
_QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")


def bug_report(
    *,
    out: Annotated[
        str | None,
        Option(("--out",), "The archive to write; it must not exist yet.", "FILE.tar.gz"),
    ] = None,
    file: File = None,
    include_output: Annotated[
        bool,
        Option(("--include-output",), "Add what programs wrote on their terminals and in setup steps."),
    ] = False,
    yes: Annotated[bool, Option(("--yes", "-y"), "With --include-output: do not ask.")] = False,
    as_json: Json = False,
) -> int:
    """Write what is needed to find a defect into one private archive, without your secrets.

    It holds versions, findings of `doctor`, logs of the daemon, settings, the form of the constellation file,
    plan, status, sessions, rows of the ledger, and a list of the state's files. Prompts, commands, mail,
    vaults and values of variables are not in it. It works without the daemon. Read it before you send it.
    """
    import time

    from constellagent.faces.launching import owner
    from constellagent.runtime.bundle import archive, collecting
    from constellagent.runtime.paths import locate

    if include_output and not yes:
        screen.tell("What programs wrote may hold anything: mail, passwords, codes, source code.")
        if not approval.ask(
            "Take it into the archive?", otherwise="pass --yes, or leave out --include-output"
        ):
            return approval.NOT_APPROVED
    paths, moment = locate(), int(time.time())
    name = time.strftime("constellagent-report-%Y%m%d-%H%M%S", time.gmtime(moment))
    place = Path(out or f"{name}.tar.gz").absolute()
    archive.refuse_taken(place)
    declared = _declared(file)
    bundle = collecting.collect(
        paths,
        _parts(paths, declared),
        output=include_output,
        daemon=_quietly(lambda: owner(paths)),
        file=None if declared is None else Path(declared),
    )
    size = archive.write(place, name, bundle.files, moment)
    if as_json:
        screen.say_json(
            {
                "file": str(place),
                "bytes": size,
                "files": sorted(bundle.files),
                "faults": dict(bundle.faults),
                "redacted": {"known": bundle.known, "shaped": bundle.shaped},
            }
        )
    else:
        _show(place, size, bundle)
    return 0


def _show(place: Path, size: int, bundle: "Bundle") -> None:
    screen.say(f"wrote {screen.clean(str(place))} ({size} bytes)")
    for name in sorted(bundle.files):
        screen.say(f"  {len(bundle.files[name]):>9}  {screen.clean(name)}")
    for part, fault in bundle.faults.items():
        screen.say(f"not looked at, or not whole: {screen.clean(part)}: {screen.clean(fault)}")
    screen.say(f"taken out: {bundle.known} known secrets, {bundle.shaped} texts that looked like one")
    screen.say("Read it before you send it: what nobody knows to be secret cannot be taken out.")


def _declared(file: str | None) -> str | None:
    """Return the constellation file, None where there is none: a report needs none."""
    try:
        return constellation_file(file)
    except ConstellagentError:
        if file is not None:
            raise
        return None


def _quietly(look: Any) -> Any:
    """Return what a look gives, None where it fails; the part that is about it says why."""
    try:
        return look()
    except (ConstellagentError, OSError):
        return None


def _parts(paths: "Paths", file: str | None) -> "Iterator[Part]":
    from constellagent.runtime.bundle.parts import Part

    yield Part("doctor", lambda: _doctor(paths))
    yield Part("daemon", lambda: _daemon(paths))
    yield Part("status", lambda: _status(paths))
    if file is not None:
        yield Part("file", lambda: _problems(file))
        yield Part("plan", lambda: _plan(paths, file))


def _doctor(paths: "Paths") -> "Content":
    from constellagent.faces.cli import checks, doctor_fix, file_checks, kind_checks

    told = [
        {**check._asdict(), "details": dict(check.details)}
        for every in (checks.every, file_checks.every, kind_checks.every)
        for check in every(paths)
    ]
    try:
        told += [dict(doctor_fix.as_check(one)._asdict(), details={}) for one in doctor_fix.found()]
    except ConstellagentError as error:
        told.append({"name": "found", "level": "warn", "found": f"not looked at: {error.message}"})
    return {"doctor.json": told}


def _daemon(paths: "Paths") -> "Content":
    from constellagent.faces.blocking import BlockingClient

    with BlockingClient.connect(paths.control_socket) as client:
        return {"daemon.json": client.info()}


def _status(paths: "Paths") -> "Content":
    from constellagent.faces.blocking import BlockingClient

    with BlockingClient.connect(paths.control_socket) as client:
        views: list[Any] = [dict(view) for view in client.status(None)]
    for view in views:
        for rows in ("agents", "services"):
            view[rows] = [
                {key: said for key, said in row.items() if key not in _UNSAID} for row in view[rows]
            ]
    return {"status.json": views}


def _problems(file: str) -> "Content":
    """Tell what is wrong with the file, without the words that are quoted from it."""
    from constellagent.spec.load import survey

    _, problems = survey(Path(file).read_bytes())
    return {
        "problems.json": [{**one._asdict(), "message": _QUOTED.sub("'...'", one.message)} for one in problems]
    }


def _plan(paths: "Paths", file: str) -> "Content":
    import os

    from constellagent.faces.blocking import BlockingClient
    from constellagent.runtime.control import PlanRequest

    with BlockingClient.connect(paths.control_socket) as client:
        reply = client.plan(PlanRequest(file=file, env_names=sorted(os.environ), keep_env=True))
    actions = reply["plan"].get("actions", [])
    return {
        "plan.json": {
            **{key: said for key, said in reply.items() if key in _PLAN},
            "actions": [{key: action[key] for key in _ACTION if key in action} for action in actions],
            "notes": reply["plan"].get("notes", []),
            "commands": len(reply["commands"]),
        }
    }
