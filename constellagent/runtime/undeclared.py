"""Agents that we made and that the file no longer names: enough of a declaration to look at them."""

from collections.abc import Mapping

from constellagent.plan.desired import Desired, DesiredAgent, DesiredIdentity
from constellagent.runtime.ports import Record
from constellagent.spec.models import Agent


def undeclared_agents(desired: Desired, records: Mapping[str, Record]) -> list[DesiredAgent]:
    """Return a stand-in for each recorded agent that is not declared; it is looked at, never started."""
    return [_stand_in(record) for name, record in records.items() if name not in desired.agents]


def _stand_in(record: Record) -> DesiredAgent:
    identity = None
    if record.identity_uuid is not None:
        identity = DesiredIdentity(record.identity_name or record.agent, record.agent, None, phone=False)
    return DesiredAgent(
        name=record.agent,
        path=record.path,
        branch=record.branch,
        base="auto",
        identity=identity,
        spec=Agent(command=("true",), autostart=False),
        fingerprint="",
    )
