"""Where the provider changes something that must survive: the names at which it can be made to fail.

Those in the midst of a transaction are reached before and after their own statements, which are whole or not
at all with it; `FilePoint.COMMIT` is reached on both sides of the commit. See `constellagent.failpoints`.
"""

from enum import StrEnum


class ProviderPoint(StrEnum):
    """Everything that the provider changes durably, each by one function."""

    AUDIT_APPEND = "provider.audit.append"
    AUDIT_HEADS = "provider.audit.heads"
    PRIVATE_WRITE = "provider.private.write"
    CONTACT_INSERT = "provider.contact.insert"
    CONTACT_RESEAL = "provider.contact.reseal"
    CONTACT_TOUCH = "provider.contact.touch"
    CONTACT_UPDATE = "provider.contact.update"
    CONTACT_DELETE = "provider.contact.delete"
    IDENTITY_DELETE = "provider.identity.delete"
    DELIVERY_SETTLE = "provider.delivery.settle"
    DELIVERY_NEXT = "provider.delivery.next"
    DELIVERY_POST = "provider.delivery.post"
    EVENT_RECORD = "provider.event.record"
    EVENT_TRIM = "provider.event.trim"
    WEBHOOK_CREATE = "provider.webhook.create"
    WEBHOOK_UPDATE = "provider.webhook.update"
    WEBHOOK_DELETE = "provider.webhook.delete"
    KEY_USED = "provider.key.used"
    IDENTITY_CREATE = "provider.identity.create"
    IDENTITY_ARCHIVE = "provider.identity.archive"
    IDENTITY_CHANGE = "provider.identity.change"
    IDENTITY_NUMBER = "provider.identity.number"
    KEY_MINT = "provider.key.mint"
    KEY_REVOKE = "provider.key.revoke"
    LIMIT_TAKE = "provider.limit.take"
    MAIL_KEEP = "provider.mail.keep"
    MAIL_MARK = "provider.mail.mark"
    MAIL_DROP = "provider.mail.drop"
    MAIL_PUT = "provider.mail.put"
    MAIL_RESUME = "provider.mail.resume"
    MAIL_THREAD = "provider.mail.thread"
    TEXT_KEEP = "provider.text.keep"
    TEXT_MARK = "provider.text.mark"
    SAFE_DESTROY = "provider.safe.destroy"
    SAFE_INSERT = "provider.safe.insert"
    SESSION_KEY_ISSUE = "provider.session_key.issue"
    SESSION_KEY_WITHDRAW = "provider.session_key.withdraw"
    SSO_TOKEN = "provider.sso.token"  # noqa: S105 - a name, no secret
    FACT_SET = "provider.fact.set"
    VAULT_REGISTER = "provider.vault.register"
    VAULT_ADD = "provider.vault.add"
    VAULT_REMOVE = "provider.vault.remove"
    VAULT_REPLACE = "provider.vault.replace"
