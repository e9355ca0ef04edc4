"""`constellagent init`: a first, commented file for the repository that you stand in."""

import os
from pathlib import Path
from typing import Annotated

from constellagent.errors import RefusedError, UsageError
from constellagent.faces.cli import place, programs, screen
from constellagent.faces.cli.declare import Option

_HEAD = """\
# Who works in this repository, on which branch, as whom, and when.
#   constellagent validate    checks this file
#   constellagent plan        shows what apply would do
#   constellagent apply       makes it so: a worktree, an identity and a terminal for each agent
#   constellagent schema      prints the JSON Schema, with which editors complete this file
version: 1
name: "{name}"

# timezone: Europe/London          # for schedules; UTC if left out
# worktrees: ../{{repo}}.worktrees   # where the agents' worktrees lie, one folder each

identities:
  provider: local                  # mailboxes and numbers on this machine; `ravi` for the hosted ones

# services:                        # side processes that agents need
#   web:
#     command: [python3, -m, http.server, "8123"]
#     ready: {{tcp: "127.0.0.1:8123", timeout: 20s}}

# defaults:                        # merged under every agent
#   env: {{pass: [ANTHROPIC_API_KEY]}}   # variables taken from your shell when you apply
#   setup: [[npm, ci]]             # once in each new worktree

agents:
"""

_KNOWN = """\
  {kind}:
    kind: {kind}
    # prompt: Read CONTRIBUTING.md, then fix the oldest open bug.
    # branch: agents/{kind}        # this is the default
    # restart: on-failure          # never | on-failure | always
"""

_SHELL = """\
  shell:                           # no agent's program was found on PATH, so this is a plain shell
    kind: command
    command: [{shell}]
    # kind: claude                 # or codex, gemini, opencode, aider, copilot; then leave command out
    # prompt: Read CONTRIBUTING.md, then fix the oldest open bug.
"""

_TAIL = """\
    # schedules:
    #   morning:
    #     cron: "0 9 * * 1-5"        # `constellagent schedule list` shows when that is
    #     prompt: Read your inbox and answer the first unread mail.
    #   orders:
    #     on: {email: {subject: "order:*"}}   # or sms, another agent's end, or a signed webhook
    #     prompt: Read your inbox, do what the oldest unread mail asks for, and answer it.
"""


def init(
    *,
    out: Annotated[
        str | None,
        Option(("--out",), "Where to write [default: constellation.yaml of the repository].", "FILE"),
    ] = None,
) -> int:
    """Write a first, commented constellation.yaml. Never overwrites one.

    It declares an agent for each agent's program found on PATH, or a plain shell.

    Raises:
        RefusedError: there is a file already.
    """
    from constellagent.spec.load import load

    root = _root()
    file = Path(out) if out is not None else root / place.NAME
    text = render(root.name, list(programs.found()), os.environ.get("SHELL", ""))
    load(text.encode(), str(file))
    try:
        with file.open("x", encoding="utf-8") as opened:
            opened.write(text)
    except FileExistsError as error:
        raise RefusedError(
            f"{file} is there already", [str(file)], hint="edit it, or write elsewhere with --out FILE"
        ) from error
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    screen.say(f"wrote {file}; next: constellagent plan")
    return 0


def render(folder: str, kinds: list[str], shell: str) -> str:
    """Return the file for a repository's folder name, the kinds of agent found, and the user's shell."""
    from constellagent.spec.names import constellation_name

    agents = "".join(_KNOWN.format(kind=kind) for kind in kinds)
    if not kinds:
        name = Path(shell).name
        agents = _SHELL.format(shell=name if name in {"bash", "zsh", "fish", "dash", "ksh"} else "sh")
    return _HEAD.format(name=constellation_name(folder)) + agents + _TAIL


def _root() -> Path:
    """Return the main checkout of the repository that we stand in.

    Raises:
        UsageError: we stand in none.
    """
    here = place.current()
    checkout = place.checkout_of(here)
    if checkout is None:
        raise UsageError(f"{here} is not inside a git repository", hint="run `git init` first")
    return place.main_checkout(checkout)
