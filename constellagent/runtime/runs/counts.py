"""How much a run did as its identity, counted from the lines of the audit that its own key left.

Only numbers leave this module: what the lines are about (senders, subjects, names of secrets) is private and
is forgotten as soon as it is counted.
"""

import re
from collections import defaultdict
from collections.abc import Iterable

from constellagent.ravi.client import MissingError, RaviClient
from constellagent.ravi.wires.answers_events import AuditLine
from constellagent.runtime.contexts import Context
from constellagent.runtime.store.ledger import LedgerRow

_PAGE = 1000
"""Lines in one answer."""

_MOST_PAGES = 50
"""Answers that are looked through for the beginning of a run, from the newest back."""

_COUNTED = {
    "mail.read": "mails_read",
    "mail.list": "mails_read",
    "mail.sent": "mails_sent",
    "sms.read": "texts_read",
    "sms.list": "texts_read",
    "sms.sent": "texts_sent",
    "secrets": "secrets",
    "passwords": "passwords",
}
"""What a line of the audit counts as: by its action, or by the noun of it."""

_GIVEN_OUT = re.compile(r"(\d+) (?:mails?|texts)\b")
"""How a line begins that tells of several messages at once; lists of threads hold no message."""

_OF_VAULT = re.compile(r"(\d+) of (?:secrets|passwords)(?:: (?P<rows>[\da-f -]+))?")


async def did(context: Context, row: LedgerRow, agent: str) -> dict[str, int]:
    """Return what a run did, by what it is called; empty where nobody can know.

    The hosted provider has no audit that could be asked.

    Raises:
        ConstellagentError: the audit cannot be read.
    """
    provider = context.desired.provider
    binding = await context.bindings.get(agent, provider) if provider == "local" else None
    if binding is None:
        return {}
    return count(await _lines(await context.provider.connect(), binding.uuid, row.fire.run))


async def _lines(client: RaviClient, identity: str, session: str) -> list[AuditLine]:
    """Return what was done with the key of a session, from the line on that tells of its making."""
    found: list[AuditLine] = []
    after: int | None = None
    for _ in range(_MOST_PAGES):
        try:
            page = await client.audit.of(identity, after=after, limit=_PAGE)
        except MissingError:
            break
        earlier = [line for line in page if not found or line.seq < found[0].seq]
        found = earlier + found
        begun = any(line.action == "key.issued" and line.about == f"session {session}" for line in earlier)
        if begun or not earlier or earlier[0].seq == 1:
            break
        after = max(0, earlier[0].seq - 1 - _PAGE)
    return [line for line in found if line.actor == f"session {session}"]


def count(lines: Iterable[AuditLine]) -> dict[str, int]:
    """Return how often each thing was done well.

    What was looked at twice in one way counts once; a mail that was shown in a list and then opened counts
    twice, since the audit does not say which mails a list held.
    """
    seen: dict[str, dict[str, int]] = {name: {} for name in _COUNTED.values()}
    most: dict[str, int] = defaultdict(int)
    for line in lines:
        name = _COUNTED.get(line.action) or _COUNTED.get(line.action.partition(".")[0])
        if name is None or line.result != "ok" or line.about.startswith("attachment "):
            continue
        listed = _OF_VAULT.fullmatch(line.about)
        if listed is not None and line.action.endswith(".list"):
            seen[name] |= dict.fromkeys((listed["rows"] or "").split(), 1)
            most[name] = max(most[name], int(listed[1]))
            continue
        several = _GIVEN_OUT.match(line.about)
        if line.action.endswith(".list") and several is None:
            continue
        seen[name][line.row or line.about] = int(several[1]) if several else 1
    return {name: max(sum(each.values()), most[name]) for name, each in seen.items()}
