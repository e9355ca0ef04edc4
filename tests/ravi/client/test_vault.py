"""Passwords and secrets through the client, at a provider that really listens."""

import pytest

from constellagent.ravi.client import MissingError, RaviClient
from constellagent.ravi.wires.answers_vault import Password, Secret


async def test_passwords(alice: RaviClient) -> None:
    """Stored with what is made up, listed, changed, removed."""
    made = await alice.passwords.create("https://www.example.com/login", notes="first")
    assert (made.domain, made.username) == ("example.com", "alice@constellagent.test")
    assert len(made.password.get_secret_value()) >= 12
    given = await alice.passwords.create("b.test", username="me", password="pw")
    assert {row.uuid for row in await alice.passwords.all()} == {made.uuid, given.uuid}
    changed = await alice.passwords.update(given.uuid, password="other")
    assert (changed.username, changed.password.get_secret_value()) == ("me", "other")
    await alice.passwords.delete(made.uuid)
    with pytest.raises(MissingError):
        await alice.passwords.get(made.uuid)
    with pytest.raises(MissingError):
        await alice.passwords.delete(made.uuid)


async def test_generated_passwords(alice: RaviClient) -> None:
    """Length, classes and left-out characters are as asked."""
    plain = (await alice.passwords.generate()).password.get_secret_value()
    assert len(plain) >= 8
    without = frozenset({"uppercase", "digits", "special"})
    made = await alice.passwords.generate(length=30, exclude="aeiou", without=without)
    word = made.password.get_secret_value()
    assert (len(word), word.isalpha(), word.islower()) == (30, True, True)
    assert not set("aeiou") & set(word)


async def test_secrets(alice: RaviClient, robert: RaviClient) -> None:
    """Set, found in any case, replaced, removed; another identity has its own."""
    first = await alice.secrets.set("api_key", "one", notes="n")
    second = await alice.secrets.set("API_KEY", "two")
    assert first.uuid == second.uuid
    found = await alice.secrets.find("Api_Key")
    assert found is not None
    assert (found.key, found.value.get_secret_value()) == ("API_KEY", "two")
    assert (await alice.secrets.get(found.uuid)).notes.get_secret_value() == "n"
    assert await robert.secrets.find("api_key") is None
    await alice.secrets.delete(found.uuid)
    assert await alice.secrets.all() == []


def test_values_never_show() -> None:
    """Neither a repr nor a dump shows a value or a note; null stands for empty."""
    password = Password.model_validate({"uuid": "u", "password": "canary", "notes": "canary"})
    secret = Secret.model_validate({"uuid": "u", "key": "K", "value": "canary", "notes": None})
    for row in (password, secret):
        assert "canary" not in f"{row!r} {row} {row.model_dump()} {row.model_dump_json()}"
    assert secret.notes.get_secret_value() == ""
