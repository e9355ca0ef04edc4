"""The account: its identities, their keys, its mail domains. Whatever changes them needs a management key."""

from constellagent.ravi.client.transport import Transport, segment
from constellagent.ravi.failures import ACCOUNT, MissingError
from constellagent.ravi.wire import Domain, EmailAddress, Identity, IdentityKey, Owner, PhoneNumber


class Account:
    """The part of `RaviClient` that is about identities as such."""

    def __init__(self, transport: Transport) -> None:
        self._account = transport

    async def list_identities(self, *, archived: bool = False) -> list[Identity]:
        """Return all identities that the key opens; with `archived` also those that were put away."""
        params = {"archived": "true"} if archived else {}
        return await self._account.rows(Identity, "/identities/", params=params, advice=ACCOUNT)

    async def get_identity(self, uuid: str) -> Identity:
        """Return one identity."""
        return await self._account.one(Identity, "GET", f"/identities/{segment(uuid)}/", advice=ACCOUNT)

    async def create_identity(
        self, *, name: str, email: str | None = None, domain: str | None = None
    ) -> Identity:
        """Ask once for a new identity. `email` is the local part of its address.

        Raises:
            InDoubtError: nobody knows whether it exists now; list before asking again.
            TakenError: the address is taken.
        """
        wanted = {"name": name, "email_identifier": email, "domain": domain}
        body = {key: value for key, value in wanted.items() if value is not None}
        return await self._account.one(Identity, "POST", "/identities/", body=body, advice=ACCOUNT)

    async def rename_identity(self, uuid: str, name: str) -> Identity:
        """Give an identity another name; its address stays."""
        return await self._account.one(
            Identity, "PATCH", f"/identities/{segment(uuid)}/", body={"name": name}, advice=ACCOUNT
        )

    async def provision_phone(self, uuid: str) -> Identity:
        """Give an identity a number.

        Raises:
            TakenError: it has one.
            InDoubtError: nobody knows whether it has one now.
        """
        path = f"/identities/{segment(uuid)}/provision-phone/"
        return await self._account.one(Identity, "POST", path, advice=ACCOUNT)

    async def archive_identity(self, uuid: str) -> bool:
        """Put an identity away, keeping all it has; False where the provider cannot."""
        return await self._offered("POST", f"/identities/{segment(uuid)}/archive/")

    async def restore_identity(self, uuid: str) -> bool:
        """Bring back an identity that was put away; False where the provider cannot."""
        return await self._offered("POST", f"/identities/{segment(uuid)}/restore/")

    async def delete_identity(self, uuid: str) -> bool:
        """Destroy an identity that was put away, with all it has; False where the provider cannot.

        Raises:
            TakenError: it was not put away first.
        """
        return await self._offered("DELETE", f"/identities/{segment(uuid)}/")

    async def renew_identity_key(self, uuid: str) -> bool:
        """Let the provider seal what it keeps of an identity with a new key; False where it cannot."""
        return await self._offered("POST", f"/identities/{segment(uuid)}/renew-key/")

    async def list_identity_keys(self) -> list[IdentityKey]:
        """Return the keys of all identities, without their secret part."""
        return await self._account.rows(IdentityKey, "/auth/keys/identity/", advice=ACCOUNT)

    async def create_identity_key(self, identity_uuid: str, label: str) -> IdentityKey:
        """Mint a key for one identity; its `key` is in this answer and never again.

        Raises:
            InDoubtError: a key may exist that nobody knows; revoke by label before asking again.
        """
        body = {"label": label, "identity_uuid": identity_uuid}
        return await self._account.one(IdentityKey, "POST", "/auth/keys/identity/", body=body, advice=ACCOUNT)

    async def delete_identity_key(self, key_uuid: str) -> bool:
        """Revoke a key; False where there is none."""
        return await self._offered("DELETE", f"/auth/keys/identity/{segment(key_uuid)}/")

    async def get_email(self, identity: str | None = None) -> EmailAddress | None:
        """Return the mailbox of the identity (default: the key's own)."""
        rows = await self._account.rows(EmailAddress, "/email/", params=_scope(identity))
        return rows[0] if rows else None

    async def get_phone(self, identity: str | None = None) -> PhoneNumber | None:
        """Return the number of the identity (default: the key's own), None where it has none."""
        rows = await self._account.rows(PhoneNumber, "/phone/", params=_scope(identity))
        return rows[0] if rows else None

    async def get_owner(self) -> Owner:
        """Return the human who owns the account."""
        return await self._account.one(Owner, "GET", "/master/")

    async def list_domains(self) -> list[Domain]:
        """Return the mail domains of the account."""
        return await self._account.rows(Domain, "/domains/")

    async def _offered(self, method: str, path: str) -> bool:
        """Ask for what a provider may not offer, or may have done already; False for either."""
        try:
            await self._account.call(method, path, advice=ACCOUNT)
        except MissingError:
            return False
        return True


def _scope(identity: str | None) -> dict[str, str]:
    return {"identity": identity} if identity else {}
