"""Files with agents that only their schedules wake."""

from collections.abc import Mapping

TELL = (
    'echo "$CONSTELLAGENT_FIRE_AT $CONSTELLAGENT_SCHEDULE $CONSTELLAGENT_ATTEMPT $CONSTELLAGENT_RUN_ID" >> '
)
"""What a run writes, at once and to the end of the file that comes after it."""

SELDOM = '{cron: "0 0 1 1 *"}'
"""A schedule that is there and does not fire."""

_AGENT = """\
  {name}:
    command: ["true"]
    autostart: false
    stop_grace: 1s
    identity: {identity}
    schedules:
"""


def woken(agents: Mapping[str, Mapping[str, str]], *, identities: bool = False) -> str:
    """Return the block below `agents:`, from the schedules of each agent by name."""
    blocks = []
    for agent, schedules in agents.items():
        lines = [f"      {name}: {spec}\n" for name, spec in schedules.items()]
        blocks.append(_AGENT.format(name=agent, identity=agent if identities else "false") + "".join(lines))
    return "".join(blocks)
