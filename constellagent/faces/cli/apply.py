"""`constellagent apply`: makes the world as the file declares it."""

import os
import sys
from pathlib import Path
from typing import Annotated

from constellagent.errors import RefusedError, UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import approval, planning, progress, screen
from constellagent.faces.cli.declare import Agents, File, Json, Option, Prune, Restart, Yes
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import counted
from constellagent.runtime.control import ApplyRequest, ApplyResult, PlanReply, PlanRequest


def apply(
    agents: Agents = None,
    *,
    file: File = None,
    yes: Yes = False,
    plan: Annotated[
        str | None, Option(("--plan",), "Apply exactly this saved plan; refused if the world moved.", "FILE")
    ] = None,
    restart: Restart = None,
    prune: Prune = False,
    as_json: Json = False,
) -> int:
    """Make worktrees, identities and sessions as declared.

    A second apply changes nothing.

    `apply FILE.json` takes a plan that `plan --out` kept. Agents fail one by one; the others go on.
    """
    if (
        plan is None
        and agents
        and len(agents) == 1
        and agents[0].endswith(".json")
        and Path(agents[0]).is_file()
    ):
        plan, agents = agents[0], None
    if plan is None:
        asked = planning.request(constellation_file(file), agents=agents, restart=restart, prune=prune)
        with daemon() as client:
            return carry_out(client, asked, yes=yes, as_json=as_json)
    if agents or restart or prune or file:
        raise UsageError("a saved plan holds its own choices", hint="leave the other arguments out")
    saved = planning.load(plan)
    with daemon() as client:
        return carry_out(client, planning.again(saved), yes=yes, as_json=as_json, saved=saved["reply"])


def carry_out(
    client: BlockingClient, asked: PlanRequest, *, yes: bool, as_json: bool, saved: PlanReply | None = None
) -> int:
    """Plan, show, ask where an answer is missing, apply, and say how it went; the exit code is returned.

    Raises:
        RefusedError: the file changed after the plan `saved` was made.
        UsageError: a yes is missing and nobody can be asked.
    """
    reply = client.plan(asked)
    if saved is not None and reply["content_hash"] != saved["content_hash"]:
        raise RefusedError("the file changed after this plan was saved", hint="plan again with --out")
    destroying = bool(asked.get("destroy"))
    planning.show(reply, sys.stderr, summary=not reply["empty"])
    if not _approved(reply, yes=yes, destroying=destroying):
        screen.tell("nothing was done")
        return approval.NOT_APPROVED
    try:
        result = progress.follow(client.apply(_order(asked, reply, saved)))
    except KeyboardInterrupt:
        screen.tell("the daemon finishes what it began; `constellagent status` shows how it goes")
        raise
    if as_json:
        screen.say_json(result)
    else:
        _report(result, reply, "destroyed" if destroying else "applied")
    return result["exit_code"]


def _approved(reply: PlanReply, *, yes: bool, destroying: bool) -> bool:
    if yes:
        return True
    if destroying:
        return reply["empty"] or approval.ask("Do this?", otherwise="give --yes once you have read the plan")
    if not approval.needed(reply):
        return True
    approval.show_commands(reply)
    question = "Trust this file?" if reply["empty"] else "Apply?"
    return approval.ask(question, otherwise="give --yes, or approve this content with `constellagent trust`")


def _order(asked: PlanRequest, reply: PlanReply, saved: PlanReply | None) -> ApplyRequest:
    """Return what the daemon is asked to do: the same choices, the approved content, the wanted variables."""
    wanted = {name: os.environ[name] for name in reply["wants_env"] if name in os.environ}
    order = ApplyRequest(file=asked["file"], approved=reply["content_hash"], env=wanted)
    for key in ("agents", "restart", "prune", "destroy", "force"):
        if key in asked:
            order[key] = asked[key]
    if "ravi_key" in asked:
        order["ravi_key"] = asked["ravi_key"]
    if saved is not None:
        order["plan"] = saved["plan"]
    return order


def _report(result: ApplyResult, reply: PlanReply, verb: str) -> None:
    for name, reason in result["failed"].items():
        screen.tell(
            f"{screen.paint('failed', 'red', sys.stderr)} {screen.clean(name)}: {screen.clean(reason)}"
        )
    for name, reason in result["skipped"].items():
        screen.tell(f"skipped {screen.clean(name)}: {screen.clean(reason)}")
    constellation = screen.clean(reply["constellation"])
    undone = {part: len(result[part]) for part in ("failed", "skipped")}
    if not (result["changed"] or any(undone.values())):
        screen.say(f"{constellation}: {screen.clean(reply['summary'] if reply['empty'] else 'no changes')}")
        return
    undone["blocked"] = sum(line.startswith(("x ", "? ")) for line in reply["lines"])
    parts = [counted(result["changed"], "change")] if result["changed"] else ["nothing done"]
    parts += [f"{count} {part}" for part, count in undone.items() if count]
    screen.say(f"{f'{verb} ' if result['changed'] else ''}{constellation}: {', '.join(parts)}")
