"""What an owner is told of an agent: its state, what it asks, what its terminal shows, how to answer.

The terminal is part of the mail, because a question is mostly there. Whatever it shows is in the mail then,
a secret too: who shows secrets shows them to the owner, and to every server on the way there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from constellagent.plan.fires import shown
from constellagent.runtime.alerts.deciding import Moment
from constellagent.runtime.alerts.post import Letter
from constellagent.spec.models import NotifyState

_STATES: Mapping[NotifyState, str] = {
    "waiting": "is waiting",
    "done": "is done",
    "failed": "has failed",
    "working": "is working",
    "exited": "has ended",
}
_LONGEST_LINE = 200
_LONGEST_TEXT = 300
SCREEN_LINES = 20
"""Lines of the screen that are shown, the last ones."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known beside the moment itself.

    Attributes:
        agent: its name.
        constellation: the constellation's name.
        file: the constellation's file.
        branch: the agent's, empty where it has none.
        path: its worktree, empty where it has none.
        screen: lines of its terminal.
        note: what a person should know of its prompt, empty for nothing.
        page: the address of the page, empty where it is not on.
        quiet_until: epoch seconds until which no more is told of it; None where more may be.
        told: how many words were sent of it within the hour, this one too.
    """

    agent: str
    constellation: str
    file: str
    branch: str = ""
    path: str = ""
    screen: Sequence[str] = ()
    note: str = ""
    page: str = ""
    quiet_until: float | None = None
    told: int = 1


def letter(moment: Moment, facts: Facts) -> Letter:
    """Return what to send."""
    head = headline(moment, facts.agent)
    return Letter(head, _body(moment, facts, head), _text(facts, head))


def headline(moment: Moment, agent: str) -> str:
    """Return in one line what an agent has come to: `docs is waiting (permission): may I?`."""
    said = f"{agent} {_STATES[moment.state]}"
    message, reason = _line(moment.message), _line(moment.reason)
    if moment.state == "waiting":
        said += f" ({reason})" if message and reason else ""
        why = message or reason
    else:
        why = reason or (message if moment.state == "failed" else "")
    return _cut(f"{said}: {why}" if why else said, _LONGEST_LINE)


def _body(moment: Moment, facts: Facts, head: str) -> str:
    reason = _line(moment.reason)
    told = {
        "State": f"{moment.state} ({reason})" if reason else moment.state,
        "Since": shown(datetime.fromtimestamp(int(moment.since), UTC)),
        "Of": f"{facts.constellation} ({facts.file})",
        "Branch": facts.branch,
        "Folder": facts.path,
        "Note": _line(facts.note),
    }
    lines = [head, "", *(f"{name + ':':9}{_line(value)}" for name, value in told.items() if value)]
    said = clean(moment.message.splitlines())
    if said:
        lines += ["", "It says:", "", *(f"    {line}".rstrip() for line in said)]
    if screen := clean(facts.screen)[-SCREEN_LINES:]:
        lines += ["", "Its terminal shows:", "", *(f"    {line}".rstrip() for line in screen)]
    lines += ["", *_how_to_answer(moment, facts)]
    if facts.quiet_until is not None:
        until = shown(datetime.fromtimestamp(int(facts.quiet_until), UTC))
        lines += ["", f"This is word {facts.told} of it within an hour; no more is sent before {until}."]
    return "\n".join(lines) + "\n"


def _how_to_answer(moment: Moment, facts: Facts) -> list[str]:
    if moment.ended:
        lines = [
            f"`constellagent logs {facts.agent}` shows what it wrote,",
            f"`constellagent restart {facts.agent}` starts it again.",
        ]
    elif moment.paused:
        lines = [f"`constellagent resume {facts.agent}` lets it go on."]
    else:
        lines = [f"`constellagent attach {facts.agent}` shows its terminal, to answer there."]
    if facts.page:
        lines.append(f"The page is at {facts.page}")
    return lines


def _text(facts: Facts, head: str) -> str:
    tail = "" if facts.quiet_until is None else " (no more for a while)"
    return _cut(head, _LONGEST_TEXT - len(tail)) + tail


def clean(lines: Sequence[str]) -> list[str]:
    """Return lines as a mail may have them: printable, not too long, and none that is empty at either end."""
    shown_ = [_cut(_printable(line).rstrip(), _LONGEST_LINE) for line in lines]
    while shown_ and not shown_[-1]:
        shown_.pop()
    while shown_ and not shown_[0]:
        del shown_[0]
    return shown_


def _line(text: str) -> str:
    return " ".join(_printable(text).split())


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() else " " for one in text)


def _cut(line: str, most: int) -> str:
    return line if len(line) <= most else f"{line[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
