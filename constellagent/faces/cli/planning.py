"""What plan, apply and destroy share: the request, the words of the plan, and plans kept in a file."""

import json
import os
from pathlib import Path
from typing import Any, TextIO, TypedDict

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.runtime import hosted_key
from constellagent.runtime.control import PlanReply, PlanRequest

FORMAT = 1
"""Version of the saved plan's file."""


class SavedPlan(TypedDict):
    """A plan kept in a file: what was asked, and what was answered."""

    constellagent_plan: int
    request: PlanRequest
    reply: PlanReply


def request(file: str, **choices: Any) -> PlanRequest:
    """Return what to plan; choices that are empty or false are left out."""
    chosen = {name: value for name, value in choices.items() if value}
    asked: PlanRequest = {"file": file, "env_names": [], **chosen}  # type: ignore[typeddict-item] # keys of PlanRequest
    return _of_shell(asked)


def again(saved: SavedPlan) -> PlanRequest:
    """Return the request of a saved plan, for the shell that stands here now."""
    return _of_shell({**saved["request"]})


def _of_shell(asked: PlanRequest) -> PlanRequest:
    """Add what this shell has set: names, its PATH, and the key of the hosted provider, if any."""
    asked["env_names"] = sorted(os.environ)
    asked["path"] = os.environ.get("PATH", "")
    if key := hosted_key.of_shell(os.environ):
        asked["ravi_key"] = key
    return asked


def show(reply: PlanReply, stream: TextIO, *, summary: bool = True) -> None:
    """Write the plan in words; `summary` is the line that counts."""
    stream.writelines(f"{line}\n" for line in screen.paint_plan(reply["lines"], stream))
    if summary:
        stream.write(f"{screen.clean(reply['constellation'])}: {screen.clean(reply['summary'])}\n")
    stream.flush()


def save(path: str, asked: PlanRequest, reply: PlanReply) -> None:
    """Write the plan to a new or existing file, readable by this user only.

    Raises:
        UsageError: the file cannot be written.
    """
    kept: PlanRequest = {**asked, "env_names": []}
    kept.pop("ravi_key", None)
    kept.pop("path", None)
    saved = SavedPlan(constellagent_plan=FORMAT, request=kept, reply=reply)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(saved, file, indent=2)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error


def load(path: str) -> SavedPlan:
    """Return a plan that `save` wrote.

    Raises:
        UsageError: the file cannot be read, or is no saved plan of this version.
    """
    try:
        saved: SavedPlan = json.loads(Path(path).read_bytes())
        if saved["constellagent_plan"] != FORMAT:
            raise UsageError(f"{path} was saved by another version", hint="plan again with --out")
        _ = saved["request"]["file"], saved["reply"]["content_hash"], saved["reply"]["plan"]
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise UsageError(
            f"{path} is not a saved plan", hint="`constellagent plan --out FILE` writes one"
        ) from error
    return saved
