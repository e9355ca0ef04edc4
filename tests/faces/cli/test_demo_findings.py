"""What counts as crossed: every kind of thing that one agent can have of another's, and nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from constellagent.faces.cli.demo_cast import CAST
from constellagent.faces.cli.demo_findings import Belongings, crossings
from constellagent.runtime.identity_views import AuditView, MailView, PasswordView, SecretView, TextView

NUMBERS = {"ada": "+12015550100", "bea": "+12025550100", "cal": "+12035550100", "dan": "+12055550100"}
CODES = {"ada": "link", "bea": "111-111", "cal": "222222", "dan": "333-333"}


def mail(sender: str, to: str, text: str, *, incoming: bool = True, subject: str = "hello") -> MailView:
    """Make a mail."""
    return MailView(
        id=1, thread="t", sender=sender, sender_name="", to=to, cc="", subject=subject, text=text, html="",
        incoming=incoming, read=False, state="", at="", files=[],
    )  # fmt: skip


def text(sender: str, to: str, body: str) -> TextView:
    """Make a text message that came in."""
    return TextView(id=1, sender=sender, to=to, text=body, incoming=True, read=False, state="", at="")


def line(actor: str, action: str = "mail.read", about: str = "") -> AuditView:
    """Make a line of the audit."""
    return AuditView(
        identity="",
        agent="",
        seq=1,
        at="",
        actor=actor,
        action=action,
        result="ok",
        about=about,
        row="",
        value="",
    )


def password(domain: str, username: str, value: str) -> PasswordView:
    """Make an entry of a vault."""
    return PasswordView(
        uuid="", domain=domain, username=username, password=value, notes="", created="", updated=""
    )


def secret(key: str, value: str) -> SecretView:
    """Make a secret."""
    return SecretView(uuid="", key=key, value=value, notes="", created="", updated="")


def everybody() -> dict[str, Belongings]:
    """Return four agents that each have what is theirs."""
    found = {}
    for agent, part in CAST.items():
        service, address, number = part.service, f"{agent}@demo.test", NUMBERS[agent]
        said = f"token={'x' * 20}{agent}" if service.links else f"Your code is {CODES[agent]}."
        mails = [mail(f"no-reply@{service.domain}", address, said)] if "email" in service.wants else []
        mails.append(mail(address, "you@example.com", "I am verified.", incoming=False))
        found[agent] = Belongings(
            agent,
            part,
            f"uuid-{agent}",
            address,
            number,
            f"session-{agent}",
            mails,
            [text(service.number, number, f"Your code is {CODES[agent]}.")]
            if "phone" in service.wants
            else [],
            [password(service.domain, address, f"pw-{agent}-0123456789")],
            [secret("TWOKEYS_API_KEY", f"key of {agent}")] if service.gives_key else [],
            [line(f"session session-{agent}"), line("person"), line("smtp", "mail.received", "a mail")],
        )
    return found


def having(**changes: Callable[[Belongings], dict[str, Any]]) -> list[str]:
    """Return what is found after agents were given more than is theirs."""
    found = everybody()
    for agent, change in changes.items():
        found[agent] = replace(found[agent], **change(found[agent]))
    return crossings([*found.values()])


def test_what_is_ones_own_is_no_problem() -> None:
    """Four agents with their own mails, texts, entries and sessions have nothing that crossed."""
    assert crossings([*everybody().values()]) == []


def test_a_notice_of_the_mail_system_is_no_problem() -> None:
    """A relay that refuses the report answers with a notice, which is the agent's own."""
    notice = mail("mailer-daemon@demo.test", "ada@demo.test", "Your mail could not be delivered.")

    assert having(ada=lambda own: {"mails": [*own.mails, notice]}) == []


@pytest.mark.parametrize(
    ("field", "thing", "problems"),
    [
        (
            "texts",
            text("+18005550124", NUMBERS["ada"], "Your Twokeys code is 333-333."),
            [
                "ada got a text from +18005550124, but signed up at Linkhouse only",
                "a code of dan is in the messages of ada",
                "a code of ada is in the messages of dan",
            ],
        ),
        (
            "texts",
            text("+18005550124", NUMBERS["dan"], "Hello."),
            [
                "ada got a text from +18005550124, but signed up at Linkhouse only",
                f"ada got a text that was sent to {NUMBERS['dan']}",
                "the number of dan is in the messages of ada",
            ],
        ),
        (
            "mails",
            mail("no-reply@codebarn.example", "ada@demo.test", "Hello."),
            ["ada got a mail from no-reply@codebarn.example, but signed up at Linkhouse only"],
        ),
        (
            "mails",
            mail("no-reply@linkhouse.example", "bea@demo.test", "Hello."),
            [
                "ada got a mail that was written to bea@demo.test",
                "the address of bea is in the messages of ada",
            ],
        ),
        (
            "mails",
            mail("bea@demo.test", "you@example.com", "Hello.", incoming=False),
            ["ada has sent a mail as bea@demo.test", "the address of bea is in the messages of ada"],
        ),
        (
            "passwords",
            password("codebarn.example", "ada@demo.test", "fresh"),
            ["ada has a password of ada@demo.test at codebarn.example"],
        ),
        (
            "passwords",
            password("linkhouse.example", "ada@demo.test", "pw-cal-0123456789"),
            ["the password of ada is in the vault of cal", "the password of cal is in the vault of ada"],
        ),
        (
            "secrets",
            secret("TWOKEYS_API_KEY", "key of dan"),
            [
                "ada has a secret TWOKEYS_API_KEY, but Linkhouse gives none",
                "the secret of ada is in the vault of dan",
                "the secret of dan is in the vault of ada",
            ],
        ),
        (
            "audit",
            line("session session-bea", "passwords.get"),
            ["session session-bea did passwords.get with what is ada's"],
        ),
        (
            "audit",
            line("smtp", "mail.received", "333333 is your Twokeys code"),
            ["a code of dan is in the audit of ada"],
        ),
    ],
)
def test_what_is_anothers_is_named(field: str, thing: object, problems: list[str]) -> None:
    """Whatever of another agent's lands with ada is said in words, without the code or the secret itself."""
    found = having(ada=lambda own: {field: [*getattr(own, field), thing]})

    assert sorted(found) == sorted(problems)
    assert not [
        word for word in ("333", "fresh", "key of", "pw-cal-0123456789") for said in found if word in said
    ]


def test_a_link_that_another_agent_got_is_named() -> None:
    """The link's token is a secret of the agent that signed up."""
    strange = mail("no-reply@codebarn.example", "bea@demo.test", f"see token={'x' * 20}ada")

    assert "the link of ada is in the messages of bea" in having(
        bea=lambda own: {"mails": [*own.mails, strange]}
    )


def test_digits_inside_something_longer_are_no_code() -> None:
    """A number or a word that contains a code's digits by chance is none."""
    chance = mail("no-reply@linkhouse.example", "ada@demo.test", "id x333333, +1333333000, 333-333-3333")

    assert having(ada=lambda own: {"mails": [*own.mails, chance]}) == []
