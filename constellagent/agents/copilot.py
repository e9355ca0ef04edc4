"""Copilot CLI: its words, its run's own plugin and MCP file, and what its hooks and its screen say.

A plugin's folder that is named for one run brings the hooks, so that neither the person's configuration nor
the worktree is written. It lets us choose the id of a conversation, and finds one again in any folder.
"""

import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from constellagent.agents.command import declared
from constellagent.agents.hook_events import nothing, prompt, told, working
from constellagent.agents.kind import (
    IDLE_PROMPT,
    PERMISSION,
    QUESTION,
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
from constellagent.agents.meters.copilot import Meter
from constellagent.agents.values import literal, plain, text, written
from constellagent.spec.models import Agent
from constellagent.spec.options import Options

PLUGIN, MCP, INSTRUCTIONS = "plugin", "mcp.json", "instructions"
"""In the session's folder: the folder with the hooks, the MCP file, the folder with the instructions."""
SERVER = "constellagent"
"""What our MCP server is called in its configuration, and so in the rules for its tools."""
EDITING = ("write", "shell(git add)", "shell(git commit)")
"""The tools that belong to `edit`; what only looks around is never asked for."""
EVENTS = (
    "SessionStart",
    "UserPromptSubmit",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "Notification",
    "ErrorOccurred",
    "Stop",
    "SessionEnd",
)
"""What its hooks tell us of, in the spelling by which an event bears its name. `PermissionRequest` is none:
it comes before the rules are looked at, and so where nobody is asked, too."""
HOOK_LIMIT = 5
"""Seconds after which it does not wait for our hook any more."""


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `copilot` with its options and its prompt: the last word, or what a headless run reads."""
    headless = task.headless and task.prompt is not None
    words = [*declared(spec, "copilot")]
    if headless:
        words += ["--output-format", "json", "--no-ask-user"]
    if task.conversation is not None:
        words.append(f"--{'resume' if task.conversation.resumed else 'session-id'}={task.conversation.id}")
    words += _permitted(spec.options, tools, headless=headless)
    if spec.options.model is not None:
        words.append(f"--model={spec.options.model}")
    if tools is not None and tools.hook:
        words.append(f"--plugin-dir={place.folder / PLUGIN}")
    if tools is not None and tools.mcp:
        words.append(f"--additional-mcp-config=@{place.folder / MCP}")
    words += spec.options.args
    if task.prompt is not None and not headless:
        words += ["-i", plain(task.prompt)]
    return Start(
        tuple(words),
        env={} if tools is None else _environment(spec.options, place, tools, headless=headless),
        files={} if tools is None else _files(tools),
        seeds={} if tools is None or place.profile is None else {"config.json": _seed(place)},
        stdin=plain(task.prompt or "") if headless else None,
        stream="copilot" if headless else "",
    )


def _asked(options: Options, *, headless: bool) -> str | None:
    return options.unattended if headless else options.permissions


def _permitted(options: Options, tools: Tools | None, *, headless: bool) -> list[str]:
    """Return the words that say what it may do without asking; in a headless run the rest is denied."""
    asked = _asked(options, headless=headless)
    allowed = [*options.allow]
    words: list[str] = []
    if asked == "all":
        words.append("--allow-all")
    elif asked == "edit":
        allowed += EDITING
        if tools is not None and tools.mcp:
            allowed.append(SERVER)
    return words + [f"--allow-tool={rule}" for rule in allowed]


def _environment(options: Options, place: Place, tools: Tools, *, headless: bool) -> dict[str, str]:
    """Return what it gets on top; sessions side by side do not each replace the program under the others."""
    env = {} if "COPILOT_AUTO_UPDATE" in place.env else {"COPILOT_AUTO_UPDATE": "false"}
    if _asked(options, headless=headless) not in {None, "all"}:
        env["COPILOT_ALLOW_ALL"] = "false"  # the file says more exactly what it may
    if place.profile is not None:
        env["COPILOT_HOME"] = str(place.profile)
    if tools.instructions:
        before = place.env.get("COPILOT_CUSTOM_INSTRUCTIONS_DIRS", "")
        folders = [*filter(None, [before]), str(place.folder / INSTRUCTIONS)]
        env["COPILOT_CUSTOM_INSTRUCTIONS_DIRS"] = ",".join(folders)
    return env


def _files(tools: Tools) -> dict[str, str]:
    files = {}
    if tools.hook:
        hook = {"type": "command", "bash": shlex.join((*tools.hook, "copilot")), "timeoutSec": HOOK_LIMIT}
        about = {"name": SERVER, "version": "1.0.0", "description": "Tells the agent's state."}
        files[f"{PLUGIN}/plugin.json"] = written({**about, "hooks": "hooks.json"})
        files[f"{PLUGIN}/hooks.json"] = written({"version": 1, "hooks": {event: [hook] for event in EVENTS}})
    if tools.mcp:
        server = {"type": "local", "command": tools.mcp[0], "args": list(tools.mcp[1:]), "tools": ["*"]}
        files[MCP] = written({"mcpServers": {SERVER: server}})
    if tools.instructions:
        files[f"{INSTRUCTIONS}/{SERVER}.instructions.md"] = f'---\napplyTo: "**"\n---\n{tools.instructions}'
    return files


def _seed(place: Place) -> Callable[[str | None], str]:
    """Return what adds to its configuration, in a profile of the agent's own, that it trusts the worktree."""
    folder = str(place.worktree)

    def seed(text: str | None) -> str:
        lines = (text or "{}").splitlines()
        try:  # it begins the file with comments of its own
            config = json.loads("\n".join(line for line in lines if not line.lstrip().startswith("//")))
        except ValueError:
            return text or ""
        if not isinstance(config, dict):
            return text or ""
        found = config.get("trustedFolders")
        trusted = found if isinstance(found, list) else []
        if folder in trusted:
            return text or ""
        return written({**config, "trustedFolders": [*trusted, folder]})

    return seed


def transcripts(conversation: str, place: Place) -> tuple[str, ...]:
    """Return where it keeps a conversation."""
    folder = place.profile or place.env.get("COPILOT_HOME") or f"{place.env.get('HOME', '')}/.copilot"
    return (f"{literal(folder)}/session-state/{literal(conversation)}/events.jsonl",)


def read_hook(event: Mapping[str, Any]) -> Report | None:
    """Return what a call of a hook says.

    Its conversation begins with its first prompt only, and an error of the model that it tries to get over
    is none of the agent yet.
    """
    name = text(event, "hook_event_name")
    reader = _SAID.get(name)
    if reader is None:
        return None
    said = reader(event)
    found = told(event, said)
    return replace(found, conversation=found.conversation or text(event, "sessionId"))


def _tool_begins(event: Mapping[str, Any]) -> Report:
    tool = text(event, "tool_name")
    if tool in {"AskUserQuestion", "ask_user"}:
        given = event.get("tool_input")
        given = given if isinstance(given, Mapping) else {}
        return Report("waiting", QUESTION, text(given, "message") or text(given, "question"))
    return Report("working", tool)


def _notification(event: Mapping[str, Any]) -> Report:
    """It asks whether it may. That it asks something else is told here, too, but without the question."""
    if text(event, "notification_type") != "permission_prompt":
        return Report()
    return Report("waiting", PERMISSION, text(event, "message"))


def _error(event: Mapping[str, Any]) -> Report:
    error = event.get("error")
    message = text(error, "message") if isinstance(error, Mapping) else ""
    return Report(message=message) if event.get("recoverable") is True else Report("failed", message=message)


def _stop(event: Mapping[str, Any]) -> Report:
    del event
    return Report("done")


def _session_end(event: Mapping[str, Any]) -> Report:
    return Report("failed") if event.get("reason") == "error" else Report()


_SAID: Mapping[str, Callable[[Mapping[str, Any]], Report]] = {
    "SessionStart": nothing,
    "UserPromptSubmit": prompt,
    "PreToolUse": _tool_begins,
    "PostToolUse": working,
    "PostToolUseFailure": working,
    "Notification": _notification,
    "ErrorOccurred": _error,
    "Stop": _stop,
    "SessionEnd": _session_end,
}


_PERMISSION = r"^\u2502\s+(?:\u276f )?1\. Yes\b"
"""The first answer of a dialog that asks whether it may, or whether the folder is trusted."""
_CHOICE = r"^\u2502 .*\besc to cancel\b|\u00b7 enter accept \u00b7|^ Copilot needs information\."
"""A choice of another kind, and a form of its own for questions."""
_WORKING = r"^ \S Working\b|\besc (?:interrupt|edit prompt)\b"
_IDLE = r"^(?: .* \u00b7)? (?:Interactive|Plan|Autopilot) \u00b7"
"""The line below the place for a prompt, while it works and while it does not."""

SIGNS = Signs(
    titles=(),  # they hold the words of the first prompt, which may be anything
    screens=(
        Sign(_PERMISSION, "waiting", PERMISSION, below=16),
        Sign(_CHOICE, "waiting", QUESTION, below=20),
        Sign(_WORKING, "working", below=1),
        Sign(_IDLE, "waiting", IDLE_PROMPT, below=1),
    ),
    dialogs=(_PERMISSION, _CHOICE),
    ready=(_IDLE,),
    draft=r"^[\u276f\u2503] ?",
)

KIND = Kind(
    name="copilot",
    program="copilot",
    start=start,
    read_hook=read_hook,
    transcripts=transcripts,
    meter=Meter,
    keeps_conversations=True,
    chooses_conversation=True,
    signs=SIGNS,
    hooks=True,
    mcp=True,
    facts=Facts(
        tested=("1.0.102", "1.0.102"),
        log_in="run `copilot login` once, or pass COPILOT_GITHUB_TOKEN, or COPILOT_PROVIDER_BASE_URL, "
        "COPILOT_PROVIDER_API_KEY and COPILOT_MODEL for a model of your own, with env.pass",
        install="npm install -g @github/copilot",
    ),
)
