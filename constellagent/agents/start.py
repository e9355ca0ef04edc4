"""What starting an agent of any kind comes to, and the table of kinds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from constellagent.agents import aider, claude, codex, command, copilot, gemini, opencode
from constellagent.spec.models import Agent, Kind

Argv = Callable[[Agent, str | None, bool], tuple[str, ...]]
"""From the declaration, a prompt, and whether nobody will watch, to the words to exec."""

KINDS: Mapping[Kind, Argv] = {
    "command": command.argv,
    "claude": claude.argv,
    "codex": codex.argv,
    "gemini": gemini.argv,
    "opencode": opencode.argv,
    "aider": aider.argv,
    "copilot": copilot.argv,
}


@dataclass(frozen=True, slots=True)
class Start:
    """How to start an agent: the words to exec, and what its environment gets on top."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def start(spec: Agent, prompt: str | None, *, headless: bool = False) -> Start:
    """Return how to start an agent with a prompt; `headless` for a run that nobody watches.

    Every kind gets the prompt as `CONSTELLAGENT_PROMPT` too, so that a wrapper script can use it; a declared
    `shell` line of any kind gets it in no other way, since words after the line would be no words of its own.
    """
    env = {"CONSTELLAGENT_PROMPT": prompt} if prompt is not None else {}
    words = command.argv if spec.shell is not None else KINDS[spec.kind]
    return Start(words(spec, prompt, headless), env)
