"""Identities of agents: who they are, and their mail, texts and codes. Nothing secret is given here."""

from typing import Any, NotRequired, TypedDict, cast

from constellagent.errors import UsageError
from constellagent.faces.web.ranges import Limit
from constellagent.faces.web.routes.paging import limit_of, page
from constellagent.faces.web.routing import Call, Handler, Page, Route, Scope
from constellagent.runtime.identity_views import (
    Action,
    CodeView,
    ConversationView,
    IdentityRequest,
    IdentityView,
    MailView,
    TextView,
    ThreadView,
)

OLDEST_CODE = 3600.0
"""Seconds since a one-time code came, where nothing else is asked for."""
LONGEST_MAIL = 500_000
"""Characters of a mail's body."""


class InboxQuery(TypedDict, total=False):
    """Only those with something unread, and which part of the list."""

    unread: bool
    limit: Limit
    cursor: str


class CodesQuery(TypedDict, total=False):
    """Only codes from this `sender`, that came within the last `max_age` seconds."""

    sender: str
    max_age: float


class MailBody(TypedDict):
    """A mail from the agent's address."""

    to: str
    subject: str
    body: str
    cc: NotRequired[list[str]]
    bcc: NotRequired[list[str]]


class TextBody(TypedDict):
    """A text from the agent's number."""

    to: str
    body: str


async def identities(call: Call) -> Page:
    """List the identity of each agent, also of those that were put away."""
    return Page([*await call.control.identities(call.file)])


async def identity(call: Call) -> IdentityView:
    """Show an agent's identity."""
    found: IdentityView = await _ask(call, "show")
    return found


async def inbox(call: Call) -> Page:
    """List the conversations by mail, newest first."""
    found: list[ThreadView] = await _ask(call, "inbox", unread=call.query.get("unread", False))
    return _part(call, [*found], "thread")


async def thread(call: Call) -> Page:
    """List the mails of a conversation, oldest first."""
    found: list[MailView] = await _ask(call, "thread", thread=call.path["thread"])
    return Page([*found])


async def conversations(call: Call) -> Page:
    """List the conversations by text, newest first."""
    found: list[ConversationView] = await _ask(call, "sms", unread=call.query.get("unread", False))
    return _part(call, [*found], "conversation")


async def conversation(call: Call) -> Page:
    """List the texts of a conversation, oldest first."""
    found: list[TextView] = await _ask(call, "conversation", conversation=call.path["conversation"])
    return Page([*found])


async def codes(call: Call) -> Page:
    """Show the newest one-time code, if one came lately.

    Raises:
        UsageError: the age is no time.
    """
    age = call.query.get("max_age", OLDEST_CODE)
    if not 0 < age <= 365 * 86_400:
        raise UsageError("the age is in seconds, and a year at most")
    found: list[CodeView] = await _ask(
        call, "otp", sender=call.query.get("sender", ""), wait=0.0, max_age=age
    )
    return Page([*found])


async def send_mail(call: Call) -> MailView:
    """Send a mail in the agent's name.

    Raises:
        UsageError: the mail is too long.
    """
    body: MailBody = call.body
    if len(body["body"]) > LONGEST_MAIL:
        raise UsageError(f"a mail has {LONGEST_MAIL} characters at most")
    sent: MailView = await _ask(call, "send", **{"cc": [], "bcc": [], **body})
    return sent


async def send_text(call: Call) -> TextView:
    """Send a text in the agent's name."""
    sent: TextView = await _ask(call, "send_sms", **call.body)
    return sent


def _part(call: Call, rows: list[Any], name: str) -> Page:
    """Return the part of a list of conversations that is asked for."""

    def key(row: dict[str, Any]) -> tuple[str, ...]:
        return (row["at"], row[name])

    ordered = sorted(rows, key=key, reverse=True)
    return page(ordered, key, 2, limit_of(call.query.get("limit")), call.query.get("cursor"))


async def _ask(call: Call, action: Action, **more: Any) -> Any:
    asked = {"file": call.file, "agent": call.path["agent"], "action": action, **more}
    return await call.control.identity(cast("IdentityRequest", asked))


_AGENT = "/constellations/{constellation}/agents/{agent}"


def _get(
    path: str, handler: Handler, summary: str, reply: Any, query: Any = None, scope: Scope = "admin"
) -> Route:
    """Return a read; messages and codes open accounts elsewhere, so who may only look does not see them."""
    return Route(
        "GET",
        f"{_AGENT}/{path}",
        handler,
        summary,
        reply,
        query=query,
        scope=scope,
        own=True,
        statuses=(409, 502),
    )


def _post(path: str, handler: Handler, summary: str, reply: Any, body: Any) -> Route:
    return Route(
        "POST",
        f"{_AGENT}/{path}",
        handler,
        summary,
        reply,
        body=body,
        scope="admin",
        own=True,
        status=201,
        statuses=(409, 502),
    )


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/constellations/{constellation}/identities",
        identities,
        "List the identity of each agent",
        list[IdentityView],
        statuses=(502,),
    ),
    _get("identity", identity, "Show an agent's identity", IdentityView, scope="read"),
    _get("mail", inbox, "List an agent's conversations by mail", list[ThreadView], InboxQuery),
    _get("mail/{thread}", thread, "List the mails of a conversation, oldest first", list[MailView]),
    _get("texts", conversations, "List an agent's conversations by text", list[ConversationView], InboxQuery),
    _get("texts/{conversation}", conversation, "List the texts of a conversation", list[TextView]),
    _get("codes", codes, "Show the newest one-time code that came", list[CodeView], CodesQuery),
    _post("mail", send_mail, "Send a mail in an agent's name", MailView, MailBody),
    _post("texts", send_text, "Send a text in an agent's name", TextView, TextBody),
)
