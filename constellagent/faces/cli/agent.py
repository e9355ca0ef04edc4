"""`constellagent agent`: changes the file's agents and keeps its comments and order."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.cli import screen, validate
from constellagent.faces.cli.declare import Agent, Argument, File, Option, Rest
from constellagent.faces.cli.place import constellation_file


def add(
    name: Annotated[str, Argument("AGENT", "The new agent's name.")],
    argv: Annotated[list[str] | None, Rest("ARGV...")] = None,
    *,
    file: File = None,
    kind: Annotated[
        str | None, Option(("--kind",), "claude, codex, gemini, opencode, aider, copilot or command.", "KIND")
    ] = None,
    branch: Annotated[
        str | None, Option(("--branch",), "Its branch [default: agents/AGENT].", "BRANCH")
    ] = None,
    base: Annotated[str | None, Option(("--base",), "What a new branch starts from.", "REVISION")] = None,
    identity: Annotated[str | None, Option(("--identity",), "Its identity's name.", "NAME")] = None,
    prompt: Annotated[str | None, Option(("--prompt",), "What it is told when it starts.", "TEXT")] = None,
    restart: Annotated[str | None, Option(("--restart",), "never, on-failure or always.", "POLICY")] = None,
    needs: Annotated[
        list[str] | None, Option(("--needs",), "A service that it needs. Repeatable.", "SERVICE")
    ] = None,
) -> int:
    """Add an agent to the file. `agent add NAME -- ARGV...` gives its command."""
    given = {
        "kind": kind,
        "command": argv,
        "branch": branch,
        "base": base,
        "identity": identity,
        "prompt": prompt,
        "restart": restart,
        "needs": needs,
    }
    settings: dict[str, Any] = {key: value for key, value in given.items() if value}

    def change(text: str) -> str:
        from constellagent.spec.edit import add_agent

        return add_agent(text, name, settings)

    return _edit(file, change, f"added agent {name}")


def remove(name: Agent, *, file: File = None) -> int:
    """Remove an agent from the file. `apply --prune` then takes away what was made for it."""

    def change(text: str) -> str:
        from constellagent.spec.edit import remove_agent

        return remove_agent(text, name)

    return _edit(file, change, f"removed agent {name}")


def set_value(
    name: Agent,
    key: Annotated[str, Argument("KEY", "What to set, such as branch or env.set.CI.")],
    value: Annotated[str, Argument("VALUE", "Its value, written as in the file.")],
    *,
    file: File = None,
) -> int:
    """Set one value of an agent, such as `agent set docs restart on-failure`."""

    def change(text: str) -> str:
        from constellagent.spec.edit import set_value as set_in

        return set_in(text, f"agents.{name}.{key}", value)

    return _edit(file, change, f"set {key} of {name}")


def _edit(file: str | None, change: Callable[[str], str], done: str) -> int:
    """Change the file as one step: it is replaced whole, or not at all.

    Raises:
        SpecError: the file would not be valid; it is left as it was.
        UsageError: it is no text.
    """
    chosen = Path(constellation_file(file)).resolve()
    try:
        before = validate.read(str(chosen)).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{chosen} is not UTF-8", hint="`constellagent validate` says where") from error
    after = change(before)
    if after == before:
        screen.say("nothing to change")
        return 0
    replace(chosen, after)
    screen.say(f"{done} in {validate.shown(str(chosen))}; `constellagent plan` shows what that means")
    return 0


def replace(file: Path, text: str) -> None:
    """Replace the content of `file` in one step and keep its mode.

    Raises:
        ConstellagentError: it cannot be written.
    """
    try:
        mode = file.stat().st_mode & 0o777
        descriptor, fresh = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as opened:
                opened.write(text)
                opened.flush()
                os.fsync(opened.fileno())
            Path(fresh).chmod(mode)
            Path(fresh).replace(file)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(fresh).unlink()
            raise
    except OSError as error:
        raise ConstellagentError(f"{file} cannot be written: {error.strerror}") from error
