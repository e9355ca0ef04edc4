"""What a look can answer."""

from dataclasses import fields

from constellagent.plan.observed import Absent, Observed, ObservedAgent, ObservedService, Unknown


def test_what_nobody_looked_at_is_unknown() -> None:
    """No answer that is left out reads as absence, in any field that holds the answer of a look."""
    agent, service = ObservedAgent(), ObservedService()
    looks = {f.name for f in fields(ObservedAgent)} - {"runs", "missing_env", "made_by_us"}
    assert looks == {"worktree", "branch", "base", "identity", "session", "schedules"}
    assert all(isinstance(getattr(agent, name), Unknown) for name in looks)
    assert isinstance(service.session, Unknown)


def test_an_agent_is_not_ours_unless_somebody_says_so() -> None:
    """Only a record makes an agent ours, so that nothing is removed by default."""
    assert ObservedAgent().made_by_us is False
    assert Observed() == Observed({}, {})


def test_an_unreachable_provider_is_told_from_other_failures() -> None:
    """Only an identity whose provider could not be reached makes the look an unavailable one."""
    gone = Unknown("connection refused", unavailable=True)
    assert Observed({"docs": ObservedAgent(identity=gone)}).unavailable
    assert not Observed({"docs": ObservedAgent(worktree=gone)}).unavailable
    assert not Observed({"docs": ObservedAgent(identity=Absent())}).unavailable
