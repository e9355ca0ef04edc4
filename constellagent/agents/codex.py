"""Codex: its words, its run's own configuration, and what its hooks, its titles and its screen say.

Everything goes through options that hold for one run, so that neither the person's configuration nor the
worktree is written. It names a conversation itself, and its hooks tell the name. Its sandbox lets an agent
write in its worktree; what git writes to elsewhere is added, without the configuration and hooks of the
repository, with which an agent could leave the sandbox. In a sandbox of ours it needs none of its own.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from constellagent.agents.codex_configuration import INSTRUCTIONS, configuration, seed_of
from constellagent.agents.command import declared
from constellagent.agents.hook_events import LONGEST, prompt, session_start, told, working
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
from constellagent.agents.meters.codex import Meter
from constellagent.agents.values import literal, plain, text
from constellagent.spec.models import Agent

SANDBOXES = {"ask": "read-only", "read": "read-only", "edit": "workspace-write", "all": "danger-full-access"}
"""Its sandboxes. In each it may read what the person may."""
GIT = ("objects", "refs", "logs", "lfs")
"""What of a repository's folder a commit changes, beside the folder of the worktree in it."""


def start(spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
    """Return `codex` with its options and its prompt: the last word, or what a headless run reads."""
    headless = task.headless and task.prompt is not None
    words = [*declared(spec, "codex")]
    words += ["exec", "--json"] if headless else []
    words += _permitted(spec, place, tools, headless=headless)
    if spec.options.model is not None:
        words += ["--model", spec.options.model]
    if tools is not None:
        words += [] if headless else ["--no-daemon"]
        told = configuration(spec.options, place, tools, headless=headless)
        words += [word for key, value in told.items() for word in ("-c", f"{key}={value}")]
    words += spec.options.args
    if task.conversation is not None and task.conversation.resumed:
        words += ["resume", task.conversation.id]
    if headless:
        words.append("-")
    elif task.prompt is not None:
        words += ["--", plain(task.prompt)]
    return Start(
        tuple(words),
        env={} if tools is None or place.profile is None else {"CODEX_HOME": str(place.profile)},
        files={INSTRUCTIONS: tools.instructions} if tools is not None and tools.instructions else {},
        seeds={} if tools is None or place.profile is None else {"config.toml": seed_of(place)},
        stdin=plain(task.prompt or "") if headless else None,
        stream="codex" if headless else "",
    )


def _permitted(spec: Agent, place: Place, tools: Tools | None, *, headless: bool) -> list[str]:
    """Return the words that say what it may do without asking; a headless run never asks.

    It has no words that allow a single tool for one run, so `allow` changes nothing. In a sandbox of ours an
    agent that may edit has none of its own beside: that would not start for root, and ours is no wider.
    """
    asked = spec.options.unattended if headless else spec.options.permissions
    within = spec.sandbox.kind != "none" and asked in {None, "edit"}
    words: list[str] = []
    if asked is not None or within:
        words += ["--sandbox", SANDBOXES["all" if within or asked is None else asked]]
    if asked is not None and not headless:
        words += ["--ask-for-approval", "never" if asked == "all" else "on-request"]
    if tools is not None and asked in {None, "edit"} and not within:
        words += [word for folder in _written_by_git(place) for word in ("--add-dir", folder)]
    return words


def _written_by_git(place: Place) -> list[str]:
    """Return the folders that a commit writes to.

    The one of the worktree has to be named by itself: the sandbox closes it wherever it lies otherwise.
    """
    trees = [folder for folder in place.git if folder.parent.name == "worktrees"]
    shared = [folder for folder in place.git if folder not in trees]
    found = [folder / name for folder in shared for name in GIT]
    # git names the folder of a worktree after the worktree, unless that name is taken.
    found += trees or [folder / "worktrees" / place.worktree.name for folder in shared]
    return [str(folder) for folder in found]


def transcripts(conversation: str, place: Place) -> tuple[str, ...]:
    """Return where it keeps a conversation: by the day on which it was begun."""
    folder = place.profile or place.env.get("CODEX_HOME") or f"{place.env.get('HOME', '')}/.codex"
    return (f"{literal(folder)}/sessions/*/*/*/rollout-*-{literal(conversation)}.jsonl*",)


def read_hook(event: Mapping[str, Any]) -> Report | None:
    """Return what a call of a hook says, or of the `notify` program that a person has set to be ours.

    The latter is called for the turns that make a title, too: none of the agent's, and not its conversation.
    """
    if text(event, "type") == "agent-turn-complete":
        return _turn_complete(event)
    name = text(event, "hook_event_name")
    if name not in _SAID:
        return None
    said = _SAID[name](event)
    return told(event, said)


def _turn_complete(event: Mapping[str, Any]) -> Report | None:
    asked = event.get("input-messages")
    first = asked[0] if isinstance(asked, list) and asked and isinstance(asked[0], str) else ""
    if first.startswith("Generate a concise") and "\n\nUser prompt:\n" in first:
        return None
    return Report("done", message=text(event, "last-assistant-message")[:LONGEST])


def _permission(event: Mapping[str, Any]) -> Report:
    tool, given = text(event, "tool_name"), event.get("tool_input")
    given = given if isinstance(given, Mapping) else {}
    what = text(given, "command") or text(given, "description")
    if tool == "apply_patch":
        what = ", ".join(re.findall(r"^\*\*\* (?:Add|Update|Delete) File: (.*)$", what, re.MULTILINE))
    return Report("waiting", PERMISSION, f"{tool}: {what}" if what else tool)


def _stop(event: Mapping[str, Any]) -> Report:
    return Report("done", message=text(event, "last_assistant_message"))


_SAID: Mapping[str, Callable[[Mapping[str, Any]], Report]] = {
    "SessionStart": session_start,
    "UserPromptSubmit": prompt,
    "PermissionRequest": _permission,
    "PostToolUse": working,
    "Stop": _stop,
}


SIGNS = Signs(
    titles=(
        Sign(r"^\[ [!.] \] Action Required", "waiting", PERMISSION),
        Sign("^[\u2801-\u28ff] ", "working"),
    ),
    screens=(
        Sign(r"^[\u2022\u25e6] .+\((\d+h )?(\d+m )?\d+s \u2022", "working"),
        Sign(r"^\s*Press enter to (confirm|continue)", "waiting", PERMISSION, below=4),
        Sign(r"^\s*Allow the \S+ MCP server to", "waiting", PERMISSION),
        Sign(r"^\s*(Trust this folder\?|Hooks need review|Review hook trust)", "waiting", PERMISSION),
        Sign(r"^\s*enter to submit ", "waiting", QUESTION, below=4),
        Sign(r"^\u203a (?!\d+\. )", "waiting", IDLE_PROMPT, at_cursor=True),
    ),
    dialogs=(
        r"^\s*[Pp]ress enter to (confirm|continue)",
        r"^\s*enter (continue|confirm) [\u2022\u00b7] esc",
        r"^\s*enter to submit ",
        r"^\s*t trust",
        r"^\s*\u203a \[[!x ]\] ",
        r"^ enter resume ",
    ),
    ready=(r"^\u203a (?!\d+\. )",),
    draft=r"\u203a ?",
)

KIND = Kind(
    "codex",
    "codex",
    start,
    read_hook=read_hook,
    transcripts=transcripts,
    meter=Meter,
    keeps_conversations=True,
    signs=SIGNS,
    queues=False,
    hooks=True,
    mcp=True,
    facts=Facts(
        tested=("0.169.0", "0.169.0"),
        log_in="Run `codex login`; with a profile of the agent's own, OPENAI_API_KEY through env.pass.",
        install="npm install -g @openai/codex",
    ),
)
