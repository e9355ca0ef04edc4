"""Where a person's questions about identities arrive, and are given to whoever answers them."""

import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from constellagent.errors import RefusedError, UsageError
from constellagent.ravi.client import MissingError, RaviClient
from constellagent.ravi.local.provider import LocalProvider
from constellagent.ravi.wires.answers_events import Count
from constellagent.runtime.belongings import audits, lives, messages, premises, vault
from constellagent.runtime.belongings.owned import Owned, bindings_of, find
from constellagent.runtime.contexts import Context, Contexts
from constellagent.runtime.identity_views import (
    AuditReport,
    AuditRequest,
    AuditView,
    IdentityRequest,
    IdentityView,
    ProviderRequest,
)
from constellagent.runtime.sessions import SessionRegistry
from constellagent.runtime.store.bindings import Binding, Bindings

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Answer = Callable[[Owned, IdentityRequest], Awaitable[Any]]

_ANSWERS: Mapping[str, tuple[Answer, frozenset[str]]] = {
    "inbox": (messages.inbox, frozenset()),
    "thread": (messages.thread, frozenset({"thread"})),
    "mails": (messages.mails, frozenset()),
    "sms": (messages.sms, frozenset()),
    "conversation": (messages.conversation, frozenset({"conversation"})),
    "texts": (messages.texts, frozenset()),
    "otp": (messages.otp, frozenset()),
    "send": (messages.send, frozenset({"to", "subject", "body"})),
    "send_sms": (messages.send_sms, frozenset({"to", "body"})),
    "secrets": (vault.secrets, frozenset()),
    "secret": (vault.secret, frozenset({"key"})),
    "passwords": (vault.passwords, frozenset()),
    "password": (vault.password, frozenset({"entry"})),
    "archive": (lives.archive, frozenset()),
    "delete": (lives.delete, frozenset()),
    "renew_key": (lives.renew_key, frozenset()),
    "restart_audit": (audits.restart, frozenset()),
    "export": (lives.export, frozenset({"path"})),
}
"""Who answers each action about an identity that is there, and what the request must hold."""


class Desk:
    """Answers for the daemon."""

    def __init__(
        self,
        contexts: Contexts,
        registry: SessionRegistry,
        bindings: Bindings,
        provider: LocalProvider,
        local: RaviClient,
    ) -> None:
        """`local` asks in the name of the person."""
        self._contexts = contexts
        self._registry = registry
        self._bindings = bindings
        self._provider = provider
        self._local = local

    async def identities(self, file: str) -> list[IdentityView]:
        """Show the identity of each agent, by name."""
        context = await self._contexts.of_file(file)
        bindings = await bindings_of(context)
        counts = await self._counts(context, bindings)
        return [_view(binding, counts.get(binding.uuid)) for binding in bindings]

    async def identity(self, request: IdentityRequest) -> Any:
        """Answer about one identity.

        Raises:
            UsageError: there is no such action or agent, or the request lacks what the action takes.
            ConstellagentError: whatever its action raises.
        """
        context = await self._contexts.of_file(request["file"])
        action = request["action"]
        if action == "import":
            _need(request, frozenset({"path"}))
            return await lives.take_in(context, self._local, request, provider=context.desired.provider)
        owned = await find(context, request["agent"], self._local)
        if action == "show":
            counts = await self._counts(context, [owned.binding])
            return _view(owned.binding, counts.get(owned.binding.uuid))
        if action not in _ANSWERS:
            raise UsageError(f"there is no action {action!r}", hint=f"there are: {', '.join(_ANSWERS)}")
        answer, needed = _ANSWERS[action]
        _need(request, needed)
        if action in {"archive", "delete"}:
            await self._refuse_running(context, owned.agent)
        return await answer(owned, request)

    async def audit(self, request: AuditRequest) -> list[AuditView]:
        """Return lines of the audit.

        Raises:
            UsageError: there is no such agent.
            ConflictError: a chain is broken.
        """
        after, limit = request["after"], request["limit"]
        if request["file"] is None and request["agent"] is None:
            return await audits.newest(self._local, await self._agents(), after, limit)
        return await audits.lines(self._local, await self._whose(request), after, limit)

    async def audit_verify(self) -> AuditReport:
        """Check the audit of every identity."""
        return await audits.check(self._local, await self._agents())

    async def provider(self, request: ProviderRequest) -> Any:
        """Answer about the local provider.

        Raises:
            UsageError: there is no such action or row.
        """
        match request["action"]:
            case "status":
                return await premises.status(self._provider, self._local)
            case "outbox":
                return await premises.outbox(self._local, await self._agents())
            case "retry" | "drop" | "allow_login" | "relay":
                return await premises.change(self._provider, self._local, request)
            case _:
                raise UsageError(f"the local provider knows no {request['action']!r}")

    async def _whose(self, request: AuditRequest) -> dict[str, str]:
        """Return which identities are asked about, and whose they are."""
        file, agent = request["file"], request["agent"]
        if agent is not None and _UUID.fullmatch(agent):
            return {agent: (await self._agents()).get(agent, "")}
        if file is None:
            raise UsageError("an agent is named by its file too", hint="leave --all out")
        context = await self._contexts.of_file(file)
        if agent is not None:
            owned = await find(context, agent, self._local)
            return {owned.binding.uuid: owned.agent}
        return {binding.uuid: binding.agent for binding in await bindings_of(context)}

    async def _agents(self) -> dict[str, str]:
        rows = [row for name in ("local", "ravi") for row in await self._bindings.of_provider(name)]
        return {row.uuid: row.agent for row in rows}

    async def _counts(self, context: Context, bindings: list[Binding]) -> dict[str, Count]:
        """Count what is unread and stored; whom a provider does not count is left out."""
        if context.desired.provider == "local":
            return {row.identity: row for row in await self._local.audit.counts()}
        client = await context.provider.connect()
        try:
            mails = Counter[str]()
            for thread in await client.mail.threads(unread=True):
                mails[thread.inbox.lower()] += thread.unread_count
            texts = Counter[str]()
            for row in await client.texts.conversations(unread=True):
                texts[row.phone_number] += row.unread_count
        except MissingError:
            return {}
        return {
            b.uuid: Count(
                identity=b.uuid, unread_mail=mails[b.address.lower()], unread_texts=texts[b.phone or ""]
            )
            for b in bindings
        }

    async def _refuse_running(self, context: Context, agent: str) -> None:
        """Refuse to take an identity away from a session that runs.

        Raises:
            RefusedError: one does.
        """
        running = [
            row
            for row in await self._registry.live()
            if row.constellation == context.id and row.role != "service" and _is_of(row.subject, agent)
        ]
        if running:
            raise RefusedError(
                f"{agent} runs, and would lose its identity",
                [f"session {row.id}" for row in running],
                hint=f"`constellagent stop {running[0].subject}` first",
            )


def _is_of(subject: str, agent: str) -> bool:
    """Say whether a session is the agent's own, or a run of one of its schedules."""
    return subject.partition("/")[0] == agent


def _need(request: IdentityRequest, names: frozenset[str]) -> None:
    if missing := names - request.keys():
        raise UsageError(f"{request['action']} needs: {', '.join(sorted(missing))}")


def _view(binding: Binding, count: Count | None) -> IdentityView:
    local = binding.provider == "local"
    return IdentityView(
        agent=binding.agent,
        name=binding.name,
        uuid=binding.uuid,
        provider=binding.provider,
        address=binding.address,
        phone=binding.phone,
        archived=binding.archived,
        unread_mails=count.unread_mail if count else None,
        unread_texts=count.unread_texts if count else None,
        passwords=count.passwords if count and local else None,
        secrets=count.secrets if count and local else None,
    )
