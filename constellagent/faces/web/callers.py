"""Who makes a request, and what they may do."""

from dataclasses import dataclass

from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.routing import Held, Route, Scope, Way


@dataclass(frozen=True, slots=True)
class Caller:
    """One who was let in.

    Attributes:
        scope: what they may do.
        via: how they showed who they are.
        agent: the agent whose token it is, empty for a person.
        file: the constellation of that agent, empty for a person.
        id: which token or login it is, empty on the unix socket.
    """

    scope: Scope
    via: Way
    agent: str = ""
    file: str = ""
    id: str = ""


def check_scope(caller: Caller, operation: Route | Held, agent: str) -> None:
    """Check that the caller may ask for this; `agent` is the one in the path, empty for none.

    Raises:
        HttpError: they may not (403).
    """
    if caller.agent:
        if not operation.own:
            raise HttpError(403, "an agent's token is not for this")
        if agent not in {"", caller.agent}:
            raise HttpError(403, f"this token is for {caller.agent} alone")
        return
    acts = isinstance(operation, Route) and operation.method != "GET" and not operation.harmless
    if caller.scope != "admin" and (acts or operation.scope == "admin"):
        raise HttpError(
            403,
            "this access is for looking only",
            hint="log in without --read-only, or use a token of scope admin",
        )
