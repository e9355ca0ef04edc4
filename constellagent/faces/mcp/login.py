"""As whom this server speaks: as the one identity of the session that started it, and never as more."""

from collections.abc import Mapping
from pathlib import Path

from constellagent.errors import UsageError
from constellagent.ravi.client import RaviClient
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login, find_login

_INSIDE = "start it in an agent's session, or in a worktree whose agent has an identity"


def find(environ: Mapping[str, str], start: Path, *, needed: bool = True) -> Login | None:
    """Return the login of the calling session, or of the nearest `.ravi` folder upwards from `start`.

    Where there is none, and it is not `needed`, it is None.

    Raises:
        UsageError: there is none, it cannot be used, or it opens more than one identity.
    """
    try:
        login = find_login(environ, start)
    except CallError as error:
        raise UsageError(str(error), hint="`constellagent apply` writes it again") from error
    if not login.key:
        if not needed:
            return None
        raise UsageError("there is no identity to speak as", hint=_INSIDE)
    if login.may_manage:
        raise UsageError(
            "a management key opens every identity, and this server speaks as one of them only", hint=_INSIDE
        )
    return login


class Fence:
    """Lets tools use the client once it is sure that its key opens one identity only."""

    def __init__(self, client: RaviClient) -> None:
        self._client = client
        self._narrow = False

    async def client(self) -> RaviClient:
        """Return the client.

        The provider is asked once, when the first tool is used: a daemon that starts again at this moment
        must not cost the agent its tools.

        Raises:
            UsageError: the key opens several identities.
            ConstellagentError: the provider refuses the key, or cannot be reached.
        """
        if not self._narrow:
            opened = await self._client.list_identities()
            if len(opened) > 1:
                raise UsageError(
                    f"this key opens {len(opened)} identities, and this server speaks as one only",
                    hint=_INSIDE,
                )
            self._narrow = True
        return self._client
