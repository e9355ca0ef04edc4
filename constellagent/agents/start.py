"""The table of kinds, and what starting an agent of any kind comes to."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from constellagent.agents import aider, claude, codex, command, copilot, gemini, opencode
from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.spec.models import Agent
from constellagent.spec.models import Kind as Name

KINDS: Mapping[Name, Kind] = {
    kind.name: kind
    for kind in (
        command.KIND,
        claude.KIND,
        codex.KIND,
        gemini.KIND,
        opencode.KIND,
        aider.KIND,
        copilot.KIND,
    )
}
"""Every kind that the language knows, by its name there."""

NOWHERE = Place(PurePosixPath("/"), PurePosixPath("/"))
"""The place of a session that is only shown to a person."""


def kind_of(spec: Agent) -> Kind:
    """Return the kind of an agent; a declared `shell` line is a command, whatever kind it says."""
    return KINDS["command"] if spec.shell is not None else KINDS[spec.kind]


def start(spec: Agent, task: Task, place: Place = NOWHERE, tools: Tools | None = None) -> Start:
    """Return how to start an agent; without `tools` as a person is shown it.

    Every kind gets the prompt as `CONSTELLAGENT_PROMPT` too, so that a wrapper script can use it; a declared
    `shell` line of any kind gets it in no other way, since words after the line would be no words of its own.
    """
    begin = kind_of(spec).start(spec, task, place, tools)
    given = {} if task.prompt is None else {"CONSTELLAGENT_PROMPT": task.prompt}
    return replace(begin, env={**given, **begin.env})
