"""opencode: its words, the configuration of the run, and what its server tells of its state.

It has no hooks. Its own screen is a client of a server in the same process, which we let listen on loopback
behind a password of the run; a program of ours follows its events and calls our hook (`Tools.bridge`).
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from constellagent.agents.command import declared
from constellagent.agents.hook_events import LONGEST
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
    Usage,
)
from constellagent.agents.meters.lines import dollars, tokens
from constellagent.agents.values import literal, part, plain, text
from constellagent.spec.models import Agent
from constellagent.spec.options import Options

CONFIG, INSTRUCTIONS = "OPENCODE_CONFIG_CONTENT", "instructions.md"
SERVER = "constellagent"
"""What our MCP server is called in its configuration, and so in the names of its tools."""
READS = ("read", "glob", "grep", "list", "lsp", "skill", "todowrite", "todoread", "task")
"""What it may do to look around; in the worktree only, since another permission guards all else."""
COMMITS = ("git add *", "git commit *")


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `opencode` with its options and its prompt: of `--prompt`, or what a headless run reads."""
    headless = task.headless and task.prompt is not None
    words = [*declared(spec, "opencode")]
    if headless:
        words += ["run", "--format", "json"]
    if task.conversation is not None and task.conversation.resumed:
        words += ["--session", task.conversation.id]
    if spec.options.model is not None:
        words += ["--model", spec.options.model]
    words += spec.options.args
    if task.prompt is not None and not headless:
        words += ["--prompt", plain(task.prompt)]
    given = plain(task.prompt or "") if headless else None
    stream = "opencode" if headless else ""
    if tools is None:
        return Start(
            tuple(words),
            stdin=given,
            stream=stream,
        )
    listens = any(word.split("=")[0] == "--port" for word in words)
    if tools.hook and tools.bridge and not headless and not listens:
        words = [*tools.bridge, *tools.hook, "opencode", "--", *words]
    config = _config(spec.options, place, tools, headless=headless)
    return Start(
        tuple(words),
        env=_environment(place, config),
        files={INSTRUCTIONS: tools.instructions} if tools.instructions else {},
        stdin=given,
        stream=stream,
    )


def _environment(place: Place, config: Mapping[str, Any]) -> dict[str, str]:
    """Return what it gets on top, with the run's configuration, which it lays over all others.

    Sessions side by side do not each replace the program under the others.
    """
    env = {} if "OPENCODE_DISABLE_AUTOUPDATE" in place.env else {"OPENCODE_DISABLE_AUTOUPDATE": "1"}
    whole = _over(place.env.get(CONFIG, ""), config) if config else None
    if whole is not None:
        env[CONFIG] = json.dumps(whole, ensure_ascii=False)
    if place.profile is not None:
        env |= {f"XDG_{name.upper()}_HOME": str(place.profile / name) for name in ("config", "data", "state")}
    return env


def _over(before: str, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Lay the run's configuration over one that the environment has; None where that cannot be read."""
    try:
        found = json.loads(before or "{}")
    except ValueError:
        return None
    return _laid(found, config) if isinstance(found, dict) else None


def _laid(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Merge as the program merges its files: objects key by key, lists of instructions one after another."""
    whole = dict(under)
    for key, value in over.items():
        before = whole.get(key)
        if isinstance(before, dict) and isinstance(value, Mapping):
            whole[key] = _laid(before, value)
        elif key == "instructions" and isinstance(before, list):
            whole[key] = [*before, *value]
        else:
            whole[key] = value
    return whole


def _config(options: Options, place: Place, tools: Tools, *, headless: bool) -> dict[str, Any]:
    """Return the run's configuration; the MCP server gets all of the program's environment."""
    config: dict[str, Any] = {}
    asked = options.unattended if headless else options.permissions
    if asked is not None or options.allow:
        config["permission"] = _permission(asked, options.allow, "deny" if headless else "ask")
    if tools.instructions:
        config["instructions"] = [str(place.folder / INSTRUCTIONS)]
    if tools.mcp:
        config["mcp"] = {SERVER: {"type": "local", "command": [*tools.mcp], "enabled": True}}
    return config


def _permission(asked: str | None, allow: tuple[str, ...], otherwise: str) -> dict[str, Any]:
    """Return its rules; of those that fit the last one counts. `allow` has `tool` or `tool(pattern)`."""
    rules: dict[str, Any] = {}
    if asked == "all":
        return {"*": "allow"}
    if asked is not None:
        rules["*"] = otherwise
    if asked in {"read", "edit"}:
        rules |= dict.fromkeys(READS, "allow")
    if asked == "edit":
        rules["edit"] = rules[f"{SERVER}_*"] = "allow"
        rules["bash"] = {"*": otherwise, **dict.fromkeys(COMMITS, "allow")}
    for word in allow:
        name, _, pattern = word.removesuffix(")").partition("(")
        if not pattern:
            rules[name] = "allow"
            continue
        before = rules.get(name)
        rules[name] = {**(before if isinstance(before, dict) else {}), pattern: "allow"}
    return rules


def transcripts(conversation: str, place: Place) -> tuple[str, ...]:
    """Return where it keeps all conversations: whether one is among them cannot be seen from outside."""
    del conversation
    env = place.env
    data = env.get("XDG_DATA_HOME") or f"{env.get('HOME', '')}/.local/share"
    folder = data if place.profile is None else str(place.profile / "data")
    chosen = (literal(env["OPENCODE_DB"]),) if env.get("OPENCODE_DB") else ()
    return (f"{literal(folder)}/opencode/opencode*.db", *chosen)


def read_hook(event: Mapping[str, Any]) -> Report | None:
    """Return what an event of its server says, as our bridge passes it on."""
    said = part(event, "properties")
    read = _SAID.get(text(event, "type"))
    if read is None or not said:
        return None
    report = read(said)
    used = part(said, "usage")
    return Report(
        state=report.state,
        reason=report.reason,
        message=report.message[:LONGEST],
        conversation=text(said, "sessionID"),
        prompt=report.prompt,
        usage=Usage(tokens(used, "input"), tokens(used, "output"), dollars(used, "cost")) if used else None,
    )


def _prompt(said: Mapping[str, Any]) -> Report:
    return Report("working", prompt=text(said, "text"))


def _status(said: Mapping[str, Any]) -> Report:
    """Busy, or about to ask the model again after it failed; that it is idle another event says."""
    status = part(said, "status")
    if text(status, "type") not in {"busy", "retry"}:
        return Report()
    return Report("working", message=text(status, "message"))


def _permission_asked(said: Mapping[str, Any]) -> Report:
    found = said.get("patterns")
    patterns = ", ".join(str(each) for each in found) if isinstance(found, list) else ""
    return Report("waiting", PERMISSION, f"{text(said, 'permission')}: {patterns}")


def _question_asked(said: Mapping[str, Any]) -> Report:
    found = said.get("questions")
    first = found[0] if isinstance(found, list) and found else None
    return Report("waiting", QUESTION, text(first, "question") if isinstance(first, Mapping) else "")


def _answered(said: Mapping[str, Any]) -> Report:
    del said
    return Report("working")


def _idle(said: Mapping[str, Any]) -> Report:
    del said
    return Report("done")


def _failed(said: Mapping[str, Any]) -> Report:
    """An interrupted turn is no failure."""
    error = part(said, "error")
    if text(error, "name") == "MessageAbortedError":
        return Report("waiting", IDLE_PROMPT)
    return Report("failed", text(error, "name"), text(part(error, "data"), "message"))


def _nothing(said: Mapping[str, Any]) -> Report:
    del said
    return Report()


_SAID: Mapping[str, Callable[[Mapping[str, Any]], Report]] = {
    "prompt": _prompt,
    "session.usage": _nothing,
    "session.status": _status,
    "session.idle": _idle,
    "session.error": _failed,
    "permission.asked": _permission_asked,
    "permission.replied": _answered,
    "question.asked": _question_asked,
    "question.replied": _answered,
    "question.rejected": _answered,
}

SIGNS = Signs(
    titles=(),
    screens=(
        Sign("\u25b3 Permission required", "waiting", PERMISSION, below=16),
        Sign("^\\s*[\u25a0\u2b1d]{4,}|\\besc (again to )?interrupt\\b", "working", below=4),
        Sign(r"\bctrl\+p\b", "waiting", IDLE_PROMPT, below=4),  # "commands" may be in the next line
    ),
    dialogs=("Permission required", r"\benter (confirm|submit|select)\b"),
    ready=(r"\bctrl\+p commands\b",),
)

KIND = Kind(
    "opencode",
    "opencode",
    start,
    read_hook=read_hook,
    transcripts=transcripts,
    keeps_conversations=True,
    signs=SIGNS,
    hooks=True,
    mcp=True,
    facts=Facts(
        tested=("1.18.33", "1.18.33"),
        log_in="Run `opencode auth login`, or give the provider's key through env.pass.",
        install="npm install -g opencode-ai",
    ),
)
