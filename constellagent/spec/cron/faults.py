"""What is wrong with a cron expression, where it stands, and which rule it breaks."""

from typing import Literal

Rule = Literal["CS001", "CS003", "CS017"]
"""CS001: it does not parse. CS003: it never fires. CS017: cron programs disagree about it."""


class CronError(ValueError):
    """A cron expression is refused; `str` of it shows the expression with a caret under the fault.

    Attributes:
        message: what is wrong and what to write instead, in one line.
        rule: the rule about schedules that it breaks.
        start: where in the text the fault begins, from 0.
        length: how many characters it covers; 0 where the whole is meant.
    """

    def __init__(self, message: str, *, rule: Rule = "CS001", start: int = 0, length: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.rule: Rule = rule
        self.start = start
        self.length = length

    def show(self, text: str) -> None:
        """Put the expression and a caret under the message."""
        self.args = (f"{self.message}\n    {text}\n    {' ' * self.start}{'^' * self.length}",)
