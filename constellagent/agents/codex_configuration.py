"""What Codex is told for one run of its configuration, and how that of an agent's own profile begins.

Each value is TOML, given as a word of its start: it counts beside what the person has configured, and no file
of the person's is written. Codex reviews hooks before it runs them; ours are marked as reviewed, one by one,
so that a hook of somebody else is as far from running as before.
"""

import hashlib
import json
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence

from constellagent.agents.kind import Place, Tools
from constellagent.spec.options import Options

INSTRUCTIONS = "instructions.md"
SERVER = "constellagent"
"""What our MCP server is called in its configuration, and so in the names of its tools."""
EVENTS = {
    "SessionStart": "session_start",
    "UserPromptSubmit": "user_prompt_submit",
    "PermissionRequest": "permission_request",
    "PostToolUse": "post_tool_use",
    "Stop": "stop",
}
"""What its hooks tell us of, and what it calls them in the list of hooks that are trusted."""
HOOK_LIMIT = 3
"""Seconds after which it does not wait for a hook any more."""
MCP_LIMIT = 60
"""Seconds in which our MCP server has to start, on a busy machine too."""
SNAPSHOTS = "features.shell_snapshot"
"""Whether it writes its whole environment, with what is secret in it, to a file that others may read."""
FLAGS_LAYER = "/<session-flags>/config.toml"
"""Where it says that hooks come from which the words of its start declare."""
OWN_KEY = "openai-key"
"""What we call the provider that needs no login but the key in a variable."""


def configuration(options: Options, place: Place, tools: Tools, *, headless: bool) -> dict[str, str]:
    """Return what is configured for a run, as TOML, by the keys of its configuration."""
    told = {"check_for_update_on_startup": "false", SNAPSHOTS: "false", **_hooks(place, tools)}
    if tools.mcp:
        asked = options.unattended if headless else options.permissions
        told[f"mcp_servers.{SERVER}"] = _server(tools, headless=headless, allowed=asked in {"edit", "all"})
    if place.profile is not None and "OPENAI_API_KEY" in place.env:
        told |= {f"model_providers.{OWN_KEY}": _provider(place), "model_provider": _toml(OWN_KEY)}
    return told


def _server(tools: Tools, *, headless: bool, allowed: bool) -> str:
    """Return our MCP server, which gets the variables that it needs by their names."""
    server = {
        "command": _toml(tools.mcp[0]),
        "args": _list(tools.mcp[1:]),
        "env_vars": _list(tools.mcp_env),
        "default_tools_approval_mode": _toml("approve" if allowed else "auto"),
        "startup_timeout_sec": str(MCP_LIMIT),
    }
    if headless:  # a run has one turn only, whose first request would not wait for the tools otherwise
        server["required"] = "true"
    return _table(server)


def _provider(place: Place) -> str:
    """Return the model's provider for whom a variable holds a key, in a profile that has no login."""
    provider = {
        "name": _toml("OpenAI"),
        "env_key": _toml("OPENAI_API_KEY"),
        "wire_api": _toml("responses"),
    }
    if base := place.env.get("OPENAI_BASE_URL"):
        provider["base_url"] = _toml(base)
    return _table(provider)


def _hooks(place: Place, tools: Tools) -> dict[str, str]:
    """Return our hooks, and that these very hooks are trusted: no other ones of anybody are by that.

    What a hook at a conversation's start prints is told to the model, beside the person's own instructions.
    """
    commands: dict[str, list[str]] = {}
    if tools.hook:
        commands = {event: [shlex.join((*tools.hook, "codex"))] for event in EVENTS}
    if tools.instructions:
        tell = shlex.join(("/bin/cat", str(place.folder / INSTRUCTIONS)))
        commands["SessionStart"] = [*commands.get("SessionStart", []), tell]
    told, trusted = {}, {}
    for event, several in commands.items():
        hooks = [
            _table({"type": _toml("command"), "command": _toml(command), "timeout": str(HOOK_LIMIT)})
            for command in several
        ]
        told[f"hooks.{event}"] = "[" + ",".join(f"{{hooks=[{hook}]}}" for hook in hooks) + "]"
        for index, command in enumerate(several):
            place_of = f"{FLAGS_LAYER}:{EVENTS[event]}:{index}:0"
            trusted[_toml(place_of)] = _table({"trusted_hash": _toml(_digest(EVENTS[event], command))})
    return {**told, "hooks.state": _table(trusted)} if trusted else {}


def _digest(event: str, command: str) -> str:
    """Return by what it recognizes a hook that somebody has trusted."""
    hook = {"type": "command", "command": command, "timeout": HOOK_LIMIT, "async": False}
    text = json.dumps(
        {"event_name": event, "hooks": [hook]}, sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _toml(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _list(texts: Sequence[str]) -> str:
    return "[" + ",".join(_toml(text) for text in texts) + "]"


def _table(values: Mapping[str, str]) -> str:
    return "{" + ",".join(f"{key}={value}" for key, value in values.items()) + "}"


def seed_of(place: Place) -> Callable[[str | None], str]:
    """Return what adds to its configuration in the agent's own profile that the worktree is trusted."""
    worktree = str(place.worktree)

    def seed(text: str | None) -> str:
        if text is None:
            text = "check_for_update_on_startup = false\n\n[analytics]\nenabled = false\n"
        try:
            projects = tomllib.loads(text).get("projects", {})
        except tomllib.TOMLDecodeError:
            return text
        if not isinstance(projects, dict) or worktree in projects:
            return text
        added = f"{text.rstrip()}\n\n[projects.{_toml(worktree)}]\n" + 'trust_level = "trusted"\n'
        try:
            tomllib.loads(added)
        except tomllib.TOMLDecodeError:
            return text  # its projects are written in a form to which nothing can be appended
        return added

    return seed
