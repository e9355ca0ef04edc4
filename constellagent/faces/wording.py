"""Numbers and commands in words, the same for every face; light, as every command imports it."""

import shlex
from collections.abc import Callable, Sequence


def counted(number: int, noun: str) -> str:
    """Return `1 agent`, `2 agents`, `no agents`."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


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
