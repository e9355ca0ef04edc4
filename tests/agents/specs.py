"""Declared agents to launch."""

from typing import Any

from constellagent.agents.kind import Kind, Task
from constellagent.agents.start import NOWHERE
from constellagent.spec.models import Agent

PROMPT = "Fix the tests."


def spec(kind: str, **block: Any) -> Agent:
    """Return an agent of this kind as declared."""
    return Agent.model_validate({"kind": kind, **block})


def words_of(kind: Kind, declared: Agent, prompt: str | None, *, headless: bool) -> tuple[str, ...]:
    """Return the words that a person is shown."""
    return kind.start(declared, Task(prompt, headless=headless), NOWHERE, None).argv
