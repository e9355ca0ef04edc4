"""Sessions of Codex to start, and what their words say."""

import tomllib
from pathlib import PurePosixPath
from typing import Any

from constellagent.agents.codex import KIND
from constellagent.agents.kind import Conversation, Place, Start, Task, Tools
from tests.agents.specs import PROMPT, spec

PLACE = Place(
    folder=PurePosixPath("/home/sessions/s1/agent"),
    worktree=PurePosixPath("/repo.worktrees/docs"),
    git=(PurePosixPath("/repo/.git"),),
    env={"HOME": "/home/person"},
)
OWN = Place(PLACE.folder, PLACE.worktree, PLACE.git, PLACE.env, PurePosixPath("/home/profiles/docs"))
TOOLS = Tools(
    hook=("/home/bin/constellagent-hook",),
    mcp=("/home/bin/constellagent-mcp", "--here"),
    mcp_env=("RAVI_API_KEY",),
    instructions="You are `docs`.\n",
)


def begin(
    prompt: str | None = PROMPT,
    *,
    place: Place = PLACE,
    tools: Tools = TOOLS,
    headless: bool = False,
    conversation: Conversation | None = None,
    sandbox: str = "none",
    **options: Any,
) -> Start:
    """Return how a session with these options starts."""
    task = Task(prompt, headless=headless, conversation=conversation)
    return KIND.start(spec("codex", options=options, sandbox=sandbox), task, place, tools)


def values(words: tuple[str, ...], option: str) -> list[str]:
    """Return what an option is given, each time."""
    return [words[at + 1] for at, word in enumerate(words) if word == option]


def configured(words: tuple[str, ...]) -> dict[str, Any]:
    """Return what the words configure, read as its configuration file would be."""
    return tomllib.loads("\n".join(values(words, "-c")))
