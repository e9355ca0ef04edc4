"""The public SDK, unmodified: passwords and secrets."""

import pytest
from ravi.errors import NotFoundError, ValidationError

from tests.ravi.local.sdk_tour import Tour, exercises


@exercises(
    "Identity.vault",
    "Passwords.list",
    "Passwords.get",
    "Passwords.create",
    "Passwords.update",
    "Passwords.delete",
    "Passwords.generate",
)
def test_passwords(tour: Tour) -> None:
    """What is given is kept, what is not is made up; changed, listed, removed; nobody else's."""
    passwords = tour.alice.vault.passwords
    made = passwords.create(domain="https://app.shop.example/login", password="p w", notes="n")
    assert (made.domain, made.username, made.password, made.notes) == (
        "shop.example",
        tour.alice.email_address,
        "p w",
        "n",
    )
    invented = passwords.create(domain="b.example", username="ann")
    assert (invented.username, len(invented.password) >= 16) == ("ann", True)
    assert [row.uuid for row in passwords.list()] == [made.uuid, invented.uuid]
    changed = passwords.update(made.uuid, password="new", notes="other")
    assert (changed.password, changed.notes, changed.domain) == ("new", "other", "shop.example")
    assert passwords.get(made.uuid) == changed
    generated = {passwords.generate()["password"] for _ in range(3)}
    assert len(generated) == 3
    assert tour.bob.vault.passwords.list() == []
    for attempt in (tour.bob.vault.passwords.get, tour.bob.vault.passwords.delete):
        with pytest.raises(NotFoundError, match="No PasswordEntry"):
            attempt(made.uuid)
    passwords.delete(made.uuid)
    assert [row.uuid for row in passwords.list()] == [invented.uuid]


@exercises(
    "Identity.vault", "Secrets.list", "Secrets.get", "Secrets.create", "Secrets.update", "Secrets.delete"
)
def test_secrets(tour: Tour) -> None:
    """A name is in capitals and occurs once in a vault; another identity has its own under the same."""
    secrets = tour.alice.vault.secrets
    made = secrets.create(key="api_key", value="sk-1", notes="n")
    assert (made.key, made.value, made.notes) == ("API_KEY", "sk-1", "n")
    with pytest.raises(ValidationError) as twice:
        secrets.create(key="API_KEY", value="sk-2")
    assert twice.value.details == {"field": "key", "code": "unique"}
    with pytest.raises(ValidationError):
        secrets.create(key="no spaces")
    theirs = tour.bob.vault.secrets.create(key="api_key", value="sk-3")
    changed = secrets.update(made.uuid, value="sk-4")
    assert (changed.value, changed.notes, secrets.get(made.uuid)) == ("sk-4", "n", changed)
    assert [row.value for row in secrets.list()] == ["sk-4"]
    for attempt in (secrets.get, secrets.delete):
        with pytest.raises(NotFoundError, match="No SecretEntry"):
            attempt(theirs.uuid)
    secrets.delete(made.uuid)
    assert secrets.list() == []
    assert tour.bob.vault.secrets.get(theirs.uuid).value == "sk-3"
