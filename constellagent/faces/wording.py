"""Numbers and commands in words, the same for every face; light, as every command imports it."""

import shlex
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from constellagent.runtime.control import RestartView


def counted(number: int, noun: str) -> str:
    """Return `1 agent`, `2 agents`, `no agents`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def restarted(view: "RestartView", *, new: bool) -> str:
    """Return how a restart went, after the subject's name; `new`: a new conversation was asked for."""
    if not view["session"]["live"]:
        return f"ended at once: {view['session']['outcome']}"
    if view["resumed"]:
        return "started, its conversation goes on"
    if new and view["conversation"]:
        return "started, with a new conversation"
    return f"started, with a new conversation: {view['why']}" if view["why"] else "started"


def readable(argv: Sequence[str], clean: Callable[[str], str]) -> list[str]:
    """Return a command as lines to be read: the words, then each text of several lines below them, as it is.

    In the words such a text is `<text 1>`; nothing of it is left out, since it is what is being approved.
    `clean` takes out what the face must not show.
    """
    words: list[str] = []
    script: list[str] = []
    texts = 0
    for word in argv:
        if "\n" not in word:
            words.append(shlex.quote(word))
            continue
        texts += 1
        words.append(f"<text {texts}>")
        script += [clean(line) for line in word.rstrip("\n").split("\n")]
    return [clean(" ".join(words)), *script]
