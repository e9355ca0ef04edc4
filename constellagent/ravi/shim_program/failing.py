"""How a command of the `ravi` program fails."""

UNAVAILABLE = 69
"""Exit code where the API cannot be reached."""


class CallError(Exception):
    """What went wrong, for the JSON on stderr.

    Attributes:
        exit_code: of the program.
        status: of the API's answer, 0 where none came, None where it was not asked.
    """

    def __init__(self, message: str, exit_code: int = 1, *, status: int | None = None) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.status = status


class WrongWordsError(Exception):
    """The command line is wrong; said as plain text, as the real client does."""
