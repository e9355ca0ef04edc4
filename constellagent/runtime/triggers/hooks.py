"""Webhooks: their names and secrets, and what becomes of a post that proves to know one.

A name that is not there is treated as one whose signature is wrong, in the answer and in the work, so that
nobody learns names by trying. A secret is made when a person first asks for it, and shown that once.
"""

import asyncio
import logging
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from constellagent.errors import ConstellagentError, UsageError, WorldError
from constellagent.plan.fires import EPOCH, Fire, run_id, shown
from constellagent.plan.wakeups import Cause
from constellagent.ravi.vault import RootKey, VaultError
from constellagent.runtime.clock import Clock
from constellagent.runtime.store import payloads
from constellagent.runtime.store.hooks import HookRows, Known
from constellagent.runtime.store.ledger import Ledger
from constellagent.runtime.triggers.rates import Rates
from constellagent.runtime.triggers.scheduling import Scheduling, Waking
from constellagent.runtime.triggers.signatures import proven
from constellagent.spec.suggest import did_you_mean

PER_MINUTE = 60
"""Posts that one name takes in a minute, right or wrong."""

_SWEEP_EVERY = 3600.0
_log = logging.getLogger(__name__)

Name = tuple[str, str]
"""A webhook: the id of its constellation, and its name there."""


@dataclass(frozen=True, slots=True)
class Post:
    """One post as it came in, whoever sent it. Its repr shows neither headers nor body.

    Attributes:
        name: which webhook it names.
        headers: each that came once, by its name in small letters.
        body: as it was sent.
    """

    name: Name
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What a post is answered: an HTTP status, JSON, and the seconds after which to try again, 0 for none."""

    status: int
    content: Mapping[str, Any]
    again: float = 0.0


@dataclass(frozen=True, slots=True)
class _Told:
    """What became of an event for one schedule (its key), and whether that is news."""

    key: str
    known: Known
    new: bool

    def view(self) -> dict[str, str]:
        """Return it as the sender sees it."""
        return {"schedule": self.key, "run": self.known.run, "state": self.known.state}


REFUSED = Reply(401, {"error": "There is no such webhook, or the post is not signed as it must be."})


class Hooks:
    """The webhooks of all constellations."""

    def __init__(
        self,
        scheduling: Scheduling,
        waking: Waking,
        ledger: Ledger,
        rows: HookRows,
        key: RootKey,
        sessions: Path,
        clock: Clock,
    ) -> None:
        """`key` seals the secrets; `sessions` is the folder of all sessions."""
        self._scheduling = scheduling
        self._waking = waking
        self._ledger = ledger
        self._rows = rows
        self._key = key
        self._sessions = sessions
        self._clock = clock
        self._sealed: Mapping[Name, bytes] = {}
        # What is compared with where there is no secret; it lies where no webhook can.
        self._nobody = key.seal(_new_secret().encode(), _place("", ""))
        self._rates = Rates(PER_MINUTE, 60.0, clock.monotonic)
        self._deciding = asyncio.Lock()
        self._last = EPOCH
        self._swept: float | None = None

    async def load(self) -> None:
        """Read the secrets.

        Raises:
            WorldError: they cannot be read; those read before stay.
        """
        self._sealed = await self._rows.all()

    async def keep(self, constellation: str) -> None:
        """Forget the secrets of webhooks that no schedule of a constellation names any more.

        Raises:
            WorldError: they stay for now.
        """
        await self._rows.keep(constellation, self.names(constellation))
        await self.load()

    def names(self, constellation: str) -> dict[str, list[str]]:
        """Return the schedules in effect that each webhook of a constellation wakes, by its name."""
        found: dict[str, list[str]] = {}
        for key, schedule in self._scheduling.schedules(constellation).items():
            if schedule.spec.on is not None and schedule.spec.on.webhook is not None:
                found.setdefault(schedule.spec.on.webhook, []).append(key)
        return found

    def woken(self, constellation: str, name: str) -> list[str]:
        """Return the schedules in effect that a webhook wakes.

        Raises:
            UsageError: there are none.
        """
        names = self.names(constellation)
        if name not in names:
            raise UsageError(
                f"no schedule is woken by a webhook {name!r}{did_you_mean(name, names)}",
                hint="declare `on: {webhook: NAME}` under a schedule, and apply",
            )
        return names[name]

    async def secret(self, constellation: str, name: str, *, renew: bool) -> str:
        """Return the secret of a webhook where it was made just now, else "".

        Raises:
            WorldError: it could not be kept.
        """
        secret = _new_secret()
        sealed = self._key.seal(secret.encode(), _place(constellation, name))
        if renew:
            await self._rows.replace(constellation, name, sealed)
        elif not await self._rows.add(constellation, name, sealed):
            secret = ""
        await self.load()
        return secret

    def admit(self, name: Name) -> float:
        """Count a post before anything else is looked at; 0.0, or the seconds until there is room for it."""
        return self._rates.wait(name)

    async def take(self, post: Post) -> Reply:
        """Decide on a post; what it leads to is in the ledger when this returns."""
        constellation, name = post.name
        keys = self.names(constellation).get(name, [])
        sealed = self._sealed.get(post.name) if keys else None
        try:
            secret = self._open(post.name, sealed)
        except VaultError as error:
            _log.error("webhook %s takes nothing: %s", name, error.message)
            return REFUSED
        now = self._clock.now()
        event = await asyncio.to_thread(proven, secret, post.headers, post.body, now)
        if event is None or sealed is None:
            return REFUSED
        try:
            async with self._deciding:
                runs = [await self._decide(post, key, event, now) for key in keys]
        except WorldError as error:
            _log.warning("a post to webhook %s is put off: %s", name, error.message)
            return Reply(
                503, {"error": "This cannot be written down now; post it again."}, error.delay or 5.0
            )
        await self._sweep_sometimes()
        status = 202 if any(run.new for run in runs) else 200
        return Reply(status, {"runs": [run.view() for run in runs]})

    async def sweep(self) -> None:
        """Remove what was posted for runs that will not be started.

        Raises:
            WorldError: it cannot be looked up which these are.
        """
        async with self._deciding:
            found = await asyncio.to_thread(payloads.unstarted, self._sessions)
            if found:
                needed = {_first(row.constellation, row.fire) for row in await self._ledger.open()}
                await asyncio.to_thread(payloads.drop, self._sessions, set(found) - needed)
        self._swept = self._clock.monotonic()

    def _open(self, name: Name, sealed: bytes | None) -> str:
        """Return the secret of a webhook, or one that nobody knows where there is none."""
        if sealed is None:
            return self._key.unseal(self._nobody, _place("", "")).decode()
        return self._key.unseal(sealed, _place(*name)).decode()

    async def _decide(self, post: Post, key: str, event: str, now: float) -> _Told:
        """Let a schedule know of an event, once, and return what became of it."""
        constellation, name = post.name
        known = await self._rows.known(constellation, key, event)
        if known is not None:
            return _Told(key, known, new=False)
        at = self._moment(now)
        run = run_id(constellation, key, "event", at, 1)
        data = await asyncio.to_thread(
            payloads.document,
            name,
            event,
            shown(at),
            post.headers.get("x-github-event", ""),
            post.headers.get("content-type", ""),
            post.body,
        )
        await self._store(run, data)
        try:
            fires = await self._waking.tell(constellation, [key], Cause("webhook", event, at))
        except WorldError:
            await asyncio.to_thread(payloads.drop, self._sessions, [run])
            raise
        if not any(fire.run == run and fire.state == "queued" for fire in fires):
            await asyncio.to_thread(payloads.drop, self._sessions, [run])
        decided = next((Known(fire.run, fire.state) for fire in fires if fire.event == event), None)
        # Neither new nor known: the schedule is paused, or this lies outside of its start and end.
        return _Told(key, decided or Known("", "ignored"), new=decided is not None)

    def _moment(self, now: float) -> datetime:
        """Return a time that no other post has: the run's id, and with it the document's place, follow it."""
        self._last = max(datetime.fromtimestamp(now, UTC), self._last + timedelta(microseconds=1))
        return self._last

    async def _store(self, run: str, data: bytes) -> None:
        try:
            await asyncio.to_thread(payloads.store, self._sessions, run, data)
        except ConstellagentError as error:
            raise WorldError(error.message, hint=error.hint) from error

    async def _sweep_sometimes(self) -> None:
        if self._swept is not None and self._clock.monotonic() < self._swept + _SWEEP_EVERY:
            return
        try:
            await self.sweep()
        except WorldError as error:
            _log.warning("what was posted for runs that never began is not removed: %s", error.message)


def _new_secret() -> str:
    """Return 32 random bytes as characters that every settings page takes."""
    return f"chs_{secrets.token_urlsafe(32)}"


def _place(constellation: str, name: str) -> str:
    return f"hooks|{constellation}|{name}"


def _first(constellation: str, fire: Fire) -> str:
    return run_id(constellation, fire.schedule, fire.origin, fire.fire_at, 1)
