"""Text messages as the provider shows them."""

from typing import Annotated, Literal

from pydantic import BeforeValidator

from constellagent.ravi.wire import Text, _Answer

Line = Annotated[str, BeforeValidator(lambda value: "" if value is None else str(value))]
"""Which phone: an id, as text or as a number, or null."""


class Conversation(_Answer):
    """All texts with one other number. `phone_number` is the identity's own, where the server says it."""

    conversation_id: str
    from_number: Text = ""
    phone: Line = ""
    phone_number: Text = ""
    preview: Text = ""
    message_count: int = 0
    unread_count: int = 0
    latest_message_dt: Text = ""


class TextMessage(_Answer):
    """One text message. `state` is `held` where it could not leave this machine."""

    id: int
    from_number: Text = ""
    to_number: Text = ""
    body: Text = ""
    direction: Literal["incoming", "outgoing"] = "incoming"
    is_read: bool = False
    state: Text = ""
    created_dt: Text = ""


class ConversationDetail(_Answer):
    """All texts with one other number, oldest first."""

    conversation_id: str
    from_number: Text = ""
    message_count: int = 0
    messages: tuple[TextMessage, ...] = ()
