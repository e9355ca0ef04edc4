"""The audit: who had access to which identity, newest first."""

from datetime import UTC, datetime
from typing import TypedDict

from constellagent.errors import UsageError
from constellagent.faces.web.ranges import MOST_ROWS, Limit
from constellagent.faces.web.routes.paging import limit_of, page
from constellagent.faces.web.routing import Call, Page, Route
from constellagent.runtime.identity_views import AuditRequest, AuditView


class AuditQuery(TypedDict, total=False):
    """Only what concerns one `agent`, and lies within these times (RFC 3339), which are included.

    Of each identity the newest thousand lines can be had here; `constellagent audit` follows the rest.
    """

    agent: str
    since: str
    until: str
    limit: Limit
    cursor: str


async def audit(call: Call) -> Page:
    """List lines of the audit, newest first.

    Raises:
        UsageError: the limit, the cursor or a time is none.
    """
    query = call.query
    limit = limit_of(query.get("limit"))
    since, until = (_moment(query[name]) if name in query else None for name in ("since", "until"))
    lines = await call.control.audit(
        AuditRequest(file=call.file, agent=query.get("agent"), after={}, limit=MOST_ROWS)
    )
    wanted = [line for line in lines if _lies(line, since, until)]
    wanted.sort(key=_key, reverse=True)
    return page(wanted, _key, 3, limit, query.get("cursor"))


def _key(line: AuditView) -> tuple[str, ...]:
    return (line["at"], line["identity"], f"{line['seq']:012}")


def _lies(line: AuditView, since: datetime | None, until: datetime | None) -> bool:
    at = _moment(line["at"])
    return (since is None or at >= since) and (until is None or at <= until)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no time", hint="write it as 2026-01-31T09:00:00Z") from error
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/constellations/{constellation}/audit",
        audit,
        "List who had access to which identity, newest first",
        list[AuditView],
        query=AuditQuery,
        statuses=(502,),
    ),
)
