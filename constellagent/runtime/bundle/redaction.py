"""Takes secrets out of texts: the values that we know, in every encoding, and whatever looks like one.

Pure. Taking one thing out may join what stood around it, so it is done again until nothing changes; a text
that does not come to rest is given up as a whole.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from constellagent.runtime.bundle.finding import Finder
from constellagent.runtime.bundle.forms import forms
from constellagent.runtime.bundle.shapes import MARK, mask, telling

_MOST_PASSES = 8


class Redactor:
    """Knows what must not be told.

    Attributes:
        known: how often a value was taken out that we know.
        shaped: how often something was taken out because it looked like a secret.
    """

    def __init__(
        self,
        secrets: Iterable[str],
        *,
        spared: Iterable[str] = (),
        home: str = "",
        host: str = "",
        user: str = "",
    ) -> None:
        """Prepare every form of every secret.

        Args:
            secrets: what must not be told; the shortest ones (`forms.SHORTEST`) are not looked for.
            spared: random words that are no secrets, such as the ids of sessions.
            home: the person's home folder, told as `~`.
            host: the name of this machine, told as `[host]`.
            user: the name of the person's account, told as `[user]`; that of root is no secret.
        """
        self._finder = Finder(look for secret in set(secrets) for look in forms(secret))
        self._spared = frozenset(spared)
        self._names = list(_names(home.rstrip("/"), host, "" if user == "root" else user))
        self.known = self.shaped = 0

    def text(self, text: str) -> str:
        """Return a text without secrets. Doing it again changes nothing."""
        for _ in range(_MOST_PASSES):
            before = text
            for pattern, put in self._names:
                text = pattern.sub(put, text)
            text, count = mask(self.values(text), self._spared)
            self.shaped += count
            if text == before:
                return text
        return MARK

    def values(self, text: str) -> str:
        """Return a text without the values that are known, whatever else it holds."""
        pieces = list[str]()
        at = 0
        for start, end in self._finder.spans(text):
            self.known += 1
            pieces += (text[at:start], MARK)
            at = end
        return "".join((*pieces, text[at:]))

    def value(self, value: Any) -> Any:
        """Return a JSON value without secrets, in its keys neither."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self._behind(str(key), part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(part) for part in value]
        if isinstance(value, int | float) and not isinstance(value, bool) and self._finder.spans(repr(value)):
            self.known += 1  # digits that are left would tell where it was, and a mark among them is no JSON
            return MARK
        return value

    def _behind(self, key: str, value: Any) -> Any:
        if telling(key) and isinstance(value, str | int) and not isinstance(value, bool) and value:
            self.shaped += 1
            return MARK
        return self.value(value)


def _names(home: str, host: str, user: str) -> Iterable[tuple[re.Pattern[str], str]]:
    if len(home) > 1:
        yield re.compile(rf"{re.escape(home)}(?![\w.-])"), "~"
    for name, put in ((host, "[host]"), (host.partition(".")[0], "[host]"), (user, "[user]")):
        if len(name) > 1 and name not in {"localhost", "host", "user"}:
            yield re.compile(rf"(?<![\w\[]){re.escape(name)}(?![\w\]])"), put
