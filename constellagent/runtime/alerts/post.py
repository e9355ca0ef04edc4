"""The way on which a word reaches an owner: a mail, or a text, from the agent's own identity.

A mail where the owner has an address, else a text where both have a number. What is sent from an identity
elsewhere gets its line in the audit here.
"""

import logging
import re
from dataclasses import dataclass

from constellagent.ravi.client.audit import AuditLines
from constellagent.runtime.contexts import Context
from constellagent.runtime.store.bindings import Binding

_log = logging.getLogger(__name__)

_TAG = re.compile(r"<(?=[A-Za-z/!])")


@dataclass(frozen=True, slots=True)
class Letter:
    """What is said to an owner.

    Attributes:
        subject: of the mail, one line.
        body: of the mail, plain text; a tag of HTML in it is sent as text.
        text: the same as a text message.
    """

    subject: str
    body: str
    text: str


@dataclass(frozen=True, slots=True)
class Way:
    """How an agent reaches its owner.

    Attributes:
        binding: the identity that writes.
        to: an address, or a number.
        mail: whether it is an address.
    """

    binding: Binding
    to: str
    mail: bool


class Post:
    """Sends letters to owners."""

    def __init__(self, audit: AuditLines) -> None:
        """`audit` hears of what is sent from an identity of the hosted provider."""
        self._audit = audit

    async def way(self, context: Context, agent: str) -> Way | None:
        """Return how an agent reaches its owner.

        It is None where the file declares nobody, or the agent has nothing to write from, which is logged.
        """
        owner = context.constellation.owner
        if owner.email is None and owner.phone is None:
            return None
        binding = await context.bindings.get(agent, context.desired.provider)
        if binding is None or binding.archived:
            _log.info("nobody is told, since %s has no identity to write as", agent)
            return None
        if owner.email is not None:
            return Way(binding, owner.email, mail=True)
        if owner.phone is None or binding.phone is None:
            _log.info("nobody is told, since %s has no number to write from", agent)
            return None
        return Way(binding, owner.phone, mail=False)

    async def send(self, context: Context, way: Way, letter: Letter) -> None:
        """Send a letter.

        Raises:
            InDoubtError: nobody knows whether it was sent.
            ConstellagentError: it was not.
        """
        about = way.to
        if way.mail:
            about = f"{way.to} {letter.subject}"
        if way.binding.provider != "local":
            await self._audit.note(way.binding.uuid, "mail.sent" if way.mail else "sms.sent", about=about)
        belongings = (await context.provider.connect()).of(way.binding.uuid)
        if way.mail:
            await belongings.mail.send(way.to, letter.subject, without_tags(letter.body))
        else:
            await belongings.texts.send(way.to, letter.text)


def without_tags(body: str) -> str:
    """Return a text in which nothing is a tag: one is enough, and a mail is taken for HTML as a whole."""
    return _TAG.sub("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", body)
