"""Who plays in `constellagent demo`: which agent signs up at which service, and how that one verifies."""

from typing import NamedTuple

from constellagent.demo.signups import SERVICES, Service


class Part(NamedTuple):
    """The part of one agent.

    Attributes:
        service: where it signs up.
        proof: what the service asks for.
        line: what its shell runs.
    """

    service: Service
    proof: str
    line: str


CAST = {
    "ada": Part(SERVICES["link"], "email link", "sh agents/link.sh"),
    "bea": Part(SERVICES["code"], "email code", "sh agents/code.sh"),
    "cal": Part(SERVICES["text"], "SMS code", "sh agents/text.sh"),
    "dan": Part(SERVICES["both"], "email + SMS", '"$PYTHON" agents/both.py'),
}
"""The agents by name."""

OWNER = "you@example.com"
"""To whom they report, as the demo's file declares it."""

LAST_LINE = "done"
"""What an agent writes to its terminal when it has done all of it."""
