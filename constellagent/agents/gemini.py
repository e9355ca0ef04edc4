"""Gemini CLI: its words, its policy for the run, the profile that it reads hooks and MCP from, its signs.

It reads settings from its home alone: a settings file that is named for one run counts only where root owns
it and all folders above it. So hooks and MCP need a profile of the agent's own (`GEMINI_CLI_HOME`). With the
person's configuration it tells its state by its window's title, and who it is comes to it with its prompt.
"""

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from constellagent.agents.command import declared
from constellagent.agents.hook_events import nothing, prompt, session_start, told
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
from constellagent.agents.values import inside, literal, plain, text, written
from constellagent.spec.models import Agent

POLICY, SETTINGS, INSTRUCTIONS = "policy.toml", ".gemini/settings.json", ".gemini/CONSTELLAGENT.md"
SERVER = "constellagent"
"""What our MCP server and our hooks are called in its configuration."""
MODES = {"ask": "default", "read": "default", "edit": "auto_edit", "all": "yolo"}
"""Its approval modes. Without an answer `default` denies all that is more than reading."""
EVENTS = ("SessionStart", "BeforeAgent", "Notification", "AfterAgent")
"""What its hooks tell us of. Those around each model call and each tool would hold up its work."""
HOOK_LIMIT = 5000
"""Milliseconds after which it does not wait for our hook any more."""


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `gemini` with its options and its prompt: of `-i`, or what a headless run reads."""
    headless = task.headless and task.prompt is not None
    words = [*declared(spec, "gemini")]
    if headless:
        words += ["--output-format", "stream-json"]
    if headless or (tools is not None and place.profile is not None):
        words.append("--skip-trust")  # the file says that it works here, and nobody else is there to say so
    if task.conversation is not None:
        words += ["--resume" if task.conversation.resumed else "--session-id", task.conversation.id]
    asked = spec.options.unattended if headless else spec.options.permissions
    if asked is not None:
        words += ["--approval-mode", MODES[asked]]
    files = {POLICY: _policy(tools)} if tools is not None and asked == "edit" else {}
    if files:  # naming one takes the place of the person's folder, which so has to be named too
        words += ["--policy", str(place.folder / POLICY), "--policy", f"{_home(place)}/.gemini/policies"]
    words += [f"--allowed-tools={tool}" for tool in spec.options.allow]
    if spec.options.model is not None:
        words += ["--model", spec.options.model]
    words += spec.options.args
    prompt = _told(task, place, tools)
    if prompt is not None and not headless:
        words += ["-i", prompt]
    return Start(
        tuple(words),
        env={} if tools is None or place.profile is None else {"GEMINI_CLI_HOME": str(place.profile)},
        files=files,
        seeds={} if tools is None or place.profile is None else _seeds(tools, place),
        stdin=prompt if headless else None,
        stream="gemini" if headless else "",
    )


def _told(task: Task, place: Place, tools: Tools | None) -> str | None:
    """Return the prompt, after who the agent is where nothing else tells it that.

    A conversation that goes on has been told.
    """
    if task.prompt is None:
        return None
    known = tools is None or not tools.instructions or place.profile is not None
    resumed = task.conversation is not None and task.conversation.resumed
    if known or resumed:
        return plain(task.prompt)
    return f"{tools.instructions if tools else ''}\n---\n\n{task.prompt}"


def _home(place: Place) -> str:
    return str(place.profile or place.env.get("GEMINI_CLI_HOME") or place.env.get("HOME", ""))


def _policy(tools: Tools | None) -> str:
    """Return what belongs to `edit` beside what its own mode allows: to commit, and the identity's tools.

    The priority is the lowest of the person's own, so that any other rule of theirs counts more.
    """
    rules = ['toolName = "run_shell_command"\ncommandPrefix = ["git add", "git commit"]']
    if tools is not None and tools.mcp:
        rules.append(f'mcpName = "{SERVER}"\ntoolName = "*"')
    return "\n".join(f'[[rule]]\n{rule}\ndecision = "allow"\npriority = 0\n' for rule in rules)


def _seeds(tools: Tools, place: Place) -> dict[str, Callable[[str | None], str]]:
    def settings(before: str | None) -> str:
        try:
            state = json.loads(before or "{}")
        except ValueError:
            return before or ""
        if not isinstance(state, dict):
            return before or ""
        _settle(state, tools, place.env)
        return written(state)

    seeds: dict[str, Callable[[str | None], str]] = {SETTINGS: settings}
    if tools.instructions:
        seeds[INSTRUCTIONS] = lambda _: tools.instructions
    return seeds


def _settle(state: dict[str, Any], tools: Tools, env: Mapping[str, str]) -> None:
    """Add to its settings, in a profile of the agent's own, what no dialog must ask for, and our tools."""
    method = next((method for name, method in _LOGINS.items() if env.get(name)), "")
    if method:
        inside(inside(state, "security"), "auth").setdefault("selectedType", method)
    general = inside(state, "general")
    for name, value in _GENERAL.items():
        general.setdefault(name, value)
    context = inside(state, "context")
    known = context.get("fileName", "GEMINI.md")
    names = [name for name in (known if isinstance(known, list) else [known]) if name != _FILE]
    context["fileName"] = [*names, _FILE]
    hooks = inside(state, "hooks")
    for event in EVENTS:
        others = [group for group in hooks.get(event, []) if not _ours(group)]
        hooks[event] = [*others, {"hooks": [_hook(tools)]}] if tools.hook else others
    servers = inside(state, "mcpServers")
    servers.pop(SERVER, None)
    if tools.mcp:
        env_of_server = {name: f"${{{name}:-}}" for name in tools.mcp_env}  # it puts in the values itself
        servers[SERVER] = {"command": tools.mcp[0], "args": list(tools.mcp[1:]), "env": env_of_server}


_FILE = INSTRUCTIONS.rpartition("/")[2]
_GENERAL = {"enableAutoUpdate": False, "enableAutoUpdateNotification": False, "enableNotifications": True}
_LOGINS = {
    "GEMINI_API_KEY": "gemini-api-key",
    "GOOGLE_GENAI_USE_VERTEXAI": "vertex-ai",
    "GOOGLE_API_KEY": "vertex-ai",
}
"""How it logs in, by the variable that lets it; without, it asks the person."""


def _hook(tools: Tools) -> dict[str, Any]:
    command = shlex.join((*tools.hook, "gemini"))
    return {"type": "command", "name": SERVER, "command": command, "timeout": HOOK_LIMIT}


def _ours(group: object) -> bool:
    """Say whether a group of hooks is one that an earlier session has put there."""
    hooks = group.get("hooks") if isinstance(group, dict) else None
    if not isinstance(hooks, list):
        return False
    return any(isinstance(hook, dict) and hook.get("name") == SERVER for hook in hooks)


def transcripts(conversation: str, place: Place) -> tuple[str, ...]:
    """Return where it keeps a conversation: below a folder named after the one that it was begun in."""
    return (f"{literal(_home(place))}/.gemini/tmp/*/chats/session-*-{literal(conversation[:8])}.jsonl",)


def read_hook(event: Mapping[str, Any]) -> Report | None:
    """Return what a call of a hook says.

    Its answer to a permission prompt and Escape there call no hook: the title tells those.
    """
    name = text(event, "hook_event_name")
    if name in {"", "SessionEnd"}:
        return None
    said = _SAID.get(name, nothing)(event)
    return told(event, said)


def _notification(event: Mapping[str, Any]) -> Report:
    if event.get("notification_type") != "ToolPermission":
        return Report()
    found = event.get("details")
    details = found if isinstance(found, Mapping) else {}
    if details.get("type") == "ask_user":
        return Report("waiting", QUESTION, text(event, "message"))
    what = next((text(details, key) for key in _TOLD if text(details, key)), "")
    return Report("waiting", PERMISSION, what or text(event, "message"))


_TOLD = ("command", "filePath", "fileName", "toolName", "prompt", "title")
"""What of the details of a question tells a person most, the best first."""


def _done(event: Mapping[str, Any]) -> Report:
    return Report("done", message=text(event, "prompt_response"))


_SAID: Mapping[str, Callable[[Mapping[str, Any]], Report]] = {
    "SessionStart": session_start,
    "BeforeAgent": prompt,
    "Notification": _notification,
    "AfterAgent": _done,
}

_TRUST = "^ ?\u2502 .*(Do you trust the files in this folder|Trusting a folder allows)"
_LOGIN = "^\u2502 .*How would you like to authenticate"
_CHOICE = "^ ?\u2502 +(\u25cf )?1\\. "
"""Dialogs, by the box around them: their words may be in an answer, too."""
SIGNS = Signs(
    titles=(
        Sign("^\u270b", "waiting", PERMISSION),
        Sign("^[\u2726\u23f2]", "working"),
        Sign("^\u25c7", "waiting", IDLE_PROMPT),
    ),
    notifications=(
        Sign("needs your attention", "waiting", PERMISSION),
        Sign("session complete", "done"),
    ),
    screens=(
        Sign(_TRUST, "waiting", PERMISSION, below=24),
        Sign(_LOGIN, "waiting", QUESTION, below=24),
        Sign(r"\(esc to cancel", "working", below=8),
        Sign(r"^\s*[>*!]\s+(Type your message|\S)", "waiting", IDLE_PROMPT, at_cursor=True),
        Sign(r"^\s*[>*!]\s+Type your message", "waiting", IDLE_PROMPT, below=5),
        Sign("^\u2502 +\u25cf \\d+\\. ", "waiting", PERMISSION, below=10),
    ),
    dialogs=(_TRUST, _LOGIN, _CHOICE),
    ready=(r"^\s*>\s+Type your message",),
)

KIND = Kind(
    "gemini",
    "gemini",
    start,
    read_hook=read_hook,
    transcripts=transcripts,
    keeps_conversations=True,
    chooses_conversation=True,
    signs=SIGNS,
    hooks=True,
    mcp=True,
    needs_profile=True,
    facts=Facts(
        tested=("0.61.0", "0.61.0"),
        log_in="Run `gemini` once and choose how, or give GEMINI_API_KEY through env.pass; for hooks and MCP "
        "it needs `options.profile: agent`.",
        install="npm install -g @google/gemini-cli",
    ),
)
