"""What a failed call to the provider means for the caller: one error class for each thing to do next.

The one distinction that decides about duplicates is made here: was the request surely not carried out, or
is that unknown?
"""

from typing import NamedTuple
from urllib.parse import urlsplit

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError, WorldError
from constellagent.ravi.wire import read_failure

_LONGEST_MESSAGE = 300


class InDoubtError(WorldError):
    """A change was asked for, and nobody knows whether it was made: look before asking again."""


class MissingError(ConstellagentError):
    """The provider has no such thing, or no such operation."""


class UnfitError(ConstellagentError):
    """The provider cannot carry out the request as it is: an address that is none, a text too long."""


class TakenError(ConflictError):
    """The provider says that it exists already: an address that is taken, a second number."""


class UnpaidError(ConflictError):
    """The provider says that the account's plan does not cover it."""


class Advice(NamedTuple):
    """What the reader is told to do, where that depends on what was asked for.

    Attributes:
        doubt: after a change whose outcome nobody knows.
        taken: where it exists already.
        forbidden: where the key does not open it.
        paid: where it costs what nobody pays.
        wrong: where the request cannot be carried out as it is.
        later: where there were too many requests.
        key: where the key opens nothing.
        missing: where there is no such thing, or no such operation.
    """

    doubt: str
    taken: str
    forbidden: str
    paid: str
    wrong: str
    later: str
    key: str
    missing: str


ACCOUNT = Advice(
    doubt="apply again; what exists by then is found and taken over",
    taken="choose another `identity.email` for this agent",
    forbidden="use a management key of the account that owns the identity",
    paid="this needs a paid plan; subscribe at the provider, or set `identities.phone: false`",
    wrong="change what the message names, then apply again",
    later="wait, then apply again",
    key=(
        "the management key is wrong or was revoked: `ravi auth login` makes another, or apply with "
        "RAVI_API_KEY set to one, or start the daemon with CONSTELLAGENT_RAVI_API_KEY"
    ),
    missing="check that CONSTELLAGENT_RAVI_API_URL is the address of a Ravi provider",
)
"""For identities, their numbers and their keys, which `constellagent apply` makes."""

BELONGINGS = Advice(
    doubt="look whether it was done before doing it again",
    taken="change the one that is there, or choose another name",
    forbidden="this key does not open it; use the key of the identity that owns it",
    paid="this needs a paid plan; subscribe there",
    wrong="change what the message names, then try again",
    later="wait, then try again",
    key="the key is wrong or was revoked; a session's key ends with its session",
    missing="",
)
"""For mail, texts, the vault and whatever else belongs to an identity."""


_DAMAGED = frozenset({"audit.broken", "vault.damaged"})
"""Codes of the embedded provider for what does not heal: nothing was done, and asking again is in vain."""


def heals(status: int, content: bytes) -> bool:
    """Whether an answer from 500 up is for the moment only, as far as anybody can tell."""
    return read_failure(status, content).code not in _DAMAGED


def refusal(  # noqa: PLR0911 - one return for each thing to do next
    call: str, status: int, content: bytes, *, reads: bool, advice: Advice, retry_after: float | None = None
) -> ConstellagentError:
    """Return the error for an answer with a status from 300 up.

    `call` names the request for the reader, `reads` says that it changes nothing.
    """
    failure = read_failure(status, content)
    said = f"{call}: the identity provider answered {status}: {one_line(failure.message)}"
    delay = retry_after if retry_after is not None else failure.retry_after
    if failure.code in _DAMAGED:
        return ConflictError(said, hint="`constellagent audit verify` says more")
    if status >= 500 or status == 408:
        return _no_answer(said, reads=reads, delay=delay, advice=advice)
    match status:
        case 401:
            return UnavailableError(said, hint=advice.key)
        case 402:
            return UnpaidError(said, hint=advice.paid)
        case 403:
            return ConflictError(said, hint=advice.forbidden)
        case 404 | 405 | 410:
            return MissingError(said, hint=advice.missing)
        case 409:
            return TakenError(said, hint=advice.taken)
        case 429:
            wait = "" if delay is None else f" (it asks for {delay:g} s)"
            return WorldError(said, hint=f"{advice.later}{wait}", delay=delay)
        case _ if status < 400:
            return UnavailableError(
                said, hint="set CONSTELLAGENT_RAVI_API_URL to the address that it redirects to"
            )
        case _:
            return UnfitError(said, hint=advice.wrong)


def unreachable(
    call: str, url: str, why: str, *, surely_not_done: bool, reads: bool, advice: Advice
) -> ConstellagentError:
    """Return the error for a request that got no complete answer."""
    said = f"{call}: no answer from {urlsplit(url).netloc}: {one_line(why)}"
    return _no_answer(said, reads=reads or surely_not_done, delay=None, advice=advice)


def unreadable(call: str, url: str, why: str, *, reads: bool, advice: Advice) -> ConstellagentError:
    """Return the error for an answer that says success and is not Ravi's."""
    said = f"{call}: {urlsplit(url).netloc} does not answer as a Ravi API does: {one_line(why)}"
    if reads:
        return UnavailableError(said, hint="check CONSTELLAGENT_RAVI_API_URL, and for a proxy in between")
    return InDoubtError(said, hint=advice.doubt)


def one_line(text: str) -> str:
    """Return foreign text as one printable line of bounded length."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return clean if len(clean) <= _LONGEST_MESSAGE else clean[:_LONGEST_MESSAGE] + "..."


def _no_answer(said: str, *, reads: bool, delay: float | None, advice: Advice) -> ConstellagentError:
    if reads:
        return UnavailableError(said, hint="check the network and the provider's state, then try again")
    return InDoubtError(said, hint=advice.doubt, delay=delay)
