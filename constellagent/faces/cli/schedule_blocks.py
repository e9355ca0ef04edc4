"""One schedule, one run or one webhook, with all that is known of it, as lines for a terminal: pure."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from constellagent.faces.cli import screen
from constellagent.faces.cli.schedule_tables import COLOURS, until
from constellagent.faces.run_words import SHORT_ID, did, moment, took, used, why
from constellagent.faces.wording import counted
from constellagent.runtime.schedule_views import HookView, RunView, ScheduleView

_EXAMPLE = """\
An example, with the secret in $SECRET:

  body='{{"hello": "world"}}' at=$(date +%s)
  mac=$(printf '%s.%s' "$at" "$body" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/.* //')
  curl -H "Constellagent-Signature: t=$at,v1=$mac" --data-binary "$body" \\
    {url}

Posts that are signed as those of Ravi's or GitHub's webhooks are taken, too."""
"""How to sign by hand; a test runs it."""

_LABEL = 11
"""The width of the words before the lines of one schedule or run."""


def schedule(view: ScheduleView, now: float, stream: TextIO) -> list[str]:
    """Show all that is known of one schedule."""
    resolved = "" if view["resolved"] == view["cron"] else f", which is {view['resolved']}"
    state = screen.paint(view["state"], COLOURS.get(view["state"], ""), stream)
    rows = [
        ("schedule", view["schedule"]),
        ("wakes", f"{view['wakes']}{resolved}"),
        ("does", _task(view["declared"])),
        ("declared", _declared(view["declared"])),
    ]
    lines = _labelled(rows)
    lines.insert(1, f"{'state':<{_LABEL}}{state}{_because(view)}")
    fires = [
        f"{moment(fire['fire_at'])} UTC  {fire['local']}  in {until(fire, now)}" for fire in view["next"]
    ]
    failures = f"{counted(view['failures'], 'run')} failed in a row" if view["failures"] else ""
    if view["cron"]:
        lines += _labelled([("next", fires[0] if fires else "-"), *(("", fire) for fire in fires[1:])])
        lines += _labelled([("decided", f"all up to {moment(view['upto'])} UTC")])
    lines += _labelled([("failures", failures)])
    for run in view["open"]:
        lines += _labelled([("open", f"{run['run'][:SHORT_ID]} {_brief(run)}")])
    last = view["last"]
    lines += _labelled([("last", f"{last['run'][:SHORT_ID]} {_brief(last)}" if last else "")])
    return lines


def run(view: RunView, stream: TextIO) -> list[str]:
    """Show all that is known of one run."""
    state = screen.paint(view["state"], COLOURS.get(view["state"], ""), stream)
    exit_status = "" if view["exit_status"] is None else f", exit status {view['exit_status']}"
    first = _labelled([("run", view["run"]), ("schedule", view["schedule"])])
    first.append(f"{'state':<{_LABEL}}{state}{exit_status}")
    rows = [
        ("why", why(view)),
        ("reason", _reason(view)),
        ("fire", _utc(view["fire_at"])),
        ("due", _utc(view["due"])),
        ("decided", _utc(view["decided_at"])),
        ("started", _utc(view["started_at"])),
        ("ended", _utc(view["ended_at"])),
        ("took", took(view["seconds"])),
        ("branch", view["branch"]),
        ("worktree", view["path"]),
        ("kept", view["kept"]),
        ("did", did(view["did"])),
        ("denied", ", ".join(view["denied"])),
        ("used", used(view["usage"])),
        ("told", f"its owner at {_utc(view['told'])}" if view["told"] else ""),
        ("tzdata", view["tzdata"]),
    ]
    lines = first + _labelled(rows)
    for number, commit in enumerate(view["commits"]):
        word = "" if number else "commits"
        lines += [f"{word:<{_LABEL}}{screen.clean(commit['id'])[:12]} {screen.clean(commit['subject'])}"]
    if more := view["commit_count"] - len(view["commits"]):
        lines.append(f"{'':<{_LABEL}}and {more} more")
    if view["log"]:
        lines += _labelled([("log", view["log"]), ("see it", f"constellagent logs {view['run']}")])
    return lines


def webhook(view: HookView) -> list[str]:
    """Show where to post, the secret where it was just made, and an example that signs with it."""
    secret = view["secret"] or "not shown again; --renew makes a new one"
    lines = _labelled(
        [("url", view["url"]), ("secret", secret), ("wakes", ", ".join(view["schedules"]) or "nobody")]
    )
    return [*lines, "", *_EXAMPLE.format(url=screen.clean(view["url"])).split("\n")]


def _because(view: ScheduleView) -> str:
    """Return why a schedule does not fire, and what helps."""
    cure = ""
    if view["state"] == "paused":
        cure = f"`constellagent schedule resume {view['schedule']}` lets it go on"
    if view["declared"].get("paused"):
        cure = "it goes on when the file says `paused: false` and is applied"
    parts = [screen.clean(part) for part in (view["why"], cure) if part]
    return f": {'; '.join(parts)}" if parts else ""


def _task(declared: Mapping[str, Any]) -> str:
    """Return what the agent does when it wakes."""
    if "command" in declared:
        return f"command: {' '.join(map(str, declared['command']))}"
    if "prompt" in declared:
        return f"prompt: {' '.join(str(declared['prompt']).split())}"
    return "what the agent is declared to do"


def _declared(declared: Mapping[str, Any]) -> str:
    """Return the keys of the declaration that differ from their defaults, but what is shown elsewhere."""
    elsewhere = {"cron", "on", "timezone", "prompt", "command"}
    words = [
        f"{name}: {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in declared.items()
        if name not in elsewhere
    ]
    return ", ".join(words)


def _brief(view: RunView) -> str:
    """Return a run in one line below its schedule."""
    took_so_long = f", {took(view['seconds'])}" if view["seconds"] is not None else ""
    said = f", {why(view)}" if why(view) else ""
    return f"{view['state']}, {view['reason']} of {moment(view['fire_at'])}{took_so_long}{said}"


def _reason(view: RunView) -> str:
    return view["reason"] if view["reason"] == view["origin"] else f"{view['reason']} ({view['origin']})"


def _utc(at: str) -> str:
    return f"{moment(at)} UTC" if at else ""


def _labelled(rows: Sequence[tuple[str, str]]) -> list[str]:
    """Return `word  value` lines; those without a value are left out."""
    return [f"{word:<{_LABEL}}{screen.clean(value)}" for word, value in rows if value]
