"""What a plan says of an agent's sandbox: why there can be none here, and what it cannot do or keep there."""

from constellagent.plan.desired import Desired, DesiredAgent
from constellagent.plan.draft import Draft
from constellagent.spec.sandbox import SandboxKind
from constellagent.spec.suggest import listed

_WHY: dict[SandboxKind, str] = {
    "bwrap": "we have no control group; a daemon that systemd starts for you has one "
    "(`constellagent daemon install`)",
    "seatbelt": "macOS has no control groups",
}
"""Why a limit cannot be kept, and what to do."""


def check_sandbox(draft: Draft, agent: DesiredAgent, desired: Desired) -> None:
    """Stop an agent that cannot be run in the sandbox that it declares: nothing is done without it."""
    sandbox, unlimited = agent.spec.sandbox, desired.unlimited.get(agent.name, ())
    if sandbox.kind == "none":
        return
    if agent.spec.kind != "command" and not agent.spec.own_profile:
        draft.stop_conflict(
            f"`options.profile: person` cannot be kept in `sandbox: {sandbox.kind}`: your configuration of "
            f"{agent.spec.kind} is hidden there; remove it or declare `profile: agent`, and give the agent "
            "its key with `env.pass`"
        )
    if sandbox.network == "none" and desired.host and agent.identity is not None:
        draft.inform(
            f"sandbox: `network: none` keeps it from {desired.host} too: it can neither read nor send mail, "
            "texts or secrets itself; `identities.provider: local` can be reached there"
        )
    if why := desired.unfit.get(agent.name):
        draft.stop_conflict(f"sandbox: {sandbox.kind}: {why}")
    elif unlimited:
        draft.inform(f"sandbox: {listed(unlimited, 'and')} cannot be limited here: {_WHY[sandbox.kind]}")
