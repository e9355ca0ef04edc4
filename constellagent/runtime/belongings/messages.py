"""Mail, texts and codes of an identity, as a person looks at them: nothing is marked as read by looking."""

from constellagent.errors import UsageError
from constellagent.ravi.client.waiting import new_mail, new_texts, newest_code
from constellagent.runtime.belongings import views
from constellagent.runtime.belongings.owned import Owned
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.identity_views import (
    LONGEST_WAIT,
    CodeView,
    ConversationView,
    IdentityRequest,
    MailView,
    TextView,
    ThreadView,
)

_MAX_AGE = 600.0
"""Seconds after which a code is no longer worth showing, where the person says nothing."""


async def inbox(owned: Owned, request: IdentityRequest) -> list[ThreadView]:
    """Show the conversations by mail."""
    await owned.tell("mail.list")
    return [views.thread(row) for row in await owned.belongings.mail.threads(unread=_unread(request))]


async def thread(owned: Owned, request: IdentityRequest) -> list[MailView]:
    """Show one conversation by mail."""
    wanted = request["thread"]
    await owned.tell("mail.read", about=wanted)
    return [views.mail(row) for row in (await owned.belongings.mail.thread(wanted)).messages]


async def mails(owned: Owned, request: IdentityRequest) -> list[MailView]:
    """Show unread mails, waiting a moment for the first."""
    await owned.tell("mail.read")
    after = request.get("after", 0)
    found = await new_mail(owned.belongings, _wait(request), lambda row: row.id > after)
    return [views.mail(row) for row in found]


async def sms(owned: Owned, request: IdentityRequest) -> list[ConversationView]:
    """Show the conversations by text."""
    await owned.tell("sms.list")
    found = await owned.belongings.texts.conversations(unread=_unread(request))
    return [views.conversation(row) for row in found]


async def conversation(owned: Owned, request: IdentityRequest) -> list[TextView]:
    """Show one conversation by text."""
    wanted = request["conversation"]
    await owned.tell("sms.read", about=wanted)
    return [views.text(row) for row in (await owned.belongings.texts.conversation(wanted)).messages]


async def texts(owned: Owned, request: IdentityRequest) -> list[TextView]:
    """Show unread texts, waiting a moment for the first."""
    await owned.tell("sms.read")
    after = request.get("after", 0)
    found = await new_texts(owned.belongings, _wait(request), lambda row: row.id > after)
    return [views.text(row) for row in found]


async def otp(owned: Owned, request: IdentityRequest) -> list[CodeView]:
    """Show the newest one-time code; the agent may still take it, and may have taken it already."""
    await owned.tell("mail.read", about="one-time code")
    since = SystemClock().now() - request.get("max_age", _MAX_AGE)
    found = await newest_code(
        owned.belongings, _wait(request), sender=request.get("sender", ""), since=since, unread=False
    )
    return [] if found is None else [views.code(found)]


async def send(owned: Owned, request: IdentityRequest) -> MailView:
    """Send a mail as the identity."""
    await owned.tell("mail.sent", about=f"{request['to']} {request['subject']}")
    sent = await owned.belongings.mail.send(
        request["to"],
        request["subject"],
        request["body"],
        cc=request.get("cc", []),
        bcc=request.get("bcc", []),
    )
    return views.mail(sent)


async def send_sms(owned: Owned, request: IdentityRequest) -> TextView:
    """Send a text as the identity.

    Raises:
        UsageError: it has no number.
    """
    if owned.binding.phone is None:
        raise UsageError(
            f"{owned.agent} has no phone number",
            hint="declare `identities: {phone: true}` and apply, or write to a mail address",
        )
    await owned.tell("sms.sent", about=request["to"])
    return views.text(await owned.belongings.texts.send(request["to"], request["body"]))


def _unread(request: IdentityRequest) -> bool:
    return request.get("unread", False)


def _wait(request: IdentityRequest) -> float:
    return max(0.0, min(request.get("wait", 0.0), LONGEST_WAIT))
