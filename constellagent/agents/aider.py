"""aider: its words, its files out of the worktree, and the prompt that is typed once it is ready.

It has no sessions, MCP or hooks, only a command that it runs when it is the person's turn. Its one history
of a folder goes into the session's files, so that none of it lies in the worktree; a later session does not
take it up.
"""

import shlex
from collections.abc import Mapping
from typing import Any

from constellagent.agents.command import declared
from constellagent.agents.kind import (
    IDLE_PROMPT,
    PERMISSION,
    Facts,
    Kind,
    Place,
    Report,
    Sign,
    Signs,
    Start,
    Task,
    Tools,
)
from constellagent.agents.values import plain, text
from constellagent.spec.models import Agent
from constellagent.spec.options import Options

PROMPT, INSTRUCTIONS, CONFIG = "prompt.md", "instructions.md", "aider.conf.yml"
HISTORY = {"--chat-history-file": "chat.md", "--input-history-file": "input"}
QUIET = ("--no-gitignore", "--no-check-update", "--no-show-release-notes", "--no-analytics")
"""It neither edits the repository's ignored files, nor asks about itself when it starts."""
OWN_NAME = ("--no-attribute-author", "--no-attribute-committer")
"""Its commits carry the name of the agent, and not the one of the person's git configuration."""
MODES: Mapping[str | None, tuple[str, ...]] = {
    "read": ("--chat-mode", "ask"),
    "edit": ("--yes-always",),
    "all": ("--yes-always",),
}
"""What it may do without asking. Commands of a shell it runs only where a person says yes to each."""
UNATTENDED = {**MODES, "read": ("--chat-mode", "ask", "--yes-always")}


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `aider` with its options; a headless run reads its prompt from a file and ends."""
    headless = task.headless and task.prompt is not None
    words = [*declared(spec, "aider"), *_options(spec.options, headless=headless)]
    files: dict[str, str] = {}
    if tools is not None:
        words += [*QUIET, *OWN_NAME]
        words += [word for option, name in HISTORY.items() for word in (option, str(place.folder / name))]
        if tools.instructions:
            files[INSTRUCTIONS] = tools.instructions
            words += ["--read", str(place.folder / INSTRUCTIONS)]
        if tools.hook and not headless:
            words += ["--notifications", "--notifications-command", _told(tools)]
        if place.profile is not None:
            files[CONFIG] = "{}\n"
            words += ["--config", str(place.folder / CONFIG)]
    words += spec.options.args
    if task.prompt is None:
        return Start(tuple(words), files=files)
    if not headless:
        return Start(tuple(words), files=files, later=task.prompt)
    if tools is None:
        return Start((*words, "--message-file", PROMPT), stream="plain")
    files[PROMPT] = plain(task.prompt)
    return Start((*words, "--message-file", str(place.folder / PROMPT)), files=files, stream="plain")


def _options(options: Options, *, headless: bool) -> list[str]:
    words = UNATTENDED.get(options.unattended, ()) if headless else MODES.get(options.permissions, ())
    return [*words, *(["--model", options.model] if options.model is not None else [])]


def _told(tools: Tools) -> str:
    """Return the command for its shell, which gets no terminal to read from: aider would wait for it."""
    return f"{shlex.join((*tools.hook, 'aider', EVENT))} </dev/null"


EVENT = '{"event":"your turn"}'


def read_hook(event: Mapping[str, Any]) -> Report | None:
    """Return that an answer is there; whether it is a question, the screen tells."""
    return Report("done") if text(event, "event") == "your turn" else None


_INPUT = r"^(?:[\w-]{1,20} ){0,2}[\w-]{0,20}> ?"
"""How its input line begins, with its mode before the mark."""
SIGNS = Signs(
    titles=(),
    screens=(
        Sign(_INPUT, "waiting", IDLE_PROMPT, at_cursor=True),
        Sign(r"\(Y\)es/\(N\)o", "waiting", PERMISSION, below=3),
        Sign(r"(Waiting for|Updating repo map|Generating commit message)", "working", at_cursor=True),
    ),
    dialogs=(r"\(Y\)es/\(N\)o.*:\s*$",),
    ready=(rf"{_INPUT}$",),
    draft=_INPUT,
)

KIND = Kind(
    "aider",
    "aider",
    start,
    read_hook=read_hook,
    signs=SIGNS,
    queues=False,
    hooks=True,
    leaves=(".aider*",),
    facts=Facts(
        tested=("0.86.2", "0.86.2"),
        log_in="Give the key of the model's provider, such as OPENAI_API_KEY, through env.pass.",
        install="pip install aider-chat",
    ),
)
