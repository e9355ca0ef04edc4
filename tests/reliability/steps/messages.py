"""What comes to an identity and what it keeps, while the daemon dies: mail, texts, passwords, contacts."""

import smtplib
import time

import httpx

from tests.reliability.steps.asking import ask, key_of, place, resident
from tests.reliability.steps.steplab import Died, StepLab
from tests.reliability.town import letter

OUTSIDE = "+12025550199"
FRIEND = "c@outside.example"


def mail(lab: StepLab) -> None:
    """Let mail come from outside, from one agent to the other, and go outside; read and answer it."""
    key, other = key_of(lab, "ada"), resident(lab, "bob")
    host, port = place(lab, "smtp").removeprefix("smtp://").rstrip("/").rsplit(":", 1)
    try:
        with smtplib.SMTP(host, int(port), local_hostname="outside.example", timeout=30) as door:
            door.sendmail(
                "shop@outside.example",
                [resident(lab, "ada")["inbox"]],
                letter(resident(lab, "ada")["inbox"], "came", "in", ident="a"),
            )
    except (OSError, smtplib.SMTPException) as error:
        raise Died from error
    ask(
        lab,
        "POST",
        "/api/email-messages/compose/",
        {"to_email": other["inbox"], "subject": "inside", "content": "x"},
        key,
    )
    ask(
        lab,
        "POST",
        "/api/email-messages/compose/",
        {"to_email": "a@outside.example", "subject": "out", "content": "x"},
        key,
    )
    for row in ask(lab, "GET", "/api/outbox/")[:1]:
        ask(lab, "DELETE", f"/api/outbox/{row['id']}/")
    for row in ask(lab, "GET", "/api/email-messages/", key=key):
        ask(lab, "PATCH", f"/api/email-messages/{row['id']}/", {"is_read": True}, key)


def mailed(lab: StepLab) -> None:
    """What was taken is there; nothing is there more often than it was handed in."""
    for name, subject in (("ada", "came"), ("bob", "inside")):
        rows = ask(lab, "GET", "/api/email-messages/", key=key_of(lab, name))
        assert 1 <= sum(row["subject"] == subject and row["direction"] == "incoming" for row in rows) <= 2, (
            rows
        )


def text(lab: StepLab) -> None:
    """Let a text come in, and send one."""
    key = key_of(lab, "ada")
    hand_in(lab, "t-1")
    for row in ask(lab, "GET", "/api/messages/", key=key):
        ask(lab, "PATCH", f"/api/messages/{row['id']}/", {"is_read": True}, key)


def texted(lab: StepLab) -> None:
    """The gateway's text is there once, however often it was handed in."""
    hand_in(lab, "t-1")
    assert len(ask(lab, "GET", "/api/messages/", key=key_of(lab, "ada"))) == 1


def hand_in(lab: StepLab, ident: str) -> None:
    """Hand a text in as the gateway does."""
    wanted = {"from": OUTSIDE, "to": resident(lab, "ada")["phone"], "body": "hello", "id": ident}
    try:
        answer = httpx.post(place(lab, "sms"), json=wanted, timeout=30, trust_env=False)
    except httpx.TransportError as error:
        raise Died from error
    assert answer.status_code == 202, answer.text


def watch(lab: StepLab) -> None:
    """Let somebody be told of what happens, by posts to an address that nobody answers at."""
    hooks = ask(lab, "GET", "/api/webhook-subscriptions/")
    if not hooks:
        ask(
            lab,
            "POST",
            "/api/webhook-subscriptions/",
            {"url": "http://127.0.0.1:9/", "event_types": ["sms.message.received"]},
        )
    (hook,) = ask(lab, "GET", "/api/webhook-subscriptions/")
    ask(lab, "PATCH", f"/api/webhook-subscriptions/{hook['id']}/", {"event_types": ["sms.message.received"]})
    hand_in(lab, "t-2")
    time.sleep(0.5)
    ask(lab, "DELETE", f"/api/webhook-subscriptions/{hook['id']}/")
    ask(lab, "POST", "/api/sso/token/", {}, key_of(lab, "ada"))


def watched(lab: StepLab) -> None:
    """Nobody is told any more, and the text came once."""
    assert ask(lab, "GET", "/api/webhook-subscriptions/") == []
    rows = ask(lab, "GET", "/api/messages/", key=key_of(lab, "ada"))
    assert len(rows) == 1


def vault(lab: StepLab) -> None:
    """Keep, change and remove passwords and secrets, and seal all anew."""
    key = key_of(lab, "ada")
    held = {row["key"]: row for row in ask(lab, "GET", "/api/secrets/", key=key)}
    if "STAYS" not in held:
        ask(lab, "POST", "/api/secrets/", {"key": "STAYS", "value": "one"}, key)
    held = {row["key"]: row for row in ask(lab, "GET", "/api/secrets/", key=key)}
    ask(lab, "PATCH", f"/api/secrets/{held['STAYS']['uuid']}/", {"value": "two"}, key)
    if "GOES" not in held:
        ask(lab, "POST", "/api/secrets/", {"key": "GOES", "value": "x"}, key)
    for row in ask(lab, "GET", "/api/secrets/", key=key):
        if row["key"] == "GOES":
            ask(lab, "DELETE", f"/api/secrets/{row['uuid']}/", key=key)
    lab.do("identity", "renew-key", "ada")


def kept(lab: StepLab) -> None:
    """What was kept opens, and is what it was last changed to."""
    rows = ask(lab, "GET", "/api/secrets/", key=key_of(lab, "ada"))
    found = {
        row["key"]: ask(lab, "GET", f"/api/secrets/{row['uuid']}/", key=key_of(lab, "ada"))["value"]
        for row in rows
    }
    assert {name: value for name, value in found.items() if name != "GOES"} == {"STAYS": "two"}


def contact(lab: StepLab) -> None:
    """Add, change and remove a contact."""
    key = key_of(lab, "ada")
    if not _contacts(lab):
        ask(lab, "POST", "/api/contacts/", {"email": FRIEND, "display_name": "C"}, key)
    for uuid in _contacts(lab):
        ask(lab, "PATCH", f"/api/contacts/{uuid}/", {"display_name": "D"}, key)
        ask(lab, "DELETE", f"/api/contacts/{uuid}/", key=key)


def contacted(lab: StepLab) -> None:
    """It is gone."""
    assert _contacts(lab) == []


def _contacts(lab: StepLab) -> list[str]:
    rows = ask(lab, "GET", "/api/contacts/", key=key_of(lab, "ada"))
    return [row["uuid"] for row in rows if row["email"] == FRIEND]


def leave(lab: StepLab) -> None:
    """Put an identity away, and delete it for good."""
    if any(row["agent"] == "bob" for row in lab.ask("identity", "list")):
        lab.do("identity", "archive", "bob", "--yes")
        lab.do("identity", "delete", "bob", "--yes")


def left(lab: StepLab) -> None:
    """It is gone, the others are there."""
    assert names(lab) == {"ada", "eve"}


def names(lab: StepLab) -> set[str]:
    """Return the names of all identities that there are."""
    return {str(row["name"]) for row in ask(lab, "GET", "/api/identities/")}
