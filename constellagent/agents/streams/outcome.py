"""How a headless run went by its own account, which its exit status alone does not tell."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Outcome(NamedTuple):
    """How a run went.

    Attributes:
        ok: it says that it has finished its work; False too where it said nothing of the kind.
        why: in words, where it is not `ok`.
        answer: its last words to the person.
        denied: the tools that it wanted and was not allowed to use.
        conversation: as the program calls it; empty where it did not say.
        input: tokens read, those from a cache too; 0 where it did not say.
        output: tokens written.
        cost: US dollars; None where it does not know prices.
        turns: how many times it asked the model; 0 where it did not say.
    """

    ok: bool
    why: str = ""
    answer: str = ""
    denied: tuple[str, ...] = ()
    conversation: str = ""
    input: int = 0
    output: int = 0
    cost: float | None = None
    turns: int = 0


class Reader(Protocol):
    """Reads one run. Never raises, whatever the lines are."""

    def feed(self, line: str) -> Iterable[str]:
        """Take a line, without its end, and return what to show a person of it, as lines."""
        ...

    def outcome(self) -> Outcome:
        """Return how the run went, as far as it was read."""
        ...
