"""Runs of schedules in words, the same for every face that shows them: pure."""

from collections.abc import Mapping

from constellagent.faces.wording import counted
from constellagent.runtime.schedule_views import RunView, UsageView

_COUNTED = (
    ("mail", "mails_read", "mails_sent"),
    ("sms", "texts_read", "texts_sent"),
    ("secrets", "secrets", ""),
    ("passwords", "passwords", ""),
)
"""What a run did as its identity: a word, and the counts behind it (read/sent, or how many)."""

SHORT_ID = 8
"""So much of a run's id tells it from the others of a list."""


def moment(at: str) -> str:
    """Return a time of the ledger, which is UTC, to the minute; to the second where it is between minutes."""
    if len(at) < 16:
        return at or "-"
    seconds = at[16:19]
    return f"{at[:10]} {at[11:16]}{'' if seconds == ':00' or not seconds.startswith(':') else seconds}"


def took(seconds: float | None) -> str:
    """Return a span in its two largest units: `7s`, `3m10s`, `1h02m`, `2d3h`; nothing for None."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole}s"
    if whole < 3600:
        return f"{whole // 60}m{whole % 60:02}s"
    if whole < 86400:
        return f"{whole // 3600}h{whole % 3600 // 60:02}m"
    return f"{whole // 86400}d{whole % 86400 // 3600}h"


def why(view: RunView) -> str:
    """Return what there is to say about a row beside its state."""
    if view["state"] == "missed":
        since = f" since {moment(view['first'])}" if view["count"] > 1 else ""
        said = f"missed {counted(view['count'], 'fire')}{since}"
        return f"{said}: {view['why']}" if view["why"] else said
    parts = [view["why"]] if view["why"] else []
    if view["attempt"] > 1:
        parts.append(f"attempt {view['attempt']}")
    if view["missed"]:
        parts.append(f"after {counted(view['missed'], 'missed fire')}")
    return ", ".join(parts)


def did(counts: Mapping[str, int]) -> str:
    """Return what was done with mail, texts and vault; `nothing` where it was counted and there was none."""
    words = []
    for word, first, second in _COUNTED:
        one, two = counts.get(first, 0), counts.get(second, 0)
        if one or two:
            words.append(f"{word} {one}/{two}" if second else f"{word} {one}")
    return " ".join(words) or ("nothing" if counts else "")


def used(usage: UsageView | None) -> str:
    """Return tokens read and written, and what they cost: `12k/3.4k $0.07`; nothing for None."""
    if usage is None:
        return ""
    tokens = (
        f"{_short(usage['input'])}/{_short(usage['output'])}" if usage["input"] or usage["output"] else ""
    )
    cost = "" if usage["cost"] is None else _dollars(usage["cost"])
    return " ".join(part for part in (tokens, cost) if part)


def _short(count: int) -> str:
    """Return a count in three digits or so."""
    for unit, size in (("M", 1_000_000), ("k", 1000)):
        if count >= size:
            return f"{count / size:.1f}{unit}" if count < 10 * size else f"{count // size}{unit}"
    return str(count)


def _dollars(cost: float) -> str:
    """Return a price to the cent; what is less than a cent to two digits that count."""
    return f"${cost:.2f}" if cost >= 0.01 or not cost else f"${cost:.2g}"
