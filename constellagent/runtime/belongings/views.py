"""From what a provider answers to what a person is shown."""

from constellagent.ravi.client.waiting import Code
from constellagent.ravi.wires.answers_mail import HeldMail, Mail, Thread
from constellagent.ravi.wires.answers_phone import Conversation, TextMessage
from constellagent.ravi.wires.answers_vault import Password, Secret
from constellagent.runtime.identity_views import (
    CodeView,
    ConversationView,
    FileNote,
    MailView,
    OutboxView,
    PasswordView,
    SecretView,
    TextView,
    ThreadView,
)


def thread(row: Thread) -> ThreadView:
    """Show a conversation by mail."""
    return ThreadView(
        thread=row.thread_id,
        subject=row.subject,
        sender=row.from_email,
        sender_name=row.from_display_name,
        preview=row.preview,
        unread=row.unread_count,
        mails=row.message_count,
        at=row.latest_message_dt,
    )


def mail(row: Mail) -> MailView:
    """Show a mail."""
    return MailView(
        id=row.id,
        thread=row.thread_id,
        sender=row.from_email,
        sender_name=row.from_display_name,
        to=row.to_email,
        cc=row.cc,
        subject=row.subject,
        text=row.text_content,
        html=row.html_content,
        incoming=row.direction == "incoming",
        read=row.is_read,
        state=row.state,
        at=row.created_dt,
        files=[
            FileNote(name=each.filename, kind=each.content_type, size=each.size) for each in row.attachments
        ],
    )


def conversation(row: Conversation) -> ConversationView:
    """Show a conversation by text."""
    return ConversationView(
        conversation=row.conversation_id,
        number=row.from_number,
        preview=row.preview,
        unread=row.unread_count,
        texts=row.message_count,
        at=row.latest_message_dt,
    )


def text(row: TextMessage) -> TextView:
    """Show a text."""
    return TextView(
        id=row.id,
        sender=row.from_number,
        to=row.to_number,
        text=row.body,
        incoming=row.direction == "incoming",
        read=row.is_read,
        state=row.state,
        at=row.created_dt,
    )


def code(found: Code) -> CodeView:
    """Show a one-time code."""
    return CodeView(
        code=found.code,
        source=found.source,
        sender=found.sender,
        at=found.received_dt,
        id=found.message,
    )


def secret(row: Secret, *, reveal: bool) -> SecretView:
    """Show a secret, its value only where it is to be revealed."""
    return SecretView(
        uuid=row.uuid,
        key=row.key,
        value=row.value.get_secret_value() if reveal else None,
        notes=row.notes.get_secret_value() if reveal else None,
        created=row.created_dt,
        updated=row.updated_dt,
    )


def password(row: Password, *, reveal: bool) -> PasswordView:
    """Show a login, its password only where it is to be revealed."""
    return PasswordView(
        uuid=row.uuid,
        domain=row.domain,
        username=row.username,
        password=row.password.get_secret_value() if reveal else None,
        notes=row.notes.get_secret_value() if reveal else None,
        created=row.created_dt,
        updated=row.updated_dt,
    )


def outbox(row: HeldMail, agent: str) -> OutboxView:
    """Show mail that has not left this machine."""
    return OutboxView(
        row=row.id,
        agent=agent,
        identity=row.identity,
        to=row.to_email,
        subject=row.subject,
        state=row.state,
        attempts=row.attempts,
        next_attempt=row.next_attempt_at,
        problem=row.last_error,
        at=row.created_dt,
    )
