"""What a person may ask about an agent's identity, and what is answered: JSON-shaped, for every face alike.

No answer holds a password or a secret unless the request says `reveal`, which the audit tells of.
"""

from typing import Literal, NotRequired, TypedDict

Action = Literal[
    "show",
    "inbox",
    "thread",
    "mails",
    "sms",
    "conversation",
    "texts",
    "otp",
    "send",
    "send_sms",
    "secrets",
    "secret",
    "passwords",
    "password",
    "archive",
    "delete",
    "renew_key",
    "restart_audit",
    "export",
    "import",
]
"""What can be asked; `IdentityRequest` says which keys each takes."""

LONGEST_WAIT = 20.0
"""Seconds that one call waits for news; whoever wants to wait longer calls again."""


class IdentityRequest(TypedDict):
    """One question about the identity of one agent.

    Each action takes these keys and gives this:

    show                                          IdentityView
    inbox      unread                             list[ThreadView], newest first
    thread     thread                             list[MailView], oldest first
    mails      wait, after                        list[MailView], unread ones with a higher id, newest first
    sms        unread                             list[ConversationView], newest first
    conversation  conversation                    list[TextView], oldest first
    texts      wait, after                        list[TextView], as for mails
    otp        sender, wait, max_age              list[CodeView], one or none
    send       to, subject, body, cc, bcc         MailView
    send_sms   to, body                           TextView
    secrets    reveal                             list[SecretView]
    secret     key, reveal                        SecretView
    passwords  reveal                             list[PasswordView]
    password   entry (uuid or domain), reveal     PasswordView
    archive, delete, renew_key, restart_audit     DoneView
    export     path, recipients, passphrase       FileView
    import     path, passphrase, key_file, as_new DoneView
    """

    file: str
    agent: str
    action: Action
    unread: NotRequired[bool]
    thread: NotRequired[str]
    conversation: NotRequired[str]
    wait: NotRequired[float]
    after: NotRequired[int]
    sender: NotRequired[str]
    max_age: NotRequired[float]
    to: NotRequired[str]
    subject: NotRequired[str]
    body: NotRequired[str]
    cc: NotRequired[list[str]]
    bcc: NotRequired[list[str]]
    key: NotRequired[str]
    entry: NotRequired[str]
    reveal: NotRequired[bool]
    path: NotRequired[str]
    recipients: NotRequired[list[str]]
    passphrase: NotRequired[str]
    key_file: NotRequired[str]
    as_new: NotRequired[bool]


class IdentityView(TypedDict):
    """An agent's identity. The counts are None where the provider does not tell them."""

    agent: str
    name: str
    uuid: str
    provider: str
    address: str
    phone: str | None
    archived: bool
    unread_mails: int | None
    unread_texts: int | None
    passwords: int | None
    secrets: int | None


class ThreadView(TypedDict):
    """A conversation by mail. `at` is when its newest mail came, RFC 3339."""

    thread: str
    subject: str
    sender: str
    sender_name: str
    preview: str
    unread: int
    mails: int
    at: str


class FileNote(TypedDict):
    """A file that came with a mail. `size` is in bytes."""

    name: str
    kind: str
    size: int


class MailView(TypedDict):
    """One mail. `text` is empty where there is only `html`; `state` is `held` where it could not leave."""

    id: int
    thread: str
    sender: str
    sender_name: str
    to: str
    cc: str
    subject: str
    text: str
    html: str
    incoming: bool
    read: bool
    state: str
    at: str
    files: list[FileNote]


class ConversationView(TypedDict):
    """A conversation by text."""

    conversation: str
    number: str
    preview: str
    unread: int
    texts: int
    at: str


class TextView(TypedDict):
    """One text. `state` is `held` where it could not leave this machine."""

    id: int
    sender: str
    to: str
    text: str
    incoming: bool
    read: bool
    state: str
    at: str


class CodeView(TypedDict):
    """A one-time code; `id` is that of the mail or text that brought it."""

    code: str
    source: Literal["mail", "sms"]
    sender: str
    at: str
    id: int


class SecretView(TypedDict):
    """A value under a name; `value` and `notes` are None unless they were to be revealed."""

    uuid: str
    key: str
    value: str | None
    notes: str | None
    created: str
    updated: str


class PasswordView(TypedDict):
    """A login; `password` and `notes` are None unless they were to be revealed."""

    uuid: str
    domain: str
    username: str
    password: str | None
    notes: str | None
    created: str
    updated: str


class DoneView(TypedDict):
    """What was done, in words, one line each."""

    done: list[str]


class FileView(TypedDict):
    """A file that was written, and its size in bytes."""

    path: str
    size: int


class AuditRequest(TypedDict):
    """Which lines of the audit.

    Without `file` those of every identity, with it those of a constellation; with `agent` those of one agent
    of it, or of the identity with this uuid.
    `after` holds for identities (by uuid) the last line that is known already; of the others the newest
    `limit` lines are given, of every identity together the newest `limit` in all.
    """

    file: str | None
    agent: str | None
    after: dict[str, int]
    limit: int


class AuditView(TypedDict):
    """One access to an identity. `agent` is empty where it belongs to none; `value` is a fingerprint."""

    identity: str
    agent: str
    seq: int
    at: str
    actor: str
    action: str
    result: str
    about: str
    row: str
    value: str


class ChainView(TypedDict):
    """Whether the audit of one identity holds; `problem` says why not."""

    identity: str
    agent: str
    lines: int
    ok: bool
    problem: str


class AuditReport(TypedDict):
    """Whether the audit holds; `problem` says what is wrong with it as a whole."""

    ok: bool
    problem: str
    identities: list[ChainView]


class ProviderRequest(TypedDict):
    """One question to the local provider.

    status                    ProviderView
    outbox                    list[OutboxView]
    retry, drop   row         DoneView
    allow_login   code        DoneView
    relay         url, password   DoneView; an empty url forgets the one that was kept
    """

    action: Literal["status", "outbox", "retry", "drop", "allow_login", "relay"]
    row: NotRequired[int]
    code: NotRequired[str]
    url: NotRequired[str]
    password: NotRequired[str]


class ProviderView(TypedDict):
    """The local provider: where it listens, what takes its mail, what has not left this machine."""

    api: str
    smtp: str
    sms: str
    relay: str
    outbox: dict[str, int]
    identities: int


class OutboxView(TypedDict):
    """Mail for another place, and how far it got."""

    row: int
    agent: str
    identity: str
    to: str
    subject: str
    state: str
    attempts: int
    next_attempt: str
    problem: str
    at: str
