"""A plan as lines for a person and as JSON; one place, so that no two faces can differ."""

from dataclasses import fields
from pathlib import PurePath
from typing import Any, assert_never

from constellagent.plan.actions import (
    Action,
    AddSchedule,
    AdoptIdentity,
    ArchiveIdentity,
    CreateIdentity,
    CreateWorktree,
    Forget,
    Plan,
    RemoveSchedule,
    RemoveWorktree,
    RepairWorktree,
    RestartService,
    RestartSession,
    StartService,
    StartSession,
    StopService,
    StopSession,
    WriteIdentity,
)

_SHORT_COMMIT = 8


def to_json(plan: Plan) -> dict[str, Any]:
    """Return the plan as JSON values; equal plans give equal values, so a saved plan can be compared."""
    return {
        "constellation": plan.constellation,
        "actions": [_action_json(action) for action in plan.actions],
        "notes": [{"symbol": n.symbol, "subject": n.subject, "text": n.text} for n in plan.notes],
    }


def _action_json(action: Action) -> dict[str, Any]:
    values = {f.name: getattr(action, f.name) for f in fields(action)}
    plain = {key: str(value) if isinstance(value, PurePath) else value for key, value in values.items()}
    if plain.get("host") == "":
        del plain["host"]
    return {"action": type(action).__name__, "symbol": action.symbol, "verb": action.verb, **plain}


def to_lines(plan: Plan) -> list[str]:
    """Return the plan as aligned lines: symbol, subject, what, and why.

    Names and reasons come from files, git and providers, so what a terminal would obey is shown as text.
    """
    rows: list[tuple[str, str, str]] = [
        (action.symbol, action.subject, f"{action.verb}{_detail(action)}  ({action.reason})")
        for action in plan.actions
    ]
    rows += [(note.symbol, note.subject, note.text) for note in plan.notes]
    width = max((len(subject) for _, subject, _ in rows), default=0)
    return [_plain(f"{symbol} {subject:<{width}}  {text}") for symbol, subject, text in rows]


def _plain(text: str) -> str:
    one_line = text.replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in one_line)


def summary(plan: Plan) -> str:
    """Return one line that counts what is to be done, what waits and what is blocked."""
    done = {"+": "to create", "~": "to change", "!": "to restart", "-": "to remove"}
    open_points = {"!": "waiting for --restart", "?": "unknown", "x": "blocked"}
    counts = [(sum(a.symbol == symbol for a in plan.actions), words) for symbol, words in done.items()]
    counts += [(sum(n.symbol == symbol for n in plan.notes), words) for symbol, words in open_points.items()]
    said = [f"{count} {words}" for count, words in counts if count]
    return ", ".join(said) if said else "no changes"


def _detail(action: Action) -> str:
    detail = ""
    match action:
        case AdoptIdentity():
            detail = f" {action.name} <{action.address}>{_at(action.host)}"
        case CreateIdentity():
            address = f"{action.email}@{action.domain}" if action.domain else action.email
            number = " with a phone number" if action.phone else ""
            detail = f" {action.name} <{address}>{number}{_at(action.host)}"
        case CreateWorktree():
            origin = f"new branch {action.branch}" if action.new_branch else f"branch {action.branch}"
            detail = f" {action.path} on {origin} at {action.commit[:_SHORT_COMMIT]}"
        case RepairWorktree() | WriteIdentity():
            detail = f" {action.path}"
        case RemoveWorktree():
            detail = f" {action.path}{' after a rescue' if action.force else ''}"
        case ArchiveIdentity() | AddSchedule() | RemoveSchedule():
            detail = f" {action.name}"
        case (
            StartService()
            | StartSession()
            | RestartSession()
            | RestartService()
            | StopSession()
            | StopService()
            | Forget()
        ):
            pass  # subject and verb say it all
        case _:
            assert_never(action)
    return detail


def _at(host: str) -> str:
    return f" at {host}" if host else ""
