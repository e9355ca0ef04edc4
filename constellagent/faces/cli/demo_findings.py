"""Whether anything crossed in the demo: what each agent has, and what of it is not its own.

Pure: facts in, problems in words out. Nothing of a password, a secret or a code is repeated in them.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from constellagent.faces.cli.demo_cast import Part
from constellagent.runtime.identity_views import AuditView, MailView, PasswordView, SecretView, TextView

_CODE = re.compile(r"(?<![\w-])(\d{3})-?(\d{3})(?![\w-])")
_TOKEN = re.compile(r"token=([\w-]{20,})")


@dataclass(frozen=True, slots=True)
class Belongings:
    """All that one agent has: what it received and sent, what lies in its vault, and who touched it."""

    agent: str
    part: Part
    uuid: str
    address: str
    number: str
    session: str
    mails: Sequence[MailView] = ()
    texts: Sequence[TextView] = ()
    passwords: Sequence[PasswordView] = ()
    secrets: Sequence[SecretView] = ()
    audit: Sequence[AuditView] = field(default=(), repr=False)


def crossings(everybody: Sequence[Belongings]) -> list[str]:
    """Return what an agent has that is not its own, one line each; empty where nothing crossed."""
    found = [problem for own in everybody for problem in (*_strange_messages(own), *_strange_entries(own))]
    for owner in everybody:
        for other in everybody:
            if other is not owner:
                found += _marks_of(owner, other)
    return found


def _strange_messages(own: Belongings) -> Iterator[str]:
    """Find messages that came from, or went to, somebody with whom this agent has nothing to do."""
    service = own.part.service
    senders = {f"no-reply@{service.domain}", f"mailer-daemon@{own.address.rpartition('@')[2]}"}
    for mail in own.mails:
        if mail["incoming"] and mail["sender"] not in senders:
            yield f"{own.agent} got a mail from {mail['sender']}, but signed up at {service.name} only"
        if mail["incoming"] and mail["to"] != own.address:
            yield f"{own.agent} got a mail that was written to {mail['to']}"
        if not mail["incoming"] and mail["sender"] != own.address:
            yield f"{own.agent} has sent a mail as {mail['sender']}"
    for text in own.texts:
        if text["sender"] != service.number or not service.number:
            yield f"{own.agent} got a text from {text['sender']}, but signed up at {service.name} only"
        if text["to"] != own.number:
            yield f"{own.agent} got a text that was sent to {text['to']}"


def _strange_entries(own: Belongings) -> Iterator[str]:
    """Find what lies in the vault and is about another service, and accesses by another session."""
    for entry in own.passwords:
        if entry["domain"] != own.part.service.domain or entry["username"] not in {own.address, own.number}:
            yield f"{own.agent} has a password of {entry['username']} at {entry['domain']}"
    for secret in own.secrets:
        if not own.part.service.gives_key:
            yield f"{own.agent} has a secret {secret['key']}, but {own.part.service.name} gives none"
    for line in own.audit:
        if line["actor"].startswith("session ") and line["actor"] != f"session {own.session}":
            yield f"{line['actor']} did {line['action']} with what is {own.agent}'s"


def _marks_of(owner: Belongings, other: Belongings) -> Iterator[str]:
    """Find what is the owner's alone in what another agent has."""
    places = {
        "messages": [*_words(other)],
        "vault": [*_stored(other)],
        "audit": [f"{line['actor']} {line['about']}" for line in other.audit],
    }
    marks = {
        "address": {owner.address},
        "number": {owner.number},
        "password": {entry["password"] or "" for entry in owner.passwords},
        "secret": {entry["value"] or "" for entry in owner.secrets},
        "link": {token for text in _received(owner) for token in _TOKEN.findall(text)},
    }
    codes = _codes(_received(owner))
    for place, texts in places.items():
        for what, values in marks.items():
            if any(value and value in text for value in values for text in texts):
                yield f"the {what} of {owner.agent} is in the {place} of {other.agent}"
        if codes & _codes(texts):
            yield f"a code of {owner.agent} is in the {place} of {other.agent}"


def _received(own: Belongings) -> Iterator[str]:
    for mail in own.mails:
        if mail["incoming"]:
            yield f"{mail['subject']}\n{mail['text']}\n{mail['html']}"
    yield from (text["text"] for text in own.texts if text["incoming"])


def _words(own: Belongings) -> Iterator[str]:
    for mail in own.mails:
        parts = (mail["sender"], mail["to"], mail["cc"], mail["subject"], mail["text"], mail["html"])
        yield "\n".join(parts)
    yield from ("\n".join((text["sender"], text["to"], text["text"])) for text in own.texts)


def _stored(own: Belongings) -> Iterator[str]:
    for entry in own.passwords:
        yield "\n".join((entry["domain"], entry["username"], entry["password"] or "", entry["notes"] or ""))
    yield from ("\n".join((each["key"], each["value"] or "", each["notes"] or "")) for each in own.secrets)


def _codes(texts: Iterator[str] | Sequence[str]) -> set[str]:
    return {first + last for text in texts for first, last in _CODE.findall(text)}
