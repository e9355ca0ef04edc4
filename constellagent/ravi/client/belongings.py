"""What belongs to one identity, gathered under short names."""

from constellagent.ravi.client.contacts import Contacts
from constellagent.ravi.client.events import Events
from constellagent.ravi.client.mail import Mailbox
from constellagent.ravi.client.phone import Texts
from constellagent.ravi.client.transport import Transport
from constellagent.ravi.client.vault import Passwords, Secrets


class Belongings:
    """One identity's mail, texts, passwords, secrets, contacts and events.

    Attributes:
        mail: its mailbox.
        texts: its text messages.
        passwords: its logins.
        secrets: its named values.
        contacts: whom it knows.
        events: what happened to it.
    """

    def __init__(self, transport: Transport, identity: str | None = None) -> None:
        """`identity` is its uuid; None means the key's own, or with a management key all of the account."""
        self.mail = Mailbox(transport, identity)
        self.texts = Texts(transport, identity)
        self.passwords = Passwords(transport, identity)
        self.secrets = Secrets(transport, identity)
        self.contacts = Contacts(transport, identity)
        self.events = Events(transport, identity)
