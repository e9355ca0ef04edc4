"""Notifications that come in parts (OSC 99, kitty's), put together within bounds."""

from typing import Literal

from constellagent.term.scanner.events import Notification, Urgency
from constellagent.term.scanner.payloads import decoded, long, short

_MOST = 16
"""Notifications that may be unfinished at once; the one that was begun first makes room."""
_LONGEST = 8 << 10
"""Bytes kept of each part of one."""
_URGENCIES: dict[bytes, Urgency] = {b"0": "low", b"1": "normal", b"2": "critical"}
_OTHERWISE = frozenset({b"?", b"alive", b"close"})
"""Payloads that are a question or an order to the terminal, not a part of a notification."""


class _Draft:
    """One notification that is not finished."""

    def __init__(self) -> None:
        self.texts: dict[Literal["title", "body"], bytearray] = {"title": bytearray(), "body": bytearray()}
        self.urgency: Urgency = "normal"


class Notices:
    """The unfinished notifications of one terminal."""

    def __init__(self) -> None:
        self._drafts: dict[bytes, _Draft] = {}

    def take(self, rest: bytes, offset: int) -> Notification | None:
        """Take metadata and payload of one OSC 99; return the notification that it finishes."""
        metadata, separator, payload = rest.partition(b";")
        fields = dict(part.partition(b"=")[::2] for part in metadata.split(b":"))
        kind, name = fields.get(b"p", b"title"), fields.get(b"i", b"")
        if not separator or kind in _OTHERWISE:
            return None
        draft = self._drafts.pop(name, None) or _Draft()
        draft.urgency = _URGENCIES.get(fields.get(b"u", b""), draft.urgency)
        if kind in {b"title", b"body"}:
            text = draft.texts["title" if kind == b"title" else "body"]
            part = decoded(payload) if fields.get(b"e") == b"1" else payload
            text += (part or b"")[: _LONGEST - len(text)]
        if fields.get(b"d") == b"0":
            self._keep(name, draft)
            return None
        title, body = short(bytes(draft.texts["title"])), long(bytes(draft.texts["body"]))
        return Notification(title, body, draft.urgency, 99, offset) if title or body else None

    def _keep(self, name: bytes, draft: _Draft) -> None:
        self._drafts[name] = draft
        if len(self._drafts) > _MOST:
            del self._drafts[next(iter(self._drafts))]
