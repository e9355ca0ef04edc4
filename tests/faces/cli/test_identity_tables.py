"""Identities, mail and vaults as lines."""

import io
import sys

import pytest

from constellagent.faces.cli import identity_tables as tables
from tests.faces.cli.personal import (
    EVIL,
    conversation_view,
    identity_view,
    mail_view,
    outbox_view,
    password_view,
    secret_view,
    text_view,
    thread_view,
)
from tests.golden_option import Golden

WIDE, PLAIN = sys.maxsize, io.StringIO()


@pytest.mark.usefixtures("utc")
def test_what_a_person_sees(golden: Golden) -> None:
    """Every table, as it is without a terminal."""
    mail = mail_view(
        1,
        cc="me@example.com",
        files=[
            {"name": "plan.pdf", "kind": "application/pdf", "size": 52_000},
            {"name": "a", "kind": "b", "size": 9},
        ],
    )
    parts = [
        tables.identities(
            [
                identity_view("docs", unread_mails=3),
                identity_view("api", phone=None, passwords=None, secrets=None, unread_texts=None),
                identity_view("old", archived=True),
            ],
            WIDE,
            PLAIN,
        ),
        tables.identity(identity_view("docs", archived=True)),
        tables.identity(identity_view("api", phone=None)),
        tables.threads(
            [thread_view("Plan", unread=2, mails=3), thread_view("", sender_name="")], WIDE, PLAIN
        ),
        tables.mail(mail, PLAIN),
        tables.mail(mail_view(2, text="", html="<p>Hi</p>", read=True), PLAIN),
        tables.mail(mail_view(3, incoming=False, state="held"), PLAIN),
        tables.conversations(
            [
                conversation_view("+12015550199", preview="two\nlines"),
                conversation_view("ACME", unread=0),
            ],
            WIDE,
            PLAIN,
        ),
        tables.text(text_view(1), PLAIN),
        tables.text(text_view(2, incoming=False, to="+14155552671", state="held", text="two\nlines"), PLAIN),
        tables.secrets([secret_view("API_KEY"), secret_view("TOKEN", "sk_1")], WIDE, PLAIN),
        tables.passwords(
            [password_view("example.com"), password_view("b.test", "correct horse")], WIDE, PLAIN
        ),
        tables.outbox(
            [outbox_view(1), outbox_view(2, state="waiting", agent="", next_attempt="2026-11-22T17:00:00Z")],
            WIDE,
            PLAIN,
        ),
    ]
    golden("cli/identity.txt", "\n\n".join("\n".join(lines) for lines in parts) + "\n")


def test_nothing_that_a_stranger_wrote_reaches_the_terminal() -> None:
    """Control characters of senders, subjects, texts and file names are shown as replaced."""
    parts = [
        *tables.threads([thread_view(EVIL, sender_name=EVIL)], 80, PLAIN),
        *tables.mail(
            mail_view(1, subject=EVIL, text=EVIL, files=[{"name": EVIL, "kind": EVIL, "size": 1}]), PLAIN
        ),
        *tables.conversations([conversation_view(EVIL, preview=EVIL)], 80, PLAIN),
        *tables.text(text_view(1, sender=EVIL, text=EVIL), PLAIN),
        *tables.secrets([secret_view(EVIL, EVIL)], 80, PLAIN),
        *tables.passwords([password_view(EVIL, EVIL)], 80, PLAIN),
        *tables.outbox([outbox_view(1, to=EVIL, subject=EVIL, problem=EVIL)], 200, PLAIN),
    ]
    assert "\x1b" not in "".join(parts)
    assert "\r" not in "".join(parts)


def test_a_mask_says_nothing_of_what_it_hides() -> None:
    """Short and long values look the same."""
    assert tables.MASK in tables.secrets([secret_view("K")], WIDE, PLAIN)[1]


def test_times_that_cannot_be_read_are_shown_as_they_are() -> None:
    """A provider's odd time is better than none."""
    assert tables.moment("yesterday") == "yesterday"
    assert tables.moment("") == ""
