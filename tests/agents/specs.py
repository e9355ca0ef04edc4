"""Declared agents to launch."""

from typing import Any

from constellagent.spec.models import Agent

PROMPT = "Fix the tests."


def spec(kind: str, **block: Any) -> Agent:
    """Return an agent of this kind as declared."""
    return Agent.model_validate({"kind": kind, **block})
