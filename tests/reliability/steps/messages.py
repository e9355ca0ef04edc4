"""What comes to an identity and what it keeps, while the daemon dies: mail, texts, passwords, contacts.

What a scene is told of, it writes down in `lab.acknowledged`.
"""

import smtplib
from functools import partial
from typing import Any

import httpx

from tests.reliability.steps.asking import ask, key_of, place, resident
from tests.reliability.steps.steplab import Died, StepLab
from tests.reliability.town import letter

OUTSIDE = "+12025550199"
FRIEND = "c@outside.example"
_MAIL = "/api/email-messages/"
_HOOKS = "/api/webhook-subscriptions/"


def words(lab: StepLab) -> int:
    """Return how many words to the owner are in the outbox."""
    return sum(row["subject"].startswith("ada ") for row in ask(lab, "GET", "/api/outbox/"))


def mail(lab: StepLab) -> None:
    """Let mail come from outside, from one agent to the other, and go outside; read and answer it."""
    key, known = key_of(lab, "ada"), lab.acknowledged
    with known.changing("the letter from outside", lambda: _mails(lab, "ada", "came", "incoming"), 1, was=0):
        _deliver(lab)
    for subject, name, to in (("inside", "bob", resident(lab, "bob")["inbox"]), ("out", "ada", FRIEND)):
        way = "incoming" if name == "bob" else "outgoing"
        with known.one_more(f"letters {subject}", partial(_mails, lab, name, subject, way)):
            body = {"to_email": to, "subject": subject, "content": "x"}
            ask(lab, "POST", f"{_MAIL}compose/", body, key)
    for row in ask(lab, "GET", "/api/outbox/"):
        known.given(f"row {row['id']} of the outbox", partial(_waits, lab, row["id"]), True)
    for number in _outbox(lab, "out")[:1]:
        with known.changing(f"row {number} of the outbox", partial(_waits, lab, number), False):
            ask(lab, "DELETE", f"/api/outbox/{number}/")
    for row in ask(lab, "GET", _MAIL, key=key):
        _read(lab, _MAIL, row)


def mailed(lab: StepLab) -> None:
    """What was taken is there; nothing is there more often than it was handed in.

    The letter from outside says which one it is: whoever hands it in again because nobody answered changes
    nothing.
    """
    assert _mails(lab, "ada", "came", "incoming") == 1
    assert 1 <= _mails(lab, "bob", "inside", "incoming") <= 2
    assert 1 <= _mails(lab, "ada", "out", "outgoing") <= 2


def _deliver(lab: StepLab) -> None:
    """Bring a letter to the door, as another server does."""
    host, port = place(lab, "smtp").removeprefix("smtp://").rstrip("/").rsplit(":", 1)
    to = resident(lab, "ada")["inbox"]
    try:
        with smtplib.SMTP(host, int(port), local_hostname="outside.example", timeout=30) as door:
            door.sendmail("shop@outside.example", [to], letter(to, "came", "in", ident="a"))
    except (OSError, smtplib.SMTPException) as error:
        raise Died from error


def _mails(lab: StepLab, name: str, subject: str, way: str) -> int:
    rows = ask(lab, "GET", _MAIL, key=key_of(lab, name))
    return sum((row["subject"], row["direction"]) == (subject, way) for row in rows)


def _waits(lab: StepLab, number: int) -> bool:
    return number in _outbox(lab)


def _outbox(lab: StepLab, subject: str = "") -> list[int]:
    rows = ask(lab, "GET", "/api/outbox/")
    return [row["id"] for row in rows if subject in {"", row["subject"]}]


def _read(lab: StepLab, path: str, row: dict[str, Any]) -> None:
    """Mark one as read."""
    key = key_of(lab, "ada")

    def is_read() -> bool:
        return bool(ask(lab, "GET", f"{path}{row['id']}/", key=key)["is_read"])

    with lab.acknowledged.changing(f"{path}{row['id']} is read", is_read, True, was=row["is_read"]):
        ask(lab, "PATCH", f"{path}{row['id']}/", {"is_read": True}, key)


def text(lab: StepLab) -> None:
    """Let a text come in, and read it."""
    hand_in(lab, "t-1")
    for row in ask(lab, "GET", "/api/messages/", key=key_of(lab, "ada")):
        _read(lab, "/api/messages/", row)


def texted(lab: StepLab) -> None:
    """The gateway's text is there once, and still once after it was handed in once more."""
    assert _texts(lab, "t-1") == 1
    hand_in(lab, "t-1")
    assert _texts(lab, "t-1") == 1


def hand_in(lab: StepLab, ident: str) -> None:
    """Hand a text in as the gateway does, which says which text it is."""
    wanted = {"from": OUTSIDE, "to": resident(lab, "ada")["phone"], "body": f"hello {ident}", "id": ident}
    with lab.acknowledged.changing(f"the text {ident}", lambda: _texts(lab, ident), 1, was=0):
        try:
            answer = httpx.post(place(lab, "sms"), json=wanted, timeout=30, trust_env=False)
        except httpx.TransportError as error:
            raise Died from error
        assert answer.status_code == 202, answer.text


def _texts(lab: StepLab, ident: str) -> int:
    rows = ask(lab, "GET", "/api/messages/", key=key_of(lab, "ada"))
    return sum(row["body"] == f"hello {ident}" for row in rows)


def watch(lab: StepLab) -> None:
    """Let somebody be told of a text, by a post; then let nobody be told any more."""
    known = lab.acknowledged
    if not ask(lab, "GET", _HOOKS):
        with known.changing("subscriptions", lambda: _kinds(lab), [["sms.message.sent"]], was=[]):
            wanted = {"url": lab.receiver.url, "event_types": ["sms.message.sent"]}
            ask(lab, "POST", _HOOKS, wanted)
    (hook,) = ask(lab, "GET", _HOOKS)
    with known.changing("subscriptions", lambda: _kinds(lab), [["sms.message.received"]]):
        ask(lab, "PATCH", f"{_HOOKS}{hook['id']}/", {"event_types": ["sms.message.received"]})
    hand_in(lab, "t-2")
    # The text is one event, however often it was handed in: a later subscription does not hear of it again.
    lab.until(lab.receiver.counts, "the event to come")
    lab.until(lambda: _delivered(lab), "it to be written down that it came")
    known.seen("posts", lab.receiver.counts)
    with known.changing("subscriptions", lambda: _kinds(lab), []):
        ask(lab, "DELETE", f"{_HOOKS}{hook['id']}/")
    ask(lab, "POST", "/api/sso/token/", {}, key_of(lab, "ada"))


def watched(lab: StepLab) -> None:
    """Nobody is told any more, and of the one text the receiver was told: once, or again after a death."""
    assert ask(lab, "GET", _HOOKS) == []
    assert _texts(lab, "t-2") == 1
    (count,) = lab.receiver.counts()
    assert 1 <= count <= 2, count


def _kinds(lab: StepLab) -> list[list[str]]:
    return [row["event_types"] for row in ask(lab, "GET", _HOOKS)]


def _delivered(lab: StepLab) -> bool:
    return all(row["status"] == "delivered" for row in ask(lab, "GET", "/api/webhook-deliveries/"))


def vault(lab: StepLab) -> None:
    """Keep, change and remove passwords and secrets, and seal all anew."""
    key = key_of(lab, "ada")
    if secret(lab, "STAYS") is None:
        with lab.acknowledged.changing("STAYS", lambda: secret(lab, "STAYS"), "one"):
            ask(lab, "POST", "/api/secrets/", {"key": "STAYS", "value": "one"}, key)
    held = {row["key"]: row for row in ask(lab, "GET", "/api/secrets/", key=key)}
    with lab.acknowledged.changing("STAYS", lambda: secret(lab, "STAYS"), "two"):
        ask(lab, "PATCH", f"/api/secrets/{held['STAYS']['uuid']}/", {"value": "two"}, key)
    if "GOES" not in held:
        with lab.acknowledged.changing("GOES", lambda: secret(lab, "GOES"), "x"):
            ask(lab, "POST", "/api/secrets/", {"key": "GOES", "value": "x"}, key)
    for row in ask(lab, "GET", "/api/secrets/", key=key):
        if row["key"] == "GOES":
            with lab.acknowledged.changing("GOES", lambda: secret(lab, "GOES"), None):
                ask(lab, "DELETE", f"/api/secrets/{row['uuid']}/", key=key)
    lab.do("identity", "renew-key", "ada")


def kept(lab: StepLab) -> None:
    """What was kept opens, and is what it was last changed to; what was removed is gone."""
    assert (secret(lab, "STAYS"), secret(lab, "GOES")) == ("two", None)


def secret(lab: StepLab, name: str) -> str | None:
    """Return the value of a secret, None where there is none of that name."""
    key = key_of(lab, "ada")
    found = [row["uuid"] for row in ask(lab, "GET", "/api/secrets/", key=key) if row["key"] == name]
    values = [str(ask(lab, "GET", f"/api/secrets/{uuid}/", key=key)["value"]) for uuid in found]
    assert len(values) <= 1, values
    return values[0] if values else None


def contact(lab: StepLab) -> None:
    """Add, change and remove a contact."""
    key, known = key_of(lab, "ada"), lab.acknowledged
    if not _contacts(lab):
        with known.changing("the contact", lambda: list(_contacts(lab).values()), ["C"], was=[]):
            ask(lab, "POST", "/api/contacts/", {"email": FRIEND, "display_name": "C"}, key)
    for uuid in _contacts(lab):
        with known.changing("the contact", lambda: list(_contacts(lab).values()), ["D"]):
            ask(lab, "PATCH", f"/api/contacts/{uuid}/", {"display_name": "D"}, key)
        with known.changing("the contact", lambda: list(_contacts(lab).values()), []):
            ask(lab, "DELETE", f"/api/contacts/{uuid}/", key=key)


def contacted(lab: StepLab) -> None:
    """It is gone."""
    assert _contacts(lab) == {}


def _contacts(lab: StepLab) -> dict[str, str]:
    rows = ask(lab, "GET", "/api/contacts/", key=key_of(lab, "ada"))
    return {row["uuid"]: row["display_name"] for row in rows if row["email"] == FRIEND}


def leave(lab: StepLab) -> None:
    """Put an identity away, and delete it for good."""
    for done, words in (("archived", ("archive", "bob")), ("gone", ("delete", "bob"))):
        if any(row["agent"] == "bob" for row in lab.ask("identity", "list")):
            with lab.acknowledged.changing("bob", lambda: _standing(lab), done, was="in use"):
                lab.do("identity", *words, "--yes")


def left(lab: StepLab) -> None:
    """It is gone, the others are there."""
    assert names(lab) == {"ada", "eve"}


def _standing(lab: StepLab) -> str:
    rows = [row for row in lab.ask("identity", "list") if row["agent"] == "bob"]
    return ("archived" if rows[0]["archived"] else "in use") if rows else "gone"


def names(lab: StepLab) -> set[str]:
    """Return the names of all identities that there are."""
    return {str(row["name"]) for row in ask(lab, "GET", "/api/identities/")}
