"""What came of the demo: gathered from the daemon, judged, and shown as a table with three checks."""

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from constellagent.errors import ConstellagentError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import demo_watch, screen
from constellagent.faces.cli.demo_cast import CAST, LAST_LINE, OWNER
from constellagent.faces.cli.demo_findings import Belongings, crossings
from constellagent.faces.cli.demo_watch import Screen
from constellagent.faces.wording import counted
from constellagent.runtime.identity_views import AuditRequest, IdentityRequest, OutboxView

_UNSETTLED = frozenset({"waiting", "sending"})
_PATIENCE = 3.0
"""Seconds within which a relay may take the reports."""


class Row(TypedDict):
    """One agent. Times are epoch seconds, and None where it was not verified."""

    agent: str
    identity: str
    address: str
    number: str
    service: str
    proof: str
    started_at: float
    signed_up_at: float | None
    verified_at: float | None
    seconds: float | None
    messages: int
    passwords: int
    secrets: int
    report: str
    problem: str


class Check(TypedDict):
    """One check. `problems` say what is wrong, one line each."""

    name: str
    ok: bool
    text: str
    problems: list[str]


class Result(TypedDict):
    """What came of the demo."""

    ok: bool
    seconds: float
    agents: list[Row]
    checks: list[Check]


def gather(client: BlockingClient, file: str, screens: Mapping[str, Screen]) -> list[Belongings]:
    """Read all that each agent has, as a person may."""
    found = []
    for view in client.identities(file):
        agent = view["agent"]
        asked = IdentityRequest(file=file, agent=agent, action="show")
        threads = client.identity({**asked, "action": "inbox"})
        talks = client.identity({**asked, "action": "sms"})
        mails = [client.identity({**asked, "action": "thread", "thread": each["thread"]}) for each in threads]
        texts = [
            client.identity({**asked, "action": "conversation", "conversation": each["conversation"]})
            for each in talks
        ]
        belongings = Belongings(
            agent,
            CAST[agent],
            view["uuid"],
            view["address"],
            view["phone"] or "",
            screens[agent].session["id"] if agent in screens else "",
            [mail for thread in mails for mail in thread],
            [text for talk in texts for text in talk],
            client.identity({**asked, "action": "passwords", "reveal": True}),
            client.identity({**asked, "action": "secrets", "reveal": True}),
            client.audit(AuditRequest(file=file, agent=agent, after={}, limit=1000)),
        )
        found.append(belongings)
    return found


def judge(client: BlockingClient, file: str, screens: Mapping[str, Screen], seconds: float) -> Result:
    """Gather, compare and count."""
    everybody = gather(client, file, screens)
    said = demo_watch.verified(client, file)
    reports = _reports(client, everybody)
    rows = [_row(own, screens.get(own.agent), said, reports) for own in everybody]
    missing = [f"{agent} has no identity" for agent in CAST if agent not in {row["agent"] for row in rows}]
    checks = [
        _verified(rows, missing),
        _crossed(everybody),
        _audited(client, {own.uuid: own.agent for own in everybody}),
    ]
    return Result(ok=all(check["ok"] for check in checks), seconds=seconds, agents=rows, checks=checks)


def show(result: Result) -> None:
    """Write the table and the checks to stdout."""
    head = ("AGENT", "ADDRESS", "NUMBER", "SERVICE", "TIME", "VAULT", "REPORT")
    rows = [
        (
            row["agent"],
            row["address"],
            row["number"],
            row["service"],
            "-" if row["seconds"] is None else f"{row['seconds']:.1f}s",
            counted(row["passwords"] + row["secrets"], "item"),
            row["report"],
        )
        for row in result["agents"]
    ]
    first, *others = screen.table(head, rows, screen.terminal_columns())
    screen.say(screen.paint("  ".join(first).rstrip(), "dim", sys.stdout))
    for cells in others:
        screen.say("  ".join(cells).rstrip())
    screen.say("")
    for check in result["checks"]:
        mark, colour = ("ok", "green") if check["ok"] else ("x ", "red")
        screen.say(f"{screen.paint(mark, colour, sys.stdout)}  {check['text']}")
        for problem in check["problems"]:
            screen.say(f"    {screen.clean(problem)}")
    if any(row["report"] == "held" for row in result["agents"]):
        screen.say(f"    reports to {OWNER} are held: `constellagent provider relay` would send them")


def _row(
    own: Belongings, seen: Screen | None, said: Sequence[dict[str, Any]], reports: Mapping[str, str]
) -> Row:
    mine = {own.address, own.number}
    proof = next(
        (
            line
            for line in said
            if line["service"] == own.part.service.name and mine >= set(line["contacts"].values())
        ),
        None,
    )
    started = seen.session["started_at"] if seen is not None else 0.0
    lines = seen.lines if seen is not None else []
    verified = None if proof is None else float(proof["verified"])
    return Row(
        agent=own.agent,
        identity=own.uuid,
        address=own.address,
        number=own.number,
        service=own.part.service.name,
        proof=own.part.proof,
        started_at=started,
        signed_up_at=None if proof is None else float(proof["signed_up"]),
        verified_at=verified,
        seconds=None if verified is None else verified - started,
        messages=sum(mail["incoming"] for mail in own.mails) + sum(text["incoming"] for text in own.texts),
        passwords=len(own.passwords),
        secrets=len(own.secrets),
        report=reports.get(own.uuid, "none"),
        problem="" if LAST_LINE in lines else (lines[-1] if lines else "it was not started"),
    )


def _verified(rows: Sequence[Row], missing: Sequence[str]) -> Check:
    problems = [*missing]
    for row in rows:
        wanted = int(CAST[row["agent"]].service.gives_key)
        if row["verified_at"] is None:
            problems.append(f"{row['agent']} was not verified by {row['service']}: {row['problem']}")
        elif row["problem"]:
            problems.append(f"{row['agent']} did not finish: {row['problem']}")
        elif (row["passwords"], row["secrets"]) != (1, wanted) or row["report"] == "none":
            problems.append(f"{row['agent']} has not stored or reported all of it")
    text = f"{sum(row['verified_at'] is not None for row in rows)} of {len(CAST)} verified"
    if not problems:
        when = "at the same time" if _together(rows) else "one after the other"
        text = f"all verified {when}: {', '.join(row['proof'] for row in rows)}"
    return Check(name="verified", ok=not problems, text=text, problems=problems)


def _together(rows: Sequence[Row]) -> bool:
    """Whether all had signed up before the first was verified."""
    begun = [row["signed_up_at"] or 0.0 for row in rows]
    return max(begun) < min(row["verified_at"] or 0.0 for row in rows)


def _crossed(everybody: Sequence[Belongings]) -> Check:
    problems = crossings(everybody)
    counts = (
        counted(sum(len(own.mails) for own in everybody), "mail"),
        counted(sum(len(own.texts) for own in everybody), "text"),
        counted(sum(len(own.passwords) for own in everybody), "password"),
        counted(sum(len(own.secrets) for own in everybody), "secret"),
    )
    text = f"nothing crossed among {', '.join(counts[:-1])} and {counts[-1]}"
    if problems:
        text = f"crossed: {counted(len(problems), 'thing')} where it does not belong"
    return Check(name="crossed", ok=not problems, text=text, problems=problems)


def _audited(client: BlockingClient, agents: Mapping[str, str]) -> Check:
    """Check the audit of these identities; those of other constellations are not this demo's matter."""
    chains = [chain for chain in client.audit_verify()["identities"] if chain["identity"] in agents]
    problems = [f"{agents[chain['identity']]}: {chain['problem']}" for chain in chains if not chain["ok"]]
    problems += [
        f"{agents[uuid]} has no audit" for uuid in agents.keys() - {chain["identity"] for chain in chains}
    ]
    text = f"the audit holds: {sum(chain['lines'] for chain in chains)} lines of {len(chains)} identities"
    return Check(
        name="audit", ok=not problems, text="the audit does not hold" if problems else text, problems=problems
    )


def _reports(client: BlockingClient, everybody: Sequence[Belongings]) -> dict[str, str]:
    """Return how far each report to the owner came, by identity; a relay gets a moment to take them."""
    wanted = {own.uuid for own in everybody}
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            rows: list[OutboxView] = client.provider({"action": "outbox"})
        except ConstellagentError as error:
            return dict.fromkeys(wanted, error.message)
        mine = {row["identity"]: row["state"] for row in rows if row["identity"] in wanted}
        if not _UNSETTLED & set(mine.values()) or time.monotonic() > end:
            return mine
        time.sleep(0.1)
