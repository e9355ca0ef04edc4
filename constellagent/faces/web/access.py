"""The operations about access itself: log in and out, who am I, turn the page on and off, tokens."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NotRequired, Protocol, TypedDict, cast
from urllib.parse import quote

from constellagent.errors import UsageError
from constellagent.faces import opening
from constellagent.faces.web.logins import CODE_LIFE, Logins
from constellagent.faces.web.page import PageFiles, PageView
from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.routing import Call, Cookied, Handler, Method, Route, Scope, Way
from constellagent.faces.web.tokens import NewTokenView, TokenBody, Tokens, TokenView
from constellagent.runtime.paths import constellation_id
from constellagent.runtime.tasks import spawn


class LoginBody(TypedDict):
    """The code out of the address that `constellagent web` opened."""

    code: str


class LoginView(TypedDict):
    """A new login: what the page sends as `X-Constellagent`, beside the cookie, with every request."""

    page: str


class MeView(TypedDict):
    """Who the caller is. `agent` and `constellation` (an id) are empty for a person."""

    scope: Scope
    agent: str
    constellation: str
    via: Way


class WebBody(TypedDict):
    """How to open the page: for looking only, and at which agent (with its constellation, by id or name)."""

    read_only: NotRequired[bool]
    constellation: NotRequired[str]
    agent: NotRequired[str]


class WebView(TypedDict):
    """Where the page is served. `why` says why not, or what is worth knowing; `page` whether it was built."""

    on: bool
    url: str
    host: str
    port: int
    why: str
    page: PageView


class OpenedView(WebView):
    """Where the page is served, with an address that logs a browser in, once, until `expires_at`."""

    expires_at: float


class Face(Protocol):
    """The TCP entrance, as far as these operations turn it."""

    @property
    def url(self) -> str:
        """Its address without a path, empty where it is off."""
        ...

    @property
    def place(self) -> tuple[str, int]:
        """Host and port, empty and 0 where it is off."""
        ...

    @property
    def why(self) -> str:
        """Why it is off, or what is worth knowing."""
        ...

    async def turn_on(self) -> None:
        """Serve, also after a restart of the daemon."""
        ...

    async def turn_off(self) -> None:
        """Serve no longer."""
        ...


class Doorkeeper(Protocol):
    """What ends the open connections of somebody whose access has ended."""

    async def close(self, caller: str | None = None) -> None:
        """End them."""
        ...


class Access:
    """The handlers."""

    def __init__(
        self,
        face: Face,
        page: PageFiles,
        tokens: Tokens,
        logins: Logins,
        describe: Callable[[], dict[str, Any]],
        folder: Path,
    ) -> None:
        """`describe` returns the OpenAPI document; it takes a while, so it is called in a thread.

        `folder` has the files by which browsers are sent on to codes.
        """
        self._folder = folder
        self._describe = describe
        self._face = face
        self._page = page
        self._tokens = tokens
        self._logins = logins
        self.doorkeeper: Doorkeeper | None = None

    async def login(self, call: Call) -> Cookied:
        """Take a code for a cookie, and the secret of the page that asks."""
        made = await self._logins.enter(call.body["code"])
        return Cookied(LoginView(page=made.page), made.cookie)

    async def logout(self, call: Call) -> Cookied:
        """End the login."""
        if call.way == "cookie":
            await self._logins.leave(call.caller)
            await self._shut(call.caller)
        return Cookied(None, "")

    async def me(self, call: Call) -> MeView:
        """Say who the caller is."""
        place = constellation_id(Path(call.file)) if call.agent else ""
        return MeView(scope=call.scope, agent=call.agent, constellation=place, via=call.way)

    async def web(self, _: Call) -> WebView:
        """Say where the page is."""
        return await self._view()

    async def open(self, call: Call) -> OpenedView:
        """Serve the page, and give an address that logs in.

        Raises:
            UnavailableError: it cannot be served; the message says why.
            UnknownError: there is no such constellation.
        """
        where = await _destination(call)
        await self._face.turn_on()
        view = await self._view()
        code, expires = self._logins.code("read" if call.body.get("read_only") else "admin")
        asyncio.get_running_loop().call_later(CODE_LIFE + 1, self._sweep)
        return OpenedView(
            on=view["on"],
            url=f"{view['url']}/#code={code}{where}",
            host=view["host"],
            port=view["port"],
            why=view["why"],
            page=view["page"],
            expires_at=expires,
        )

    async def shut(self, call: Call) -> None:
        """Serve the page no longer, also after a restart of the daemon.

        Who asks at the port itself is answered first: it would be cut off in the middle of the answer.
        """
        if call.way == "socket":
            await self._face.turn_off()
        else:
            spawn(self._face.turn_off(), name="turn the page off")

    async def tokens(self, _: Call) -> list[TokenView]:
        """List the tokens."""
        return self._tokens.list()

    async def create_token(self, call: Call) -> NewTokenView:
        """Make a token."""
        file = await _file(call, call.body["constellation"]) if "constellation" in call.body else ""
        return await self._tokens.create(call.body, file)

    async def revoke_token(self, call: Call) -> None:
        """Revoke a token, and end what it holds open."""
        await self._tokens.revoke(call.path["id"])
        await self._shut(call.path["id"])

    async def openapi(self, _: Call) -> dict[str, Any]:
        """Describe the API."""
        return await asyncio.to_thread(self._describe)

    def _sweep(self) -> None:
        """Remove the files that lead to codes which have expired."""
        spawn(asyncio.to_thread(opening.sweep, self._folder), name="remove what leads to old codes")

    async def _shut(self, caller: str) -> None:
        if self.doorkeeper is not None:
            await self.doorkeeper.close(caller)

    async def _view(self) -> WebView:
        host, port = self._face.place
        return WebView(
            on=bool(self._face.url),
            url=self._face.url,
            host=host,
            port=port,
            why=self._face.why,
            page=await self._page.state(),
        )

    def routes(self) -> tuple[Route, ...]:
        """Return the operations with their handlers."""
        return tuple(replace(route, handler=partial(cast("Any", route.handler), self)) for route in ROUTES)


def _route(
    method: Method,
    path: str,
    handler: Callable[[Access, Call], Awaitable[Any]],
    summary: str,
    reply: Any,
    body: Any = None,
    **more: Any,
) -> Route:
    """Return an operation whose handler is bound later; it is for an admin unless `more` says else."""
    return Route(method, path, cast("Handler", handler), summary, reply, body, **{"scope": "admin", **more})


ROUTES: tuple[Route, ...] = (
    _route(
        "POST",
        "/login",
        Access.login,
        "Log a browser in with a code",
        LoginView,
        LoginBody,
        scope="read",
        public=True,
    ),
    _route("POST", "/logout", Access.logout, "End the login", None, scope="read", own=True, harmless=True),
    _route("GET", "/me", Access.me, "Say who the caller is", MeView, scope="read", own=True),
    _route("GET", "/web", Access.web, "Say where the page is served", WebView),
    _route(
        "POST", "/web", Access.open, "Serve the page and make an address that logs in", OpenedView, WebBody
    ),
    _route("DELETE", "/web", Access.shut, "Serve the page no longer", None, statuses=(502,)),
    _route("GET", "/tokens", Access.tokens, "List the tokens", list[TokenView]),
    _route(
        "POST",
        "/tokens",
        Access.create_token,
        "Make a token; its value is shown this once",
        NewTokenView,
        TokenBody,
        status=201,
        statuses=(409, 502),
    ),
    _route("DELETE", "/tokens/{id}", Access.revoke_token, "Revoke a token", None, statuses=(502,)),
    _route(
        "GET", "/openapi.json", Access.openapi, "Describe the API", dict[str, Any], scope="read", own=True
    ),
)
"""The operations about access, and the description of all; `Access.routes` binds them."""


async def _file(call: Call, name: str) -> str:
    try:
        return (await call.board.row(name))["file"]
    except UsageError as error:
        raise HttpError(422, error.message, hint=error.hint) from error


async def _destination(call: Call) -> str:
    """Return what the page's address says about where to go, empty for its start."""
    agent, constellation = call.body.get("agent", ""), call.body.get("constellation", "")
    if not constellation:
        if agent:
            raise HttpError(422, "`agent` needs its `constellation`")
        return ""
    ident = (await call.board.row(constellation))["id"]
    return "&go=" + quote(f"/c/{ident}" + (f"/agents/{agent}" if agent else ""), safe="/")
