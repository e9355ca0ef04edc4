"""What a transcript of Copilot CLI says of tokens: a record for each answer of the model.

What it calls the cost there counts its own premium requests, and is no sum of money.
"""

from constellagent.agents.kind import Usage
from constellagent.agents.meters.lines import event, tokens
from constellagent.agents.values import part, text


class Meter:
    """Counts one conversation."""

    def __init__(self) -> None:
        """Nothing is used yet."""
        self._used = Usage()

    def feed(self, line: str) -> None:
        """Take a line."""
        told = event(line, '"session.usage_record"')
        if text(told, "type") != "session.usage_record":
            return
        one = part(part(told, "data"), "usage")
        read, written = tokens(one, "inputTokens"), tokens(one, "outputTokens")
        self._used = Usage(self._used.input + read, self._used.output + written)

    def used(self) -> Usage:
        """Return what was used so far; the tokens read from a cache are among those that were read."""
        return self._used
