"""From the settings of this machine to those of the local provider."""

import pwd

import pytest
from pydantic import SecretStr

from constellagent.errors import UsageError
from constellagent.ravi.local.options import Relay
from constellagent.runtime.provider_options import owner, provider_options, read_relay
from constellagent.runtime.settings import Settings


@pytest.mark.parametrize(
    ("url", "relay"),
    [
        ("smtp://mail.example.com", Relay("mail.example.com", 587, "starttls", "", "p")),
        ("smtp://me%40work.test@mail.test:2525", Relay("mail.test", 2525, "starttls", "me@work.test", "p")),
        ("smtps://me@mail.example.com", Relay("mail.example.com", 465, "tls", "me", "p")),
        ("smtp://127.0.0.1:1025", Relay("127.0.0.1", 1025, "none", "", "p")),
        ("smtp://[::1]", Relay("::1", 25, "none", "", "p")),
    ],
)  # fmt: skip
def test_an_address_names_a_relay(url: str, relay: Relay) -> None:
    """Scheme and host decide how the connection is protected; only this machine goes without."""
    assert read_relay(url, "p") == relay


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://host:port", "smtp://h/path", ""]
)
def test_other_addresses_are_refused(url: str) -> None:
    """What is no SMTP server is a usage error that says what to write."""
    with pytest.raises(UsageError, match="the address of the relay"):
        read_relay(url, "")


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    """An address shows in logs and lists of processes; a password has a variable of its own."""
    with pytest.raises(UsageError, match="holds a password") as caught:
        read_relay("smtp://me:canary-4711@host", "")
    assert "canary-4711" not in str(caught.value)


def test_settings_become_options() -> None:
    """Port, relay, token and limit go through; unset means no relay and no check."""
    plain = provider_options(Settings())
    assert (plain.smtp_port, plain.relay, plain.sms_token) == (0, None, "")
    assert plain.most_kept == 4 << 30

    chosen = provider_options(
        Settings(
            smtp_port=2525,
            mailbox_limit=10,
            relay_url="smtp://host",
            relay_password=SecretStr("canary-4711"),
            sms_token=SecretStr("token"),
        )
    )
    assert (chosen.smtp_port, chosen.sms_token) == (2525, "token")
    assert chosen.most_kept == 10 << 20
    assert chosen.relay == Relay("host", 587, "starttls", "", "canary-4711")
    assert "canary-4711" not in repr(chosen)


@pytest.mark.parametrize(
    ("gecos", "first", "last"),
    [
        ("Ada Lovelace,,,", "Ada", "Lovelace"),
        ("Ada King Lovelace", "Ada", "King Lovelace"),
        ("Ada", "Ada", ""),
        ("", "ada", ""),
    ],
)
def test_the_owner_is_who_the_unix_user_is(
    gecos: str, first: str, last: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The full name of the user database, else the user's name."""
    entry = pwd.struct_passwd(("ada", "x", 1, 1, gecos, "/home/ada", "/bin/sh"))
    monkeypatch.setattr(pwd, "getpwuid", lambda _: entry)
    assert (owner().first_name, owner().last_name) == (first, last)
