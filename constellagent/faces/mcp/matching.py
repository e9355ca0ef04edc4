"""Which messages a model waits for: a regular expression over what it would look at."""

import re
from collections.abc import Callable

from constellagent.errors import UsageError

_LOOKED_AT = 20_000
"""Characters of one message that are searched, so that a slow expression stays short."""


def searcher(pattern: str) -> Callable[[str], bool]:
    """Return whether a text holds the pattern, in any case; an empty pattern is in every text.

    Raises:
        UsageError: it is no regular expression.
    """
    try:
        compiled = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        raise UsageError(
            f"match is not a regular expression: {error}", hint="escape . ( ) [ ] * + ?"
        ) from None
    return lambda text: compiled.search(text[:_LOOKED_AT]) is not None
