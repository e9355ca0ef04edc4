"""Passwords and secrets of an identity, as a person looks at them: masked, unless they ask aloud."""

from constellagent.errors import ConstellagentError
from constellagent.ravi.wires.answers_vault import Password
from constellagent.runtime.belongings import views
from constellagent.runtime.belongings.owned import Owned
from constellagent.runtime.identity_views import IdentityRequest, PasswordView, SecretView


async def secrets(owned: Owned, request: IdentityRequest) -> list[SecretView]:
    """Show all secrets. To reveal them each is fetched by itself, so that the audit names each."""
    await owned.tell("secrets.list")
    rows = await owned.belongings.secrets.all()
    if not request.get("reveal", False):
        return [views.secret(row, reveal=False) for row in rows]
    revealed = []
    for row in rows:
        await owned.tell("secrets.get", about=row.key, value=row.value.get_secret_value())
        revealed.append(views.secret(await owned.belongings.secrets.get(row.uuid), reveal=True))
    return revealed


async def secret(owned: Owned, request: IdentityRequest) -> SecretView:
    """Show one secret.

    Raises:
        ConstellagentError: there is none of this name.
    """
    key = request["key"]
    await owned.tell("secrets.get", about=key)
    found = await owned.belongings.secrets.find(key)
    if found is None:
        raise ConstellagentError(
            f"{owned.agent} has no secret {key.upper()}",
            hint=f"`constellagent identity secrets {owned.agent}` lists them",
        )
    return views.secret(found, reveal=request.get("reveal", False))


async def passwords(owned: Owned, request: IdentityRequest) -> list[PasswordView]:
    """Show all logins. To reveal them each is fetched by itself, so that the audit names each."""
    await owned.tell("passwords.list")
    rows = await owned.belongings.passwords.all()
    if not request.get("reveal", False):
        return [views.password(row, reveal=False) for row in rows]
    return [await _revealed(owned, row) for row in rows]


async def password(owned: Owned, request: IdentityRequest) -> PasswordView:
    """Show one login, by its uuid or by a domain that has only one.

    Raises:
        ConstellagentError: none or several are meant.
    """
    wanted = request["entry"]
    await owned.tell("passwords.list")
    rows = await owned.belongings.passwords.all()
    chosen = [row for row in rows if row.uuid == wanted] or [row for row in rows if _is_at(row, wanted)]
    if len(chosen) != 1:
        names = ", ".join(f"{row.uuid} ({row.username} at {row.domain})" for row in chosen or rows)
        raise ConstellagentError(
            f"{owned.agent} has {len(chosen) or 'no'} passwords for {wanted}",
            hint=f"give one's uuid; there are: {names or 'none'}",
        )
    if not request.get("reveal", False):
        return views.password(chosen[0], reveal=False)
    return await _revealed(owned, chosen[0])


async def _revealed(owned: Owned, row: Password) -> PasswordView:
    about = f"{row.domain} {row.username}"
    await owned.tell("passwords.get", about=about, value=row.password.get_secret_value())
    return views.password(await owned.belongings.passwords.get(row.uuid), reveal=True)


def _is_at(row: Password, domain: str) -> bool:
    """Whether a login is for this domain, or for the one that it lies below."""
    return bool(row.domain) and f".{domain.casefold()}".endswith(f".{row.domain.casefold()}")
