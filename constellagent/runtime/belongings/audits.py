"""The audit, as a person reads it: whose line is whose agent's."""

from collections.abc import Mapping

from constellagent.errors import ConflictError
from constellagent.ravi.client import MissingError, RaviClient, TakenError
from constellagent.ravi.wires.answers_events import AuditLine
from constellagent.runtime.belongings.owned import Owned
from constellagent.runtime.identity_views import (
    AuditReport,
    AuditView,
    ChainView,
    DoneView,
    IdentityRequest,
)

_MOST = 1000
"""Lines that one answer may hold."""


async def lines(
    client: RaviClient, agents: Mapping[str, str], after: Mapping[str, int], limit: int
) -> list[AuditView]:
    """Return lines of these identities (agent by uuid), by time, oldest first.

    Of an identity in `after` those beyond that line, of another one the newest `limit`.
    """
    found: list[AuditView] = []
    for identity, agent in agents.items():
        try:
            if identity in after:
                rows = await client.audit.of(identity, after=after[identity])
            else:
                rows = await client.audit.of(identity, limit=limit)
        except MissingError:
            continue  # a hosted identity that nobody looked into yet
        found += [_view(row, agent) for row in rows]
    return _by_time(found)


async def newest(
    client: RaviClient, agents: Mapping[str, str], after: Mapping[str, int], limit: int
) -> list[AuditView]:
    """Return the newest lines of all identities there are, beyond those in `after`, by time, oldest first."""
    rows = await client.audit.everything(limit=_MOST if after else limit)
    return _by_time(
        [_view(row, agents.get(row.identity, "")) for row in rows if row.seq > after.get(row.identity, 0)]
    )


async def check(client: RaviClient, agents: Mapping[str, str]) -> AuditReport:
    """Check the audit of every identity."""
    found = await client.audit.verify()
    chains = [
        ChainView(
            identity=row.identity,
            agent=agents.get(row.identity, ""),
            lines=row.lines,
            ok=row.ok,
            problem=row.problem,
        )
        for row in found.identities
    ]
    return AuditReport(
        ok=found.ok and all(chain["ok"] for chain in chains), problem=found.problem, identities=chains
    )


async def restart(owned: Owned, _: IdentityRequest) -> DoneView:
    """Set the broken audit of an identity aside and begin it again.

    Raises:
        ConflictError: it holds.
    """
    try:
        aside = await owned.audit.restart(owned.binding.uuid)
    except TakenError as error:
        raise ConflictError(
            f"the audit of {owned.binding.address} holds", hint="nothing was done: leave it as it is"
        ) from error
    return DoneView(
        done=[
            f"began the audit of {owned.binding.address} again",
            f"the old one is {aside}; keep it" if aside else "there was no old one to keep",
        ]
    )


def _by_time(found: list[AuditView]) -> list[AuditView]:
    # Within an identity the chain's own order holds, whatever the clock did.
    return sorted(found, key=lambda view: (view["at"], view["identity"], view["seq"]))


def _view(row: AuditLine, agent: str) -> AuditView:
    return AuditView(
        identity=row.identity,
        agent=agent,
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        action=row.action,
        result=row.result,
        about=row.about,
        row=row.row,
        value=row.value,
    )
