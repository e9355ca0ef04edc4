"""What a rollout of Codex says of tokens: after each answer of the model, those of the whole conversation.

It starts from what was there where it takes a conversation up again. It knows no prices.
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
        told = part(event(line, '"token_count"'), "payload")
        if text(told, "type") != "token_count":
            return
        total = part(part(told, "info"), "total_token_usage")
        read, written = tokens(total, "input_tokens"), tokens(total, "output_tokens")
        self._used = Usage(max(self._used.input, read), max(self._used.output, written))

    def used(self) -> Usage:
        """Return what was used so far; the tokens read from a cache are among those that were read."""
        return self._used
