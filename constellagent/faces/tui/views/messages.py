"""Mails and texts as rows and as text: pure. What strangers wrote is shown without its control characters."""

from collections.abc import Sequence
from typing import cast

from constellagent.faces.tui.views.moments import NARROW, WIDE, full, when
from constellagent.faces.tui.words import Fragments, clean, fit
from constellagent.runtime.identity_views import CodeView, ConversationView, MailView, TextView, ThreadView

_LONGEST = 100_000
"""Characters of one message that are shown."""

MailRow = ThreadView
TextRow = ConversationView


def message_row(row: MailRow | TextRow, now: float, width: int) -> Fragments:
    """Return a conversation as a line: when, of which kind, who, and how it begins."""
    strong = "class:heading" if row["unread"] else ""
    who, what, kind = _headline(row)
    line: Fragments = [
        ("class:state.waiting" if row["unread"] else "class:dim", f"{row['unread'] or '':>2} "),
        ("class:dim", when(row["at"], now, WIDE if width >= 70 else NARROW)),
        *fit([("class:dim", kind)], 5),
        *fit([(strong, clean(who))], min(30, max(14, width // 4))),
        ("", " "),
    ]
    if what:
        line.append((strong, f"{clean(what)}  "))
    return [*line, ("class:dim", clean(row["preview"]))]


def key(row: MailRow | TextRow) -> str:
    """Return the id by which the whole conversation is asked for."""
    return cast("TextRow", row)["conversation"] if is_text(row) else cast("MailRow", row)["thread"]


def is_text(row: MailRow | TextRow) -> bool:
    """Whether a conversation is one by text."""
    return "conversation" in row


def letter(mails: Sequence[MailView]) -> list[Fragments]:
    """Return a conversation by mail, oldest first."""
    lines: list[Fragments] = []
    for mail in mails:
        sender = f"{mail['sender_name']} <{mail['sender']}>" if mail["sender_name"] else mail["sender"]
        state = "" if mail["read"] or not mail["incoming"] else "unread"
        if mail["state"] == "held":
            state = "held: it has not left this machine"
        lines += [
            _headed("from", sender, state),
            _headed("to", ", ".join(part for part in (mail["to"], mail["cc"]) if part)),
            _headed("date", full(mail["at"])),
            [("class:dim", f"{'subject':<9}"), ("class:heading", clean(mail["subject"]))],
        ]
        lines += [
            _headed("file", f"{note['name']}  {note['kind']}, {note['size']} bytes") for note in mail["files"]
        ]
        text = mail["text"] or "(this mail has HTML only; `constellagent identity inbox --json` has it)"
        lines += [[], *_said(text), []]
    return lines


def talk(texts: Sequence[TextView]) -> list[Fragments]:
    """Return a conversation by text, oldest first."""
    lines: list[Fragments] = []
    for text in texts:
        who = text["sender"] if text["incoming"] else "the agent"
        held = "  held: it has not left this machine" if text["state"] == "held" else ""
        lines.append([("class:heading", clean(who)), ("class:dim", f"  {full(text['at'])}{held}")])
        lines += [*_said(text["text"]), []]
    return lines


def code_line(code: CodeView, now: float) -> Fragments:
    """Return a one-time code, who sent it, and when."""
    return [
        ("class:dim", "code "),
        ("class:tone.done", clean(code["code"])),
        ("class:dim", f" from {clean(code['sender'])}, {when(code['at'], now).strip()}"),
    ]


def _headline(row: MailRow | TextRow) -> tuple[str, str, str]:
    """Return who wrote, about what, and of which kind it is."""
    if is_text(row):
        return cast("TextRow", row)["number"], "", "text"
    mail = cast("MailRow", row)
    return mail["sender_name"] or mail["sender"], mail["subject"] or "(no subject)", "mail"


def _headed(word: str, value: str, beside: str = "") -> Fragments:
    line: Fragments = [("class:dim", f"{word:<9}"), ("", clean(value))]
    return [*line, ("class:tone.warning", f"  {beside}")] if beside else line


def _said(text: str) -> list[Fragments]:
    """Return what somebody wrote, line by line, as it is but for what would act on the terminal."""
    lines: list[Fragments] = [[("", clean(line.expandtabs(8)))] for line in text[:_LONGEST].splitlines()]
    if (more := len(text) - _LONGEST) > 0:
        lines.append([("class:tone.warning", f"({more} characters more are not shown here)")])
    return lines
