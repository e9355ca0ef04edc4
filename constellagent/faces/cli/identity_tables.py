"""Identities, mail, texts and vaults as lines for a terminal: pure, views in, lines out."""

from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from constellagent.faces.cli import screen
from constellagent.faces.wording import counted
from constellagent.runtime.identity_views import (
    ConversationView,
    IdentityView,
    MailView,
    OutboxView,
    PasswordView,
    SecretView,
    TextView,
    ThreadView,
)

MASK = "********"
"""Stands for what is not revealed; says nothing of its length."""


def moment(at: str) -> str:
    """Return an RFC 3339 time in this machine's zone, to the minute; what is none as it is."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at


def identities(views: Sequence[IdentityView], columns: int, stream: TextIO) -> list[str]:
    """Show one line for each agent."""
    head = ("AGENT", "ADDRESS", "PHONE", "MAIL", "TEXTS", "PASSWORDS", "SECRETS", "NOTE")
    rows = [
        [
            view["agent"],
            view["address"],
            view["phone"] or "-",
            _count(view["unread_mails"]),
            _count(view["unread_texts"]),
            _count(view["passwords"]),
            _count(view["secrets"]),
            "put away" if view["archived"] else "",
        ]
        for view in views
    ]
    bold = [bool(view["unread_mails"] or view["unread_texts"]) for view in views]
    return _table(head, rows, bold, columns, stream)


def identity(view: IdentityView) -> list[str]:
    """Show one identity, a line for each thing to know."""
    rows = [
        ("agent", view["agent"]),
        ("name", view["name"]),
        ("address", view["address"]),
        ("phone", view["phone"] or "none"),
        ("provider", view["provider"]),
        ("uuid", view["uuid"]),
        ("unread", f"{_counted(view['unread_mails'], 'mail')}, {_counted(view['unread_texts'], 'text')}"),
        ("vault", f"{_counted(view['passwords'], 'password')}, {_counted(view['secrets'], 'secret')}"),
    ]
    if view["archived"]:
        rows.append(("state", "put away; `constellagent apply` brings it back"))
    return [f"{name:<10}{screen.clean(value)}" for name, value in rows]


def threads(views: Sequence[ThreadView], columns: int, stream: TextIO) -> list[str]:
    """Show conversations by mail, numbered from the newest."""
    head = ("#", "DATE", "FROM", "SUBJECT", "MAILS", "NEW")
    rows = [
        [
            str(number),
            moment(view["at"]),
            view["sender_name"] or view["sender"],
            view["subject"] or "(no subject)",
            str(view["mails"]),
            str(view["unread"] or ""),
        ]
        for number, view in enumerate(views, 1)
    ]
    return _table(head, rows, [view["unread"] > 0 for view in views], columns, stream)


def mail(view: MailView, stream: TextIO) -> list[str]:
    """Show a mail: its head, then what it says."""
    sender = f"{view['sender_name']} <{view['sender']}>" if view["sender_name"] else view["sender"]
    rows = [("From", sender), ("To", view["to"]), ("Cc", view["cc"]), ("Date", moment(view["at"]))]
    rows += [("Subject", view["subject"])]
    rows += [("File", f"{file['name']} ({file['kind']}, {_size(file['size'])})") for file in view["files"]]
    rows += [("State", "held")] if view["state"] == "held" else []
    new = view["incoming"] and not view["read"]
    shown = [
        f"{screen.paint(f'{name}:', 'dim', stream)} {screen.clean(value)}" for name, value in rows if value
    ]
    if new:
        shown.append(screen.paint("unread", "yellow", stream))
    body = screen.clean(view["text"] or view["html"], lines=True).rstrip("\n")
    return [*shown, "", *body.split("\n")]


def conversations(views: Sequence[ConversationView], columns: int, stream: TextIO) -> list[str]:
    """Show conversations by text, numbered from the newest."""
    head = ("#", "DATE", "WITH", "NEWEST", "TEXTS", "NEW")
    rows = [
        [
            str(number),
            moment(view["at"]),
            view["number"],
            view["preview"].replace("\n", " "),
            str(view["texts"]),
            str(view["unread"] or ""),
        ]
        for number, view in enumerate(views, 1)
    ]
    return _table(head, rows, [view["unread"] > 0 for view in views], columns, stream)


def text(view: TextView, stream: TextIO) -> list[str]:
    """Show a text."""
    other = f"from {view['sender']}" if view["incoming"] else f"to {view['to']}"
    state = f" ({view['state']})" if view["state"] == "held" else ""
    new = " unread" if view["incoming"] and not view["read"] else ""
    head = screen.paint(f"{moment(view['at'])} {screen.clean(other)}{state}{new}", "dim", stream)
    return [head, *(f"  {line}" for line in screen.clean(view["text"], lines=True).split("\n"))]


def secrets(views: Sequence[SecretView], columns: int, stream: TextIO) -> list[str]:
    """Show secrets, masked unless they were revealed."""
    head = ("KEY", "VALUE", "CHANGED", "NOTES")
    rows = [
        [view["key"], _masked(view["value"]), moment(view["updated"]), view["notes"] or ""] for view in views
    ]
    return _table(head, rows, [False] * len(rows), columns, stream)


def passwords(views: Sequence[PasswordView], columns: int, stream: TextIO) -> list[str]:
    """Show logins, masked unless they were revealed."""
    head = ("DOMAIN", "USERNAME", "PASSWORD", "CHANGED", "NOTES")
    rows = [
        [
            view["domain"],
            view["username"],
            _masked(view["password"]),
            moment(view["updated"]),
            view["notes"] or "",
        ]
        for view in views
    ]
    return _table(head, rows, [False] * len(rows), columns, stream)


def outbox(views: Sequence[OutboxView], columns: int, stream: TextIO) -> list[str]:
    """Show mail that is for other places."""
    head = ("ROW", "AGENT", "TO", "SUBJECT", "STATE", "TRIES", "NEXT", "WHY")
    rows = [
        [
            str(view["row"]),
            view["agent"] or "-",
            view["to"],
            view["subject"],
            view["state"],
            str(view["attempts"]),
            moment(view["next_attempt"]),
            view["problem"],
        ]
        for view in views
    ]
    return _table(head, rows, [view["state"] == "failed" for view in views], columns, stream)


def _table(
    head: Sequence[str], rows: Sequence[list[str]], bold: Sequence[bool], columns: int, stream: TextIO
) -> list[str]:
    first, *others = screen.table(head, rows, columns)
    written = [screen.paint("  ".join(first).rstrip(), "dim", stream)]
    for strong, cells in zip(bold, others, strict=True):
        line = "  ".join(cells).rstrip()
        written.append(screen.paint(line, "bold", stream) if strong else line)
    return written


def _count(number: int | None) -> str:
    return "?" if number is None else str(number)


def _counted(number: int | None, noun: str) -> str:
    return f"? {noun}s" if number is None else counted(number, noun)


def _masked(value: str | None) -> str:
    return MASK if value is None else value


def _size(count: int) -> str:
    return f"{count} bytes" if count < 1024 else f"{count / 1024:.0f} KiB"
