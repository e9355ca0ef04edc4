"""Whether a post proves that its sender knows the webhook's secret, and which event it is.

Three forms are taken: ours, the one of Ravi's webhooks, and GitHub's. All three are HMAC-SHA256 under the
secret's characters. What identifies the event must be covered by the signature, or it could be changed to
play a post back as a new one; GitHub alone signs neither an id nor a time, so its delivery id has to do.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from constellagent.ravi.local.events.signing import signed

OURS, RAVI, GITHUB = "constellagent-signature", "x-ravi-signature", "x-hub-signature-256"
"""The headers, in small letters, of which the first that is there decides."""

TOLERANCE = 300.0
"""Seconds by which the time of a signature may differ from ours."""

_OURS = re.compile(r"t=(\d{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_TIME = re.compile(r"\d{1,12}", re.ASCII)
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)
_GITHUB_BODIES = (b"{", b"payload=")
"""How a body of GitHub begins: as JSON, or as a form."""


class Signature(NamedTuple):
    """The content of our own header: epoch seconds, and what `t.body` gives, in hex."""

    at: int
    digest: str


def parse(text: str) -> Signature | None:
    """Read `t=<epoch seconds>,v1=<64 hex digits>`; None for anything else."""
    found = _OURS.fullmatch(text)
    return None if found is None else Signature(int(found[1]), found[2])


def sign(secret: str, at: int, body: bytes) -> str:
    """Return the value of our own header for a body."""
    return f"t={at},v1={_digest(secret, b'%d.' % at + body)}"


def proven(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    """Return the id of the event that a post is, None where it does not prove who sends it.

    `headers` are by their names in small letters; `now` is in epoch seconds. Each form is checked as a whole
    whatever is wrong with it, so that the time taken does not tell what that is.
    """
    if OURS in headers:
        return _ours(secret, headers[OURS], body, now)
    if RAVI in headers:
        return _ravi(secret, headers, body, now)
    return _github(secret, headers, body)


def _ours(secret: str, given: str, body: bytes, now: float) -> str | None:
    found = parse(given) or Signature(0, "")
    same = _equal(found.digest, _digest(secret, b"%d." % found.at + body))
    return found.digest if same and _fresh(found.at, now) else None


def _ravi(secret: str, headers: Mapping[str, str], body: bytes, now: float) -> str | None:
    said, event = headers.get("x-ravi-timestamp", ""), headers.get("x-ravi-event-id", "")
    at = int(said) if _TIME.fullmatch(said) else 0
    expected = signed(secret, at, body, event)["X-Ravi-Signature"]
    same = _equal(f"sha256={headers[RAVI].removeprefix('sha256=')}", expected)
    if not (same and _fresh(at, now)):
        return None
    # The header with the id is not signed; it counts where the body, which is, says the same.
    return event if event and event == _own_id(body) else expected.removeprefix("sha256=")


def _github(secret: str, headers: Mapping[str, str], body: bytes) -> str | None:
    given, delivery = headers.get(GITHUB, ""), headers.get("x-github-delivery", "")
    same = _equal(given, f"sha256={_digest(secret, body)}")
    # A post of another form, time in front and all, must not be played back as one that has no time.
    genuine = body.startswith(_GITHUB_BODIES) and _DELIVERY.fullmatch(delivery)
    return delivery if same and genuine else None


def _own_id(body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    event = found.get("id") if isinstance(found, dict) else None
    return event if isinstance(event, str) and _DELIVERY.fullmatch(event) else ""


def _digest(secret: str, message: bytes) -> str:
    return hmac.digest(secret.encode(), message, hashlib.sha256).hex()


def _equal(given: str, expected: str) -> bool:
    """Compare in a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode(errors="surrogatepass"), expected.encode())


def _fresh(at: int, now: float) -> bool:
    return abs(now - at) <= TOLERANCE
