"""Views of identities, mail and vaults as the daemon answers them, for tests of the commands."""

from typing import Any

from constellagent.runtime.identity_views import (
    AuditView,
    ConversationView,
    IdentityView,
    MailView,
    OutboxView,
    PasswordView,
    SecretView,
    TextView,
    ThreadView,
)

AT = "2026-11-22T16:39:33.729Z"
EVIL = "\x1b[2Jevil\r"
"""What a stranger may write to take over a terminal."""


def identity_view(agent: str, **changes: Any) -> IdentityView:
    """Return an identity, with changes."""
    view = IdentityView(
        agent=agent,
        name=agent,
        uuid=f"uuid-of-{agent}",
        provider="local",
        address=f"{agent}@acme.test",
        phone="+12025550100",
        archived=False,
        unread_mails=0,
        unread_texts=0,
        passwords=2,
        secrets=1,
    )
    return IdentityView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def thread_view(subject: str, **changes: Any) -> ThreadView:
    """Return a conversation by mail, with changes."""
    view = ThreadView(
        thread=f"<{subject}@example.com>",
        subject=subject,
        sender="jo@example.com",
        sender_name="Jo March",
        preview="Shall we",
        unread=0,
        mails=1,
        at=AT,
    )
    return ThreadView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def mail_view(number: int, **changes: Any) -> MailView:
    """Return a mail, with changes."""
    view = MailView(
        id=number,
        thread="t",
        sender="jo@example.com",
        sender_name="Jo March",
        to="docs@acme.test",
        cc="",
        subject="Plan",
        text="Shall we?\n",
        html="",
        incoming=True,
        read=False,
        state="",
        at=AT,
        files=[],
    )
    return MailView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def conversation_view(number: str, **changes: Any) -> ConversationView:
    """Return a conversation by text, with changes."""
    view = ConversationView(
        conversation=f"1_{number}", number=number, preview="Your code", unread=1, texts=3, at=AT
    )
    return ConversationView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def text_view(number: int, **changes: Any) -> TextView:
    """Return a text, with changes."""
    view = TextView(
        id=number,
        sender="ACME",
        to="+12025550100",
        text="Your code is 123456",
        incoming=True,
        read=False,
        state="",
        at=AT,
    )
    return TextView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def secret_view(key: str, value: str | None = None) -> SecretView:
    """Return a secret, masked unless it has a value."""
    notes = None if value is None else "of the shop"
    return SecretView(uuid=f"uuid-of-{key}", key=key, value=value, notes=notes, created=AT, updated=AT)


def password_view(domain: str, password: str | None = None) -> PasswordView:
    """Return a login, masked unless it has a password."""
    return PasswordView(
        uuid=f"uuid-of-{domain}",
        domain=domain,
        username="docs@acme.test",
        password=password,
        notes=None if password is None else "",
        created=AT,
        updated=AT,
    )


def audit_view(seq: int, **changes: Any) -> AuditView:
    """Return a line of the audit, with changes."""
    view = AuditView(
        identity="uuid-of-docs",
        agent="docs",
        seq=seq,
        at=AT,
        actor="session 6194e8422109480dbd004a19c2441ab8",
        action="secrets.get",
        result="ok",
        about="API_KEY",
        row="",
        value="ab12",
    )
    return AuditView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def outbox_view(row: int, **changes: Any) -> OutboxView:
    """Return mail for another place, with changes."""
    view = OutboxView(
        row=row,
        agent="docs",
        identity="uuid-of-docs",
        to="jo@example.com",
        subject="Report",
        state="held",
        attempts=0,
        next_attempt="",
        problem="no relay is configured",
        at=AT,
    )
    return OutboxView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys
