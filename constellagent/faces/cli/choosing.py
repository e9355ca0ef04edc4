"""Choosing one of several on the terminal, with the arrow keys or a number (home of prompt_toolkit)."""

from collections.abc import Sequence

from prompt_toolkit.shortcuts import choice


def choose(question: str, options: Sequence[tuple[str, str]]) -> str | None:
    """Ask which one, by (value, words for a person); None where the person left with Ctrl-C."""
    try:
        return choice(question, options=list(options))
    except KeyboardInterrupt:
        return None
