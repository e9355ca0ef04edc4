"""Waits until a message is there: asks, and asks again as soon as something happened.

The embedded provider holds a question for events open until there is one. Where the answer comes back at
once with nothing, the messages themselves are asked for twice a second.
"""

import time
from collections.abc import Callable
from typing import TypeVar

from constellagent.ravi.shim_program import api
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import Login

EMAIL, SMS = "email.message.received", "sms.message.received"
"""What to wake up for."""

_HOLD = 25.0
"""Seconds that one question for events is held open at most."""

_PAUSE = 0.5
"""Seconds between two questions where none is held open, and after a failure."""

Found = TypeVar("Found")


def until_found(
    login: Login, seconds: float, kinds: tuple[str, ...], look: Callable[[], Found | None]
) -> Found | None:
    """Return what `look` finds, now or within `seconds`; None where it found nothing until then.

    A provider that goes away meanwhile is waited for too.

    Raises:
        CallError: the first look failed, or the key does not open this, or nobody is there at the end.
    """
    end = time.monotonic() + seconds
    cursor = _newest(login)
    found = look()
    while found is None and (left := end - time.monotonic()) > 0:
        problem = None
        try:
            cursor = _hear(login, cursor, min(left, _HOLD), kinds)
            found = look()
        except CallError as error:
            if error.status and error.status < 500 and error.status != 429:
                raise
            problem = error
            time.sleep(max(0.0, min(_PAUSE, end - time.monotonic())))
        if problem is not None and time.monotonic() >= end:
            raise problem
    return found


def _newest(login: Login) -> int | None:
    """Return after which event to listen, None where the API does not say."""
    try:
        answer = api.call(login, "GET", "/events/", query={"since": "latest"})
    except CallError as error:
        if error.status in {400, 404, 405, 422}:
            return None
        raise
    return _cursor(answer)


def _hear(login: Login, cursor: int | None, seconds: float, kinds: tuple[str, ...]) -> int | None:
    """Wait for an event after `cursor`, and return after which one to listen next."""
    started = time.monotonic()
    if cursor is None:
        time.sleep(min(_PAUSE, seconds))
        return None
    query = {"since": str(cursor), "event_types": ",".join(kinds), "wait": f"{seconds:.3f}"}
    answer = api.call(login, "GET", "/events/", query=query, timeout=seconds + api.TIMEOUT)
    if not api.row(answer).get("events") and time.monotonic() - started < min(_PAUSE, seconds):
        time.sleep(min(_PAUSE, seconds))
    return _cursor(answer)


def _cursor(answer: object) -> int | None:
    cursor = answer.get("cursor") if isinstance(answer, dict) else None
    return cursor if isinstance(cursor, int) else None
