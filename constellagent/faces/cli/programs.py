"""The agents' own programs: which kinds of agent can be started from this shell."""

import shutil

PROGRAMS = {
    "claude": "claude",
    "codex": "codex",
    "gemini": "gemini",
    "opencode": "opencode",
    "aider": "aider",
    "copilot": "copilot",
}
"""Kind of agent -> the program that it needs."""


def found() -> dict[str, str]:
    """Return the kinds whose program is on PATH, with the program's path."""
    looked = {kind: shutil.which(program) for kind, program in PROGRAMS.items()}
    return {kind: path for kind, path in looked.items() if path is not None}
