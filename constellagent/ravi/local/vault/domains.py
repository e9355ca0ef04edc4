"""Which site a password is for: the part of a host name that its owner registered.

`https://app.example.co.uk/login` and `example.co.uk` are one site, `alice.github.io` and `bob.github.io` are
two. The list of public suffixes comes with the package that reads it; nothing is fetched.
"""

import functools
import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

from publicsuffixlist import PublicSuffixList

from constellagent.ravi.local.answers import ApiError, invalid

_LONGEST_INPUT = 2048
_LONGEST_HOST = 253
_HOST = re.compile(
    r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?", re.ASCII
)


def site(text: str) -> str:
    """Return the registrable domain of a host name or URL, in lower case, `xn--` for what is no ASCII.

    Addresses, `localhost`, names without a dot and public suffixes themselves stay whole. Port, path and user
    are dropped. The first call reads the list, about 60 ms: call it in a thread.

    Raises:
        ApiError: there is no host name in it.
    """
    host = _host(text.strip())
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    host = _ascii(host).removesuffix(".")
    last = host.rpartition(".")[2]
    if len(host) > _LONGEST_HOST or not _HOST.fullmatch(host) or last.isdigit():
        raise _no_host()
    return _suffixes().privatesuffix(host) or host


def _host(text: str) -> str:
    if len(text) > _LONGEST_INPUT or "\\" in text or any(c.isspace() or not c.isprintable() for c in text):
        raise _no_host()
    try:
        return str(ipaddress.IPv6Address(text))
    except ValueError:
        pass
    try:
        return urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        raise _no_host() from None


def _ascii(host: str) -> str:
    """Return the host as it goes over the wire; other scripts' letters keep their identity, as `ß` does."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", host).lower()).replace("\u3002", ".")
    return ".".join(
        label if label.isascii() else f"xn--{label.encode('punycode').decode()}"
        for label in folded.split(".")
    )


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _no_host() -> ApiError:
    return invalid("domain: a host name or a URL with one is needed, as example.com.", "domain")
