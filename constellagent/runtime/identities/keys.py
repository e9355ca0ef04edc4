"""The one key that we hold for each identity: minted once, kept sealed, replaced when it was revoked."""

from dataclasses import dataclass, replace

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError
from constellagent.ravi.client import InDoubtError, MissingError, RaviClient
from constellagent.ravi.vault import RootKey
from constellagent.runtime.identities.creation import Connect
from constellagent.runtime.ports import Journal, Step
from constellagent.runtime.store.bindings import Binding, Bindings


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one constellation's identities."""

    connect: Connect
    bindings: Bindings
    journal: Journal
    root: RootKey

    async def live(self) -> frozenset[str] | None:
        """Return the ids of the keys that work, None where the provider does not tell."""
        client = await self.connect()
        try:
            return frozenset(key.uuid for key in await client.list_identity_keys() if key.is_active)
        except (ConflictError, MissingError, UnavailableError):
            return None

    def works(self, binding: Binding, live: frozenset[str] | None) -> bool:
        """Whether we hold a key that works, as far as we know."""
        return binding.key_uuid is not None and (live is None or binding.key_uuid in live)

    def unsealed(self, binding: Binding) -> str:
        """Return the key.

        Raises:
            VaultError: it was sealed with another root key.
        """
        return self.root.unseal(binding.key_sealed or b"", place(binding)).decode()

    async def mint(self, binding: Binding) -> Binding:
        """Mint a key, store it sealed, and return the binding with it.

        Raises:
            InDoubtError: a key may exist that nobody knows; the next call revokes it first.
        """
        in_doubt = Step.IDENTITY_KEY in await self.journal.open_steps(binding.agent)
        refused: ConstellagentError | None = None
        client = await self.connect()
        async with self.journal.step(Step.IDENTITY_KEY, binding.agent, uuid=binding.uuid):
            if in_doubt:
                await self._revoke_unknown(client, binding)
            try:
                minted = await client.create_identity_key(binding.uuid, self._label(binding))
            except InDoubtError:
                raise
            except ConstellagentError as error:
                refused = error
            else:
                sealed = self.root.seal(minted.key.get_secret_value().encode(), place(binding))
                binding = replace(binding, key_uuid=minted.uuid, key_sealed=sealed)
                await self.bindings.put(binding)
        # What was surely not done is raised out here, where the intent is settled.
        if refused is not None:
            raise refused
        return binding

    async def revoke(self, binding: Binding) -> None:
        """End every key that there is of this agent, also one that nobody knows; repeating it is harmless.

        Raises:
            ConstellagentError: the provider refuses or cannot be reached.
        """
        client = await self.connect()
        if Step.IDENTITY_KEY in await self.journal.open_steps(binding.agent):
            await self._revoke_unknown(client, binding)
        if binding.key_uuid is not None:
            await client.delete_identity_key(binding.key_uuid)

    async def _revoke_unknown(self, client: RaviClient, binding: Binding) -> None:
        """Revoke what an earlier try may have minted: its key was in an answer that nobody has.

        It may have been for another identity: a person can have given the agent a new one since.
        """
        label = self._label(binding)
        for key in await client.list_identity_keys():
            if key.label == label and key.is_active:
                await client.delete_identity_key(key.uuid)

    def _label(self, binding: Binding) -> str:
        """Name the key after its agent, and mark it as ours: nobody else has our root key."""
        mark = self.root.mac("key label", f"{binding.constellation}|{binding.agent}")[:12]
        return f"{binding.agent} ({mark})"


def place(binding: Binding) -> str:
    """Return the place that a sealed key is bound to, so that it opens in no other binding."""
    return f"bindings|{binding.provider}|{binding.uuid}|key"
