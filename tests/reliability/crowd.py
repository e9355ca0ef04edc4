"""Many senders and many who wait, at once: what was taken in, what arrived, and how soon."""

import asyncio
import contextlib
import http.client
import itertools
import json
import smtplib
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiohttp

from tests.reliability.town import Resident, Town, letter

SENDERS = 8
"""Connections for mail, and as many for texts."""

GATEWAY = "/gateway/sms/"
KINDS = "email.message.received,sms.message.received"
_PAUSE = 0.05


@dataclass
class Outcome:
    """What the senders were told, by token (`m` or `s`, resident, number).

    Attributes:
        accepted: when a message was taken in, seconds of the monotonic clock.
        doubtful: mails whose connection broke before the answer.
        heard: when one who waits was told of it.
    """

    accepted: dict[str, float] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    heard: dict[str, float] = field(default_factory=dict)

    def latencies(self) -> list[float]:
        """Return the seconds from the answer to the sender until who waits was told."""
        return sorted(max(0.0, self.heard[token] - at) for token, at in self.accepted.items())


class Senders:
    """Write `each` mails and `each` texts to every resident, through `SENDERS` connections of each kind."""

    def __init__(self, town: Town, residents: Sequence[Resident], each: int, outcome: Outcome) -> None:
        """Mix the residents, so that all of them get their messages at the same time."""
        self._town = town
        self._outcome = outcome
        order = [(resident, number) for number in range(each) for resident in residents]
        self._mails, self._texts = iter(order), iter(order)
        self._lock = threading.Lock()
        self.over = threading.Event()
        """Give up: the test has failed."""

    def run(self) -> None:
        """Send everything."""
        with ThreadPoolExecutor(2 * SENDERS) as pool:
            jobs = [pool.submit(job) for job in (self._mail, self._text) for _ in range(SENDERS)]
            for job in jobs:
                job.result()

    def _next(self, order: Iterator[tuple[Resident, int]]) -> tuple[Resident, int] | None:
        with self._lock:
            return None if self.over.is_set() else next(order, None)

    def _mail(self) -> None:
        door: smtplib.SMTP | None = None
        while (job := self._next(self._mails)) is not None:
            resident, number = job
            token = f"m-{resident.name}-{number}."
            content = letter(resident.address, f"Hello {token}", f"For {token} alone", ident=token)
            while door is None and not self.over.is_set():
                door = self._connected()
            if door is None:
                return
            try:
                door.sendmail("shop@outside.example", [resident.address], content)
            except (OSError, smtplib.SMTPServerDisconnected):
                self._outcome.doubtful.add(token)
                door = None
            else:
                self._outcome.accepted[token] = time.monotonic()
        if door is not None:
            door.close()

    def _connected(self) -> smtplib.SMTP | None:
        try:
            return self._town.door()
        except (OSError, smtplib.SMTPException):
            time.sleep(_PAUSE)
            return None

    def _text(self) -> None:
        with contextlib.closing(
            http.client.HTTPConnection(urlsplit(self._town.sms).netloc, timeout=60)
        ) as gateway:
            while (job := self._next(self._texts)) is not None:
                resident, number = job
                token = f"s-{resident.name}-{number}."
                said = f"For {token} alone"
                text = {"from": "+12025550199", "to": resident.number, "body": said, "id": token}
                while not self.over.is_set():
                    # The gateway keeps a text once however often it is posted: a doubt is no reason to stop.
                    try:
                        status = post(gateway, text)
                    except (OSError, http.client.HTTPException):
                        gateway.close()
                        time.sleep(_PAUSE)
                        continue
                    assert status == 202, status
                    self._outcome.accepted[token] = time.monotonic()
                    break


def post(gateway: http.client.HTTPConnection, text: Mapping[str, str]) -> int:
    """Hand one text in, and return the status of the answer."""
    gateway.request("POST", GATEWAY, json.dumps(text), {"Content-Type": "application/json"})
    answer = gateway.getresponse()
    answer.read()
    return answer.status


async def wait_for_all(
    town: Town,
    residents: Sequence[Resident],
    outcome: Outcome,
    sending: threading.Event,
    begun: threading.Event,
) -> None:
    """Let every resident wait as `ravi inbox --wait` does, until nothing more can come.

    `begun` is set once all of them listen; they end when `sending` is set and a question brought nothing new.
    """
    listening = itertools.count(1)

    async def wait(web: aiohttp.ClientSession, resident: Resident) -> None:
        cursor: int | None = None
        while True:
            last = sending.is_set()
            query = {"since": "latest" if cursor is None else str(cursor)}
            if cursor is not None:
                query |= {"event_types": KINDS, "wait": "1" if last else "5"}
            try:
                headers = {"Authorization": f"Bearer {resident.key}"}
                async with web.get("/api/events/", params=query, headers=headers) as answer:
                    assert answer.status == 200, await answer.text()
                    found = await answer.json()
            except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError):  # before or within the answer
                await asyncio.sleep(_PAUSE)
                continue
            now = time.monotonic()
            if cursor is None and next(listening) == len(residents):
                begun.set()
            cursor = found["cursor"]
            for event in found["events"]:
                data = event["data"]
                said = data["subject"] if "subject" in data else data["body"]
                token = next(word for word in said.split() if word[:2] in {"m-", "s-"})
                assert token.split("-", 1)[1].startswith(f"{resident.name}-"), f"{resident.name} heard {said}"
                assert token not in outcome.heard, f"{token} was told twice"
                outcome.heard[token] = now
            if last and not found["events"]:
                return

    async with (
        aiohttp.ClientSession(town.api, connector=aiohttp.TCPConnector(limit=0)) as web,
        asyncio.TaskGroup() as group,
    ):
        for resident in residents:
            group.create_task(wait(web, resident))


def rush(town: Town, residents: Sequence[Resident], each: int) -> Iterator[Outcome]:
    """Send and wait; yields once it is under way, and again when it is over.

    Between the two a test may do harm.
    """
    outcome, sending, begun = Outcome(), threading.Event(), threading.Event()
    senders = Senders(town, residents, each, outcome)
    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(asyncio.run, wait_for_all(town, residents, outcome, sending, begun))
        try:
            while not begun.wait(0.05):
                if waiting.done():
                    waiting.result()
            job = pool.submit(senders.run)
            yield outcome
            job.result()
        finally:
            senders.over.set()
            sending.set()
        waiting.result()
    yield outcome
