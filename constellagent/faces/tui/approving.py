"""The gate before anything runs: the file is code, so a person sees its commands and says yes.

The same approval as on the command line: it holds for the content of the file that was read.
"""

from collections.abc import Sequence

from constellagent.faces.tui.deck import Deck
from constellagent.faces.tui.words import clean
from constellagent.faces.wording import readable
from constellagent.runtime.control import CommandView, PlanReply


def needed(reply: PlanReply) -> bool:
    """Whether the file has commands that nobody has approved in this content yet."""
    return bool(reply["commands"]) and not reply["trusted"]


def command_lines(commands: Sequence[CommandView]) -> list[str]:
    """Return each command that the file would run, in full."""
    written: list[str] = []
    for command in commands:
        words, *script = readable(command["argv"], clean)
        written.append(f"{clean(command['subject'])}  {clean(command['what'])}: {words}")
        written += [f"    | {line}" for line in script]
    return written


def ending_lines(reply: PlanReply) -> list[str]:
    """Return what the plan does that ends a session that runs, one line each."""
    return [
        clean(f"{action['verb']} {action['subject']}  ({action['reason']})")
        for action in reply["plan"].get("actions", ())
        if action["symbol"] == "!"
    ]


async def approve(deck: Deck, reply: PlanReply) -> bool:
    """Show the plan and the commands where they are not approved yet, and ask; True where nobody must be."""
    if not needed(reply):
        return True
    plan = [*map(clean, reply["lines"]), ""] if reply["lines"] else []
    question = "Trust this file?" if reply["empty"] else "Apply? This file runs commands nobody approved yet"
    return await deck.confirm(
        question, [*plan, "commands that this file runs:", *command_lines(reply["commands"])]
    )
