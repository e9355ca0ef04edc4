"""Claude Code: its words, its run's own settings and MCP file, and what its hooks and its screen say.

Everything goes through options that hold for one run, so that neither the person's configuration nor the
worktree is written. It lets us choose the id of a conversation, and finds one again only in the folder where
it was begun.
"""

import json
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from constellagent.agents.command import declared
from constellagent.agents.hook_events import nothing, prompt, session_start, told, working
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
from constellagent.agents.meters.claude import Meter
from constellagent.agents.values import inside, literal, plain, text, written
from constellagent.spec.models import Agent
from constellagent.spec.options import Options

SETTINGS, MCP, INSTRUCTIONS = "settings.json", "mcp.json", "instructions.md"
SERVER = "constellagent"
"""What our MCP server is called in its configuration, and so in the names of its tools."""
MODES = {"ask": "default", "read": "default", "edit": "acceptEdits", "all": "bypassPermissions"}
"""Its permission modes where somebody can answer. In each it may read its worktree without asking."""
UNATTENDED = {**MODES, "read": "dontAsk"}
"""The same where nobody can: what it would ask for is denied."""
COMMITS = ("Bash(git add:*)", "Bash(git commit:*)")
"""The commands that belong to `edit` beside those that it counts as editing by itself."""
EVENTS = ("SessionStart", "UserPromptSubmit", "PostToolUse", "PostToolUseFailure", "Stop", "StopFailure")
"""What its hooks tell us of, in every session. `PreToolUse` is not among them: each would hold up a tool, and
that of a tool that runs beside another one's permission prompt would hide that it asks."""
ASKING = ("PermissionRequest", "Elicitation", "ElicitationResult", "Notification")
"""The same where somebody can answer. A headless run tells of them too, and goes on without an answer."""
HOOK_LIMIT = 5
"""Seconds after which it does not wait for our hook any more."""


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `claude` with its options and its prompt: the last word, or what a headless run reads."""
    headless = task.headless and task.prompt is not None
    words = [*declared(spec, "claude")]
    if headless:
        words += ["-p", "--output-format", "stream-json", "--verbose"]
    if task.conversation is not None:
        words += ["--resume" if task.conversation.resumed else "--session-id", task.conversation.id]
    words += _permitted(spec.options, tools, headless=headless)
    if spec.options.model is not None:
        words += ["--model", spec.options.model]
    within = spec.sandbox.kind != "none"
    files = {} if tools is None else _files(spec.options, tools, headless=headless, within=within)
    words += [word for name in files for word in (_OPTIONS[name], str(place.folder / name))]
    words += spec.options.args
    if task.prompt is not None and not headless:
        words += ["--", plain(task.prompt)]
    return Start(
        tuple(words),
        env={} if tools is None else _environment(place, tools, headless=headless, within=within),
        files=files,
        seeds={} if tools is None or place.profile is None else {".claude.json": _seed(place)},
        stdin=plain(task.prompt or "") if headless else None,
        stream="claude" if headless else "",
    )


_OPTIONS = {SETTINGS: "--settings", MCP: "--mcp-config", INSTRUCTIONS: "--append-system-prompt-file"}


def _permitted(options: Options, tools: Tools | None, *, headless: bool) -> list[str]:
    """Return the words that say what it may do without asking."""
    asked = options.unattended if headless else options.permissions
    allowed = [*options.allow]
    words: list[str] = []
    if asked is not None:
        words += ["--permission-mode", (UNATTENDED if headless else MODES)[asked]]
        if asked == "edit":
            allowed += COMMITS
            if tools is not None and tools.mcp:
                allowed.append(f"mcp__{SERVER}")
    return words + [word for rule in allowed for word in ("--allowedTools", rule)]


def _files(options: Options, tools: Tools, *, headless: bool, within: bool) -> dict[str, str]:
    files = {SETTINGS: written(_settings(options, tools, headless=headless, within=within))}
    if tools.mcp:
        server = {"type": "stdio", "command": tools.mcp[0], "args": list(tools.mcp[1:])}
        files[MCP] = written({"mcpServers": {SERVER: server}})
    if tools.instructions:
        files[INSTRUCTIONS] = tools.instructions
    return files


def _settings(options: Options, tools: Tools, *, headless: bool, within: bool) -> dict[str, Any]:
    """Return the run's settings, which it adds to those of the person and of the repository.

    `within` a sandbox of ours it gets none of its own, whatever the repository says: that would not start
    for root, and ours is no wider.
    """
    # Else it would put a handler of its links among the person's desktop settings, whatever its profile is.
    settings: dict[str, Any] = {"disableDeepLinkRegistration": "disable"}
    if tools.hook:
        hook = {"type": "command", "command": shlex.join((*tools.hook, "claude")), "timeout": HOOK_LIMIT}
        events = EVENTS if headless else EVENTS + ASKING
        settings["hooks"] = {event: [{"hooks": [hook]}] for event in events}
    if within:
        settings["sandbox"] = {"enabled": False}
    if "all" in {options.permissions, options.unattended}:
        settings["skipDangerousModePermissionPrompt"] = True  # the file has said yes already
    return settings


def _environment(place: Place, tools: Tools, *, headless: bool, within: bool) -> dict[str, str]:
    """Return what it gets on top of its environment, where the file does not say it itself.

    Sessions side by side do not each replace the program under the others. A headless run waits for its
    servers' tools: it may be over before they would have turned up. Told that it is `within` a sandbox it
    lets root, too, give it every permission.
    """
    env = {"DISABLE_AUTOUPDATER": "1", **({"IS_SANDBOX": "1"} if within else {})}
    if headless and tools.mcp:
        env["MCP_CONNECTION_NONBLOCKING"] = "0"
    env = {name: value for name, value in env.items() if name not in place.env}
    if place.profile is not None:
        env["CLAUDE_CONFIG_DIR"] = str(place.profile)
    return env


def _seed(place: Place) -> Callable[[str | None], str]:
    """Return what adds to its state, in a profile of the agent's own, that nothing is left to ask."""
    key = place.env.get("ANTHROPIC_API_KEY", "")

    def seed(text: str | None) -> str:
        try:
            state = json.loads(text or "{}")
        except (ValueError, RecursionError):
            return text or ""
        if not isinstance(state, dict):
            return text or ""
        state["hasCompletedOnboarding"] = True
        project = inside(inside(state, "projects"), str(place.worktree))
        project["hasTrustDialogAccepted"] = True
        if key:
            answers = inside(state, "customApiKeyResponses")
            approved = answers.get("approved")
            known = approved if isinstance(approved, list) else []
            answers["approved"] = [*known, *(tail for tail in [key[-20:]] if tail not in known)]
        return written(state)

    return seed


def transcripts(conversation: str, place: Place) -> tuple[str, ...]:
    """Return where it keeps a conversation: below a folder named after the one that it was begun in."""
    folder = place.profile or place.env.get("CLAUDE_CONFIG_DIR") or f"{place.env.get('HOME', '')}/.claude"
    return (f"{literal(folder)}/projects/*/{literal(conversation)}.jsonl",)


def read_hook(event: Mapping[str, Any]) -> Report | None:
    """Return what a call of a hook says.

    A turn that ends is `done`, and stays it: its reminder a minute later that it waits for input says nothing
    new. A conversation that ends says nothing either, since another one may have begun before we hear of it.
    """
    name = text(event, "hook_event_name")
    if name in {"", "SessionEnd"}:
        return None
    said = _SAID.get(name, nothing)(event)
    return told(event, said)


def _permission(event: Mapping[str, Any]) -> Report:
    """It asks whether it may; its questions to the person come the same way."""
    tool, given = text(event, "tool_name"), event.get("tool_input")
    given = given if isinstance(given, Mapping) else {}
    if tool == "AskUserQuestion":
        questions = given.get("questions")
        first = questions[0] if isinstance(questions, list) and questions else {}
        return Report("waiting", QUESTION, text(first, "question") if isinstance(first, Mapping) else "")
    what = next((text(given, key) for key in _TOLD if text(given, key)), "")
    return Report("waiting", PERMISSION, f"{tool}: {what}" if what else tool)


_TOLD = ("command", "file_path", "url", "notebook_path", "path", "query", "plan", "description")
"""What of a tool's arguments tells a person most, the best first."""


def _notification(event: Mapping[str, Any]) -> Report:
    reason = {"permission_prompt": PERMISSION, "elicitation_dialog": QUESTION}.get(
        text(event, "notification_type")
    )
    return Report() if reason is None else Report("waiting", reason, text(event, "message"))


def _elicitation(event: Mapping[str, Any]) -> Report:
    return Report("waiting", QUESTION, text(event, "message"))


def _stop(event: Mapping[str, Any]) -> Report:
    return Report("done", message=text(event, "last_assistant_message"))


def _stop_failure(event: Mapping[str, Any]) -> Report:
    return Report("failed", text(event, "error"), text(event, "last_assistant_message"))


_SAID: Mapping[str, Callable[[Mapping[str, Any]], Report]] = {
    "SessionStart": session_start,
    "UserPromptSubmit": prompt,
    "PermissionRequest": _permission,
    "PostToolUse": working,
    "PostToolUseFailure": working,
    "Elicitation": _elicitation,
    "ElicitationResult": working,
    "Notification": _notification,
    "Stop": _stop,
    "StopFailure": _stop_failure,
}


_DIALOG = r"^ ?(?:(?:Enter|Esc) to \S+.* \u00b7|Press Enter to continue)"
_INPUT = r"^\u276f(?:\s|$)"

SIGNS = Signs(
    titles=(
        Sign("^[\u2801-\u28ff\u25d0-\u25d3]", "working"),
        Sign("^\u2733", "waiting", IDLE_PROMPT),
    ),
    screens=(
        Sign(r"\besc to interrupt\b", "working", below=3),
        Sign(r"^ ?Enter to select \u00b7", "waiting", QUESTION, below=3),
        Sign(_DIALOG, "waiting", PERMISSION, below=3),
        Sign(_INPUT, "waiting", IDLE_PROMPT, below=8),
    ),
    dialogs=(_DIALOG, "Choose the text style that looks best"),
    ready=(_INPUT,),
    draft="\u276f[\u00a0 ]?",
)
"""Up to 2.1.197 its title shows that it works by a braille spinner, later by a turning circle."""

KIND = Kind(
    "claude",
    "claude",
    start,
    read_hook=read_hook,
    transcripts=transcripts,
    meter=Meter,
    keeps_conversations=True,
    chooses_conversation=True,
    signs=SIGNS,
    hooks=True,
    mcp=True,
    facts=Facts(
        tested=("2.1.197", "2.1.330"),
        log_in="Run `claude` once and type `/login`, or give ANTHROPIC_API_KEY through env.pass.",
        install="npm install -g @anthropic-ai/claude-code",
    ),
)
