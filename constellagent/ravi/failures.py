"""What a failed call to the provider means for the caller: one error class for each thing to do next.

The one distinction that decides about duplicates is made here: was the request surely not carried out, or
is that unknown?
"""

from urllib.parse import urlsplit

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError, WorldError
from constellagent.ravi.wire import read_failure

_LONGEST_MESSAGE = 300


class InDoubtError(WorldError):
    """A change was asked for, and nobody knows whether it was made: look before asking again."""


class MissingError(ConstellagentError):
    """The provider has no such thing, or no such operation."""


class TakenError(ConflictError):
    """The provider says that it exists already: an address that is taken, a second number."""


def refusal(  # noqa: PLR0911 - one return for each thing to do next
    call: str, status: int, content: bytes, *, reads: bool, retry_after: float | None = None
) -> ConstellagentError:
    """Return the error for an answer with a status from 300 up.

    `call` names the request for the reader, `reads` says that it changes nothing.
    """
    failure = read_failure(status, content)
    said = f"{call}: the identity provider answered {status}: {one_line(failure.message)}"
    delay = retry_after if retry_after is not None else failure.retry_after
    if status >= 500 or status == 408:
        return _no_answer(said, reads=reads, delay=delay)
    match status:
        case 401:
            return UnavailableError(
                said,
                hint="the key is wrong or was revoked; set CONSTELLAGENT_RAVI_API_KEY to a management key",
            )
        case 402:
            return ConflictError(
                said, hint="this needs a paid plan; subscribe there, or set `identities.phone: false`"
            )
        case 403:
            return ConflictError(said, hint="use a management key of the account that owns the identity")
        case 404 | 405 | 410:
            return MissingError(said)
        case 409:
            return TakenError(said, hint="choose another `identity.email` for this agent")
        case 429:
            return WorldError(said, hint="wait, then apply again", delay=delay)
        case _ if status < 400:
            return UnavailableError(
                said, hint="set CONSTELLAGENT_RAVI_API_URL to the address that it redirects to"
            )
        case _:
            return ConstellagentError(said, hint="change what the message names, then apply again")


def unreachable(call: str, url: str, why: str, *, surely_not_done: bool, reads: bool) -> ConstellagentError:
    """Return the error for a request that got no complete answer."""
    said = f"{call}: no answer from {urlsplit(url).netloc}: {one_line(why)}"
    return _no_answer(said, reads=reads or surely_not_done, delay=None)


def unreadable(call: str, url: str, why: str, *, reads: bool) -> ConstellagentError:
    """Return the error for an answer that says success and is not Ravi's."""
    said = f"{call}: {urlsplit(url).netloc} does not answer as a Ravi API does: {one_line(why)}"
    if reads:
        return UnavailableError(said, hint="check CONSTELLAGENT_RAVI_API_URL, and for a proxy in between")
    return InDoubtError(said, hint="apply again; what exists by then is found and taken over")


def one_line(text: str) -> str:
    """Return foreign text as one printable line of bounded length."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= _LONGEST_MESSAGE else clean[:_LONGEST_MESSAGE] + "..."


def _no_answer(said: str, *, reads: bool, delay: float | None) -> ConstellagentError:
    if reads:
        return UnavailableError(said, hint="check the network and the provider's state, then try again")
    return InDoubtError(said, hint="apply again; what exists by then is found and taken over", delay=delay)
