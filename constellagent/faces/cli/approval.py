"""The gate before anything runs: the file is code, so a person sees its commands and says yes."""

import sys

from constellagent.errors import UsageError
from constellagent.faces.cli import screen
from constellagent.faces.wording import readable
from constellagent.runtime.control import PlanReply

NOT_APPROVED = 1
"""Exit code after a no."""


def needed(reply: PlanReply) -> bool:
    """Whether the file has commands that nobody has approved in this content yet."""
    return bool(reply["commands"]) and not reply["trusted"]


def show_commands(reply: PlanReply) -> None:
    """Name each command that the file would run."""
    screen.tell(screen.paint("commands that this file runs:", "bold", sys.stderr))
    wide = max((screen.width(command["subject"]) for command in reply["commands"]), default=0)
    for command in reply["commands"]:
        subject = screen.clean(command["subject"])
        gap = " " * (wide - screen.width(subject))
        words, *script = readable(command["argv"], screen.clean)
        screen.tell(f"  {subject}{gap}  {screen.clean(command['what'])}: {words}")
        for line in script:
            screen.tell(f"  {' ' * wide}    | {line}")
    screen.tell("")


def ask(question: str, *, otherwise: str) -> bool:
    """Ask on the terminal; only `y` or `yes` means yes.

    Raises:
        UsageError: there is no terminal to ask on; the hint is `otherwise`.
    """
    return _answer(f"{question} [y/N] ", question, otherwise).lower() in {"y", "yes"}


def ask_for(word: str, question: str, *, otherwise: str) -> bool:
    """Ask on the terminal for `word` to be typed, where nobody can bring back what is lost.

    Raises:
        UsageError: there is no terminal to ask on; the hint is `otherwise`.
    """
    asked = f"{question}\nType {screen.clean(word)} to go on: "
    return _answer(asked, question, otherwise) == word


def ask_what(question: str, *, otherwise: str) -> str:
    """Ask on the terminal for a few words, and return them; empty for none.

    Raises:
        UsageError: there is no terminal to ask on; the hint is `otherwise`.
    """
    return _answer(question, question.rstrip(": "), otherwise, "an answer")


def _answer(asked: str, question: str, otherwise: str, wanted: str = "a yes") -> str:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise UsageError(f"{question!r} needs {wanted} and there is no terminal to ask on", hint=otherwise)
    sys.stderr.write(asked)
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        screen.tell("")
    return answer.strip()
