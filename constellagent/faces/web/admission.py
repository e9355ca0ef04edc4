"""Who is let in, by what they show: the kernel's word on the unix socket, a token, or a login.

A login shows two things: its cookie, and the secret of its page (`Logins`).
"""

import math
from collections.abc import Mapping, Sequence

from aiohttp import hdrs, web

from constellagent.faces.web.callers import Caller
from constellagent.faces.web.guard import Entrance, page_secret
from constellagent.faces.web.limits import Failures
from constellagent.faces.web.logins import LONGEST, Logins
from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.routing import Way
from constellagent.faces.web.tokens import Tokens
from constellagent.runtime.clock import Clock

_HOW = "run `constellagent web` to log in, or send a token as `Authorization: Bearer`"


class Admission:
    """Decides who somebody is."""

    def __init__(self, tokens: Tokens, logins: Logins, failures: Failures, clock: Clock) -> None:
        self._tokens = tokens
        self._logins = logins
        self._failures = failures
        self._clock = clock

    def caller(
        self, entrance: Entrance, request: web.Request, headers: Mapping[str, Sequence[str]]
    ) -> Caller:
        """Return who makes the request; `headers` are all of them, by lower-case name.

        A token counts before a cookie, also where it is wrong; on the unix socket only a token makes less of
        somebody than its owner.

        Raises:
            HttpError: they show nothing, or what lets nobody in (401), and that too often (429).
        """
        given = request.headers.getall(hdrs.AUTHORIZATION, [])
        if given:
            scheme, _, token = given[0].partition(" ")
            if len(given) == 1 and scheme.lower() == "bearer":
                found = self._tokens.caller(token.strip())
                if found is not None:
                    return found
            raise self.wrong(entrance, request, "the token lets nobody in")
        if entrance.trusted:
            return Caller("admin", "socket")
        cookie = request.cookies.get(entrance.cookie)
        found = self._logins.caller(cookie, page_secret(headers)) if cookie else None
        if found is None:
            raise refused("your login has ended" if cookie else "you are not logged in")
        return found

    def left(self, via: Way, ident: str) -> float:
        """Return for how many seconds somebody who was let in stays so, as it is known now."""
        if via == "socket":
            return math.inf
        ends = self._tokens.ends(ident) if via == "token" else self._logins.ends(ident)
        return ends - self._clock.now()

    def wrong(self, entrance: Entrance, request: web.Request, message: str, hint: str = "") -> HttpError:
        """Count a failure of this request's address, and return the error that answers it."""
        wait = 0 if entrance.trusted else self._failures.failed(request.remote or "")
        if wait:
            return HttpError(429, f"{message}; there were too many tries", headers={"Retry-After": str(wait)})
        return refused(message, hint)

    @staticmethod
    def give(entrance: Entrance, response: web.StreamResponse, cookie: str) -> None:
        """Give the browser its cookie; an empty one takes it away."""
        response.set_cookie(
            entrance.cookie,
            cookie,
            max_age=int(LONGEST) if cookie else 0,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=entrance.scheme == "https",
        )


def refused(message: str, hint: str = "") -> HttpError:
    """Return the error for who is not let in."""
    return HttpError(
        401, message, hint=hint or _HOW, headers={"WWW-Authenticate": 'Bearer realm="constellagent"'}
    )
