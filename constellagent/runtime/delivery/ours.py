"""What we typed into a session's input line ourselves: it may be deleted again, a person's draft never is.

It is noted beside the session's log before it is typed, so that a daemon which comes after one that died
between a paste and its Enter does not take the text for a draft, and refuse every prompt for its sake.
"""

import asyncio
import json
import logging
from collections import deque
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.ravi.private_files import read_private, write_private

_NAME = "typed.json"
_LATE = 8
"""How many of our texts are remembered for hooks that tell late."""

_log = logging.getLogger(__name__)


class Ours:
    """Our own texts in one session.

    Attributes:
        left: the newest one that was not seen to be taken, and what the input line showed of it.
        sent: the newest ones that were, of which a hook may tell late.
    """

    def __init__(self, folder: Path, left: tuple[str, ...] = ()) -> None:
        """`folder` is the session's; `of` finds what an earlier daemon left there."""
        self._folder = folder
        self.left = left
        self.sent: deque[str] = deque(maxlen=_LATE)

    @classmethod
    async def of(cls, folder: Path) -> "Ours":
        """Return what is known of a session; nothing where the note cannot be read."""
        try:
            said = await asyncio.to_thread(read_private, folder, _NAME)
            left = () if said is None else tuple(map(str, json.loads(said)))
        except (ConstellagentError, ValueError, TypeError) as error:
            _log.warning("what was typed in %s is not known: %s", folder.name, error)
            left = ()
        return cls(folder, left)

    async def leave(self, *texts: str) -> None:
        """Take note that these may stand in the input line now; of none, that nothing of ours does.

        A note that cannot be written hinders no delivery: it is needed only where the daemon dies.
        """
        if texts == self.left:
            return
        self.left = texts
        try:
            await asyncio.to_thread(write_private, self._folder, _NAME, json.dumps(texts).encode())
        except ConstellagentError as error:
            _log.warning("what is typed in %s cannot be noted: %s", self._folder.name, error)
