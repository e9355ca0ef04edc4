"""Text messages of an identity."""

from constellagent.ravi.client.transport import Transport, segment
from constellagent.ravi.wires.answers_phone import Conversation, ConversationDetail, TextMessage


class Texts:
    """The text messages of one identity."""

    def __init__(self, transport: Transport, identity: str | None) -> None:
        self._transport = transport
        self._scope = {"identity": identity} if identity else {}

    async def conversations(self, *, unread: bool = False) -> list[Conversation]:
        """Return the conversations, newest first; with `unread` only those with unread texts."""
        params = self._scope | ({"has_unread": "true"} if unread else {})
        return await self._transport.rows(Conversation, "/sms-inbox/", params=params)

    async def conversation(self, conversation: str) -> ConversationDetail:
        """Return one conversation with its texts, oldest first; marks nothing as read.

        Raises:
            MissingError: the identity has no such conversation.
        """
        path = f"/sms-inbox/{segment(conversation)}/"
        return await self._transport.one(ConversationDetail, "GET", path, params=self._scope)

    async def messages(self, *, unread: bool = False) -> list[TextMessage]:
        """Return single texts in the provider's order."""
        params = self._scope | ({"is_read": "false"} if unread else {})
        return await self._transport.rows(TextMessage, "/messages/", params=params)

    async def message(self, message: int) -> TextMessage:
        """Return one text.

        Raises:
            MissingError: the identity has no such text.
        """
        return await self._transport.one(TextMessage, "GET", f"/messages/{message}/", params=self._scope)

    async def send(self, to: str, body: str) -> TextMessage:
        """Send a text from the identity's number.

        Raises:
            InDoubtError: nobody knows whether it was sent.
            ConstellagentError: the identity has no number.
        """
        wanted = {"to_number": to, "body": body}
        return await self._transport.one(
            TextMessage, "POST", "/messages/send/", params=self._scope, body=wanted
        )

    async def mark_read(self, message: int, *, read: bool = True) -> TextMessage:
        """Mark a text as read, or as unread again."""
        return await self._transport.one(
            TextMessage, "PATCH", f"/messages/{message}/", params=self._scope, body={"is_read": read}
        )
