"""`constellagent audit`: who did what with the identities of agents, and whether that record holds."""

import json
import sys
import time
from collections.abc import Sequence
from typing import Annotated, TextIO

from constellagent.errors import UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import approval, screen
from constellagent.faces.cli.declare import Argument, Json, LongFile, Option, Yes
from constellagent.faces.cli.identity import report
from constellagent.faces.cli.identity_tables import moment
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import counted
from constellagent.runtime.identity_views import AuditReport, AuditRequest, AuditView, IdentityRequest

INTERVAL = 1.0
"""Seconds between two looks of --follow."""

BROKEN = 1
"""Exit code where the record does not hold."""

VERIFY = "verify"


def audit(
    agent: Annotated[
        str | None,
        Argument("AGENT", "Only this agent or identity (uuid); the word `verify` checks all.", agents=True),
    ] = None,
    *,
    file: LongFile = None,
    everything: Annotated[
        bool, Option(("--all", "-a"), "Every identity, not only those of the file.")
    ] = False,
    last: Annotated[int, Option(("--last", "-n"), "Show this many of the newest lines.", "COUNT")] = 50,
    follow: Annotated[bool, Option(("--follow", "-f"), "Go on, until Ctrl-C.")] = False,
    restart: Annotated[
        bool, Option(("--restart",), "Set the broken record of the agent aside, and begin it again.")
    ] = False,
    yes: Yes = False,
    as_json: Json = False,
) -> int:
    """Show who did what with the identities of agents: mail, codes, passwords, secrets, keys.

    `audit verify` checks the record of every identity; exit code 1, and which one, if it was changed.
    """
    if last < 1:
        raise UsageError("--last needs a number from 1")
    if restart:
        return _restart(agent, file, yes=yes, as_json=as_json)
    if agent == VERIFY:
        with daemon() as client:
            return _verify(client.audit_verify(), as_json=as_json)
    if everything and (agent is not None or file is not None):
        raise UsageError("--all shows every identity", hint="leave the agent and --file out")
    chosen = None if everything else constellation_file(file)
    request = AuditRequest(file=chosen, agent=agent, after={}, limit=last)
    with daemon() as client:
        found = client.audit(request)[-last:]
        if follow:
            return _follow(client, request, found, as_json=as_json)
    if as_json:
        screen.say_json(found)
    elif not found:
        screen.tell("nothing was done yet")
    else:
        for line in lines(found, screen.terminal_columns(), sys.stdout):
            screen.say(line)
    return 0


def lines(views: Sequence[AuditView], columns: int, stream: TextIO) -> list[str]:
    """Show lines of the audit as a table."""
    head = ("TIME", "AGENT", "WHO", "WHAT", "ABOUT")
    rows = [_cells(view) for view in views]
    first, *others = screen.table(head, rows, columns)
    written = [screen.paint("  ".join(first).rstrip(), "dim", stream)]
    for view, cells in zip(views, others, strict=True):
        written.append(_painted("  ".join(cells).rstrip(), view, stream))
    return written


def _cells(view: AuditView) -> list[str]:
    what = view["action"] if view["result"] == "ok" else f"{view['action']} ({view['result']})"
    return [
        moment(view["at"]),
        view["agent"] or view["identity"][:8],
        _who(view["actor"]),
        what,
        view["about"],
    ]


def _who(actor: str) -> str:
    """Return who acted; of a session's id as much as tells it from others, since --json has the whole."""
    word, _, session = actor.partition(" ")
    return f"{word} {session[:8]}" if word == "session" else actor


def _painted(line: str, view: AuditView, stream: TextIO) -> str:
    return line if view["result"] == "ok" else screen.paint(line, "red", stream)


def _follow(client: BlockingClient, request: AuditRequest, found: list[AuditView], *, as_json: bool) -> int:
    after: dict[str, int] = {}
    while True:
        for view in found:
            after[view["identity"]] = max(view["seq"], after.get(view["identity"], 0))
            line = (
                json.dumps(view)
                if as_json
                else _painted("  ".join(map(screen.clean, _cells(view))), view, sys.stdout)
            )
            screen.say(line)
        sys.stdout.flush()
        time.sleep(INTERVAL)
        found = client.audit({**request, "after": after})


def _restart(agent: str | None, file: str | None, *, yes: bool, as_json: bool) -> int:
    """Begin a broken record again.

    Raises:
        UsageError: no agent is named.
    """
    if agent is None:
        raise UsageError("--restart needs the name of an agent")
    question = f"Set the record of {agent} aside? What it told can no longer be checked."
    if not yes and not approval.ask(question, otherwise="give --yes"):
        screen.tell("nothing was done")
        return approval.NOT_APPROVED
    request = IdentityRequest(file=constellation_file(file), agent=agent, action="restart_audit")
    with daemon() as client:
        done = client.identity(request)
    return report(done, as_json=as_json)


def _verify(found: AuditReport, *, as_json: bool) -> int:
    if as_json:
        screen.say_json(found)
        return 0 if found["ok"] else BROKEN
    chains = found["identities"]
    broken = [chain for chain in chains if not chain["ok"]]
    if found["problem"]:
        screen.say(screen.clean(found["problem"]))
    word = screen.paint("broken", "red", sys.stdout)
    for chain in broken:
        who = f"{chain['agent']} ({chain['identity']})" if chain["agent"] else chain["identity"]
        screen.say(f"{word} {screen.clean(who)}: {screen.clean(chain['problem'])}")
    if found["ok"]:
        total = counted(sum(chain["lines"] for chain in chains), "line")
        screen.say(f"the audit holds: {total} of {len(chains)} identities")
        return 0
    screen.tell(
        f"{screen.paint('error:', 'red', sys.stderr)} the audit of {len(broken)} of {len(chains)} identities "
        "does not hold"
    )
    screen.tell("hint: keep the files as they are, and compare them with a backup")
    return BROKEN
