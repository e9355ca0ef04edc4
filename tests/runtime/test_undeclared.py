"""Agents that the file no longer names can still be looked at."""

from pathlib import Path

from constellagent.runtime.ports import Record
from constellagent.runtime.undeclared import undeclared_agents
from tests.plan.samples import declared


def test_a_stand_in_has_what_we_remember() -> None:
    """Place, branch and identity are those of the record; it would never be started."""
    record = Record("old", Path("/w/old"), "feature/old", "uuid-1", "Old Person")

    (agent,) = undeclared_agents(declared(docs={}), {"old": record})

    assert (agent.name, agent.path, agent.branch) == ("old", Path("/w/old"), "feature/old")
    assert agent.identity is not None
    assert agent.identity.name == "Old Person"
    assert not agent.spec.autostart


def test_declared_agents_need_no_stand_in() -> None:
    """Only what the file does not name is returned; what never had an identity has none."""
    records = {name: Record(name, Path("/w") / name, name) for name in ("docs", "old")}

    (agent,) = undeclared_agents(declared(docs={}), records)

    assert (agent.name, agent.identity) == ("old", None)


def test_an_identity_without_a_name_is_called_like_its_agent() -> None:
    """A record from before the name was known still finds the identity."""
    (agent,) = undeclared_agents(declared(), {"old": Record("old", Path("/w"), "old", "uuid-1")})

    assert agent.identity is not None
    assert agent.identity.name == "old"
