"""What a constellation file says in form, without what it says in words: its keys, its numbers, its choices.

Names of agents, services, schedules and variables stay, since a defect is told by them; the values of
variables, prompts, commands, patterns and everything about the owner are told by their length alone.
"""

import re
from collections.abc import Mapping
from typing import Any

_HIDDEN = frozenset({"owner", "set", "command", "shell", "setup", "prompt", "from", "subject", "text", "log"})
"""Keys below which nothing is told."""
_CHOICE = re.compile(r"[a-z]{1,16}(?:-[a-z]{1,16})?|[0-9]{1,6}(?:\.[0-9]{1,3})?[a-z]{0,2}")
_CHOICES = frozenset(
    {
        "catch_up_window",
        "isolation",
        "jitter",
        "kind",
        "missed",
        "network",
        "notify",
        "on",
        "overlap",
        "permissions",
        "profile",
        "provider",
        "restart",
        "sandbox",
        "start_deadline",
        "state",
        "stop_grace",
        "timeout",
        "unattended",
        "workspace",
    }
)
"""Keys whose value is one of a few words, or a time."""
_CRON = re.compile(r"[0-9A-Za-z*/,#?@ -]{1,60}")
_ZONE = re.compile(r"[A-Z][A-Za-z_]{1,20}(?:/[A-Z][A-Za-z_]{1,20}){0,2}")
_FORMS = {"cron": _CRON, "timezone": _ZONE}
_DEEPEST, _MOST = 12, 1000


def outline(value: Any, key: str = "", depth: int = 0) -> Any:
    """Return the outline of a value that stands under `key`."""
    if key in _HIDDEN or depth > _DEEPEST:
        return _hidden(value)
    if isinstance(value, Mapping):
        parts = list(value.items())[:_MOST]
        return {str(name): outline(part, str(name), depth + 1) for name, part in parts}
    if isinstance(value, list):
        return [outline(part, key, depth + 1) for part in value[:_MOST]]
    if value is None or isinstance(value, bool | int | float):
        return value
    wanted = _FORMS.get(key, _CHOICE if key in _CHOICES else None)
    return value if wanted is not None and wanted.fullmatch(str(value)) else _hidden(value)


def _hidden(value: Any) -> Any:
    """Tell how much there is, and the names in a mapping."""
    if isinstance(value, Mapping):
        return {str(name): _hidden(part) for name, part in list(value.items())[:_MOST]}
    if isinstance(value, list):
        return f"<list of {len(value)}>"
    return None if value is None else f"<{len(str(value))} characters>"
