"""What is checked of a request before anything is looked up: where it thinks it is, and where it comes from.

A page of another site can make a browser send requests here, under a name that it has pointed at this machine
(rebinding) or from its own origin. Both are told by headers that a page cannot choose, so these are checked
before who is asking, and for WebSockets as for all else.
"""

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from constellagent.faces.web.problems import HttpError

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""What a request may call this machine."""

OWN_HEADER = "X-Constellagent"
"""Where the page sends its secret; a form cannot, and a foreign page would have to ask first."""

PROTOCOL = "constellagent"
"""The subprotocol of our WebSockets. A page cannot give them headers, so it offers its secret beside this."""

_OFFERED = "page."

SAFE = frozenset({"GET", "HEAD"})
"""Methods that never act."""


_OWN_PORT = 443
"""The port of https, which an address there need not name."""

_PORT = re.compile(r":[0-9]{1,5}")


@dataclass(frozen=True, slots=True)
class Entrance:
    """One place where requests come in.

    Attributes:
        scheme: of its addresses.
        port: of its addresses; 0 for the unix socket.
        names: what a request may call it, lower-case, an IPv6 address in brackets.
        trusted: it is the unix socket: the kernel has said that the other end is this user.
    """

    scheme: Literal["http", "https"]
    port: int
    names: frozenset[str] = LOCAL_NAMES
    trusted: bool = False

    @property
    def cookie(self) -> str:
        """The name of its cookie: browsers keep cookies by host alone, so the port is in it."""
        return f"constellagent-{self.port}"


def is_loopback(host: str) -> bool:
    """Whether an address to listen at is reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def check_host(entrance: Entrance, hosts: Sequence[str], target: str) -> str:
    """Check that a request names this very entrance, and return the name that it used.

    `target` is the request line's: where it repeats the host (`GET http://...`), both must agree.

    Raises:
        HttpError: it does not (403).
    """
    if len(hosts) != 1:
        raise _elsewhere("the request has no host" if not hosts else "the request has several hosts")
    host = hosts[0].lower()
    name, port = _split(host)
    # Browsers leave out a port that is the scheme's own; without encryption it is not asked for at all.
    left_out = entrance.scheme == "http" or entrance.port == _OWN_PORT
    ports = {str(entrance.port), *([""] if left_out else [])}
    if name not in entrance.names or not (entrance.trusted or port in ports):
        raise _elsewhere("the request is for another host")
    if not target.startswith("/"):
        try:
            named = urlsplit(target)
        except ValueError:  # brackets that are none of an address
            raise _elsewhere("the request names two hosts") from None
        if named.scheme != entrance.scheme or named.netloc.lower() != host:
            raise _elsewhere("the request names two hosts")
    return host


def check_origin(
    entrance: Entrance, host: str, headers: Mapping[str, Sequence[str]], *, linked: bool
) -> None:
    """Check that no page but our own makes the request; `headers` are all of them, by lower-case name.

    Another port of the same machine is another origin. That there is no `Origin` says nothing yet. What is
    `linked` may be reached by a link on a foreign page: the page itself, which holds nothing.

    Raises:
        HttpError: a foreign page makes it (403).
    """
    origins = headers.get("origin", ())
    if origins and (entrance.trusted or [one.lower() for one in origins] != [f"{entrance.scheme}://{host}"]):
        raise HttpError(403, "the request comes from another site")
    sites = headers.get("sec-fetch-site", ())
    if not linked and any(site not in {"same-origin", "none"} for site in sites):
        raise HttpError(403, "the request comes from another site")


def check_text(headers: Mapping[str, Sequence[str]]) -> None:
    """Check that all headers are UTF-8; the library fails on some where they are not.

    Raises:
        HttpError: one is not (400).
    """
    try:
        "".join(value for values in headers.values() for value in values).encode()
    except UnicodeEncodeError:
        raise HttpError(400, "a header holds bytes that are no UTF-8") from None


def check_page(method: str, headers: Mapping[str, Sequence[str]], *, upgrade: bool) -> None:
    """Check that a browser's request that acts, or opens a WebSocket, has what our page sends with it.

    Whether the secret is the right one is not known here: a login has none yet.

    Raises:
        HttpError: it lacks something (403).
    """
    if method in SAFE and not upgrade:
        return
    if not headers.get("origin"):
        raise HttpError(403, "a request with a cookie needs the Origin of its page", hint="use a token")
    if not upgrade and len(headers.get(OWN_HEADER.lower(), ())) != 1:
        raise HttpError(403, f"the request lacks {OWN_HEADER}", hint="send that header, or use a token")


def page_secret(headers: Mapping[str, Sequence[str]]) -> str:
    """Return the secret of the page that makes a request, empty where it shows none, or several."""
    given = list(headers.get(OWN_HEADER.lower(), ()))
    if not given and headers.get("upgrade"):
        offers = [
            one.strip() for line in headers.get("sec-websocket-protocol", ()) for one in line.split(",")
        ]
        if PROTOCOL in offers:
            given = [one.removeprefix(_OFFERED) for one in offers if one.startswith(_OFFERED)]
    return given[0] if len(given) == 1 else ""


def _split(host: str) -> tuple[str, str]:
    """Return name and port of a Host header; of what is none, the whole as the name."""
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        name += bracket
    else:
        name, colon, rest = host.partition(":")
        rest = colon + rest
    if not rest:
        return name, ""
    return (name, rest[1:]) if _PORT.fullmatch(rest) else (host, "")


def _elsewhere(message: str) -> HttpError:
    return HttpError(403, message, hint="open the address that `constellagent web` prints")
