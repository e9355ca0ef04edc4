"""Live traffic: mails, texts, prompts and questions that come all the time, whoever dies.

Each sender goes on until it was answered, and writes down what it was answered; what broke before an answer
is tried again under the same id, so that it may be there once at most and must be there once it was taken.
"""

import contextlib
import http.client
import itertools
import json
import random
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

from tests.e2e.api.served import Api
from tests.reliability.crowd import post
from tests.reliability.town import Town, letter

_PAUSE = 0.05
SENDER = "shop@outside.example"
NUMBER = "+12025550199"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Where something can be sent to: the agent, its address and its number."""

    agent: str
    address: str
    number: str


@dataclass
class Said:
    """What senders were answered, by token.

    Attributes:
        taken: mails and texts that were taken in, with whom they are for.
        refused: those that were refused for good: there was no such mailbox.
        prompts: whether the agent's terminal showed it, by token; None where nobody answered.
        asked: whom each prompt was for, in their order.
        statuses: how often each status came from the API; 0 is a broken connection.
        waits: seconds that each answer of the API took.
    """

    taken: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    prompts: dict[str, bool | None] = field(default_factory=dict)
    asked: dict[str, str] = field(default_factory=dict)
    statuses: Counter[int] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Traffic:
    """Everything that comes from outside, in threads of its own.

    Attributes:
        said: what came of it.
        failed: what a sender did not expect; it has ended then.
    """

    def __init__(
        self, town: Town, api: Api, boxes: Sequence[Mailbox], agents: Sequence[str], *, pace: float = 0.3
    ) -> None:
        """`boxes` get mails and texts, one each `pace` seconds; `agents` get prompts, and are asked about."""
        self.said = Said()
        self.failed: list[BaseException] = []
        self._town = town
        self._api = api
        self._boxes = boxes
        self._agents = agents
        self._pace = pace
        self._over = threading.Event()
        self._calm = threading.Event()
        self._calm.set()
        self._busy: list[threading.Lock] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Self:
        """Begin."""
        for job in (self._mails, self._texts, self._prompts, self._looks):
            lock = threading.Lock()
            self._busy.append(lock)
            thread = threading.Thread(target=self._guarded, args=(job, lock), name=job.__name__)
            self._threads.append(thread)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End all of them."""
        self._over.set()
        self._calm.set()
        for thread in self._threads:
            thread.join()

    @contextlib.contextmanager
    def still(self) -> Iterator[None]:
        """Let nothing be on its way for a moment."""
        self._calm.clear()
        with contextlib.ExitStack() as stack:
            for lock in self._busy:
                stack.enter_context(lock)
            try:
                yield
            finally:
                self._calm.set()

    def prompted(self) -> dict[str, dict[str, bool | None]]:
        """Return the prompts of each agent in their order, and whether it was shown that it took them."""
        with self.still():
            said = {agent: dict[str, bool | None]() for agent in self._agents}
            for token, agent in self.said.asked.items():
                said[agent][token] = self.said.prompts.get(token)
        return said

    def check(self) -> None:
        """Assert that all senders go on, and were never answered nonsense."""
        assert not self.failed, self.failed
        assert not self.said.wrong, self.said.wrong

    def _guarded(self, job: Callable[[threading.Lock], None], lock: threading.Lock) -> None:
        try:
            job(lock)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run tells of it
            self.failed.append(error)

    def _wait(self, seconds: float) -> bool:
        """Pause; False when it is over."""
        self._over.wait(seconds)
        self._calm.wait()
        return not self._over.is_set()

    def _mails(self, lock: threading.Lock) -> None:
        door: smtplib.SMTP | None = None
        for number, box in zip(itertools.count(), itertools.cycle(self._boxes), strict=False):
            token = f"m-{box.agent}-{number}."
            said = f"order: {token}" if box.agent == "clerk" else f"Hello {token}"
            content = letter(box.address, said, f"For {token} alone", ident=token)
            while True:
                with lock:
                    door, answered = self._mail(door, box, token, content)
                if not self._wait(self._pace if answered else _PAUSE):
                    if door is not None:
                        door.close()
                    return
                if answered:
                    break

    def _mail(
        self, door: smtplib.SMTP | None, box: Mailbox, token: str, content: bytes
    ) -> tuple[smtplib.SMTP | None, bool]:
        try:
            door = door or self._town.door()
            door.sendmail(SENDER, [box.address], content)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, _),) = error.recipients.values()
            if code >= 500:
                self.said.refused.add(token)
            with contextlib.suppress(OSError, smtplib.SMTPException):
                assert door is not None
                door.rset()
            return door, code >= 500
        except (OSError, smtplib.SMTPException):
            if door is not None:
                door.close()
            return None, False
        self.said.taken[token] = box.agent
        return door, True

    def _texts(self, lock: threading.Lock) -> None:
        gateway = http.client.HTTPConnection(urlsplit(self._town.sms).netloc, timeout=60)
        with contextlib.closing(gateway):
            for number, box in zip(itertools.count(), itertools.cycle(self._boxes), strict=False):
                token = f"s-{box.agent}-{number}."
                text = {"from": NUMBER, "to": box.number, "body": f"ring For {token} alone", "id": token}
                while True:
                    with lock:
                        answered = self._text(gateway, box, token, text)
                    if not self._wait(self._pace if answered else _PAUSE):
                        return
                    if answered:
                        break

    def _text(
        self, gateway: http.client.HTTPConnection, box: Mailbox, token: str, text: dict[str, str]
    ) -> bool:
        try:
            status = post(gateway, text)
        except (OSError, http.client.HTTPException):
            gateway.close()
            return False
        if status == 202:
            self.said.taken[token] = box.agent
        elif status in {404, 410, 422}:
            self.said.refused.add(token)
        elif status < 500:
            self.said.wrong.append(f"a text was answered with {status}")
        return status < 500

    def _prompts(self, lock: threading.Lock) -> None:
        for number, agent in zip(itertools.count(), itertools.cycle(self._agents), strict=False):
            token = f"prompt-{number}."
            with lock:
                self.said.asked[token] = agent
                self.said.prompts[token] = self._prompt(agent, token)
            if not self._wait(4 * self._pace):
                return

    def _prompt(self, agent: str, token: str) -> bool | None:
        try:
            path = f"/constellations/lab/agents/{agent}/send"
            answer = self._api.ask("POST", path, {"text": token})
        except (OSError, http.client.HTTPException):
            return None
        self.said.statuses[answer.status] += 1
        if answer.status == 200:
            return bool(answer.json["confirmed"])
        self._judge(f"send to {agent}", answer.status, answer.body)
        return None

    def _looks(self, lock: threading.Lock) -> None:
        chance = random.Random(1)
        paths = ("agents", "agents/{}/diff", "agents/{}/facts", "agents/{}", "runs", "agents/{}/commits")
        for path in itertools.cycle(paths):
            with lock:
                self._look(f"/constellations/lab/{path}".format(chance.choice(list(self._agents))))
            if not self._wait(self._pace / 3):
                return

    def _look(self, path: str) -> None:
        begin = time.monotonic()
        try:
            answer = self._api.ask("GET", path)
        except (OSError, http.client.HTTPException):
            self.said.statuses[0] += 1
            return
        self.said.waits.append(time.monotonic() - begin)
        self.said.statuses[answer.status] += 1
        self._judge(path, answer.status, answer.body)

    def _judge(self, what: str, status: int, body: bytes) -> None:
        """Errors in words may come while somebody is killed; a crash of the server may not."""
        if status == 500:
            self.said.wrong.append(f"{what}: {status} {body[:300]!r}")
            return
        with contextlib.suppress(ValueError):
            json.loads(body)
            return
        self.said.wrong.append(f"{what}: {status} with {body[:100]!r}")
