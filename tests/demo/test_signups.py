"""The sign-up services: what they send, whom they let in, and what they refuse."""

import asyncio
import http.client
import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from constellagent.demo import signups
from constellagent.demo.signups import SERVICES, RefusedError, SignUps
from constellagent.ravi.vault import RootKey
from tests.ravi.provided import provided

PASSWORD = "Correct-horse-7"
EMAIL, PHONE = "ada@demo.test", "+12015550100"


@dataclass
class Posted:
    """A way to mailboxes and phones that keeps what is sent, or fails as an unreachable one does."""

    mails: list[tuple[str, str, str, str]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    broken: bool = False

    def mail(self, to: str, subject: str, words: str, page: str) -> None:
        """Keep a mail."""
        if self.broken:
            raise ConnectionRefusedError
        self.mails.append((to, subject, words, page))

    def text(self, to: str, body: str) -> None:
        """Keep a text."""
        self.texts.append((to, body))

    @property
    def code(self) -> str:
        """The code in the newest mail."""
        return str(re.findall(r"\d{6}", self.mails[-1][2])[0])

    @property
    def token(self) -> str:
        """The token of the link in the newest mail."""
        return str(re.findall(r"token=(\S+)", self.mails[-1][2])[0])

    @property
    def texted(self) -> str:
        """The code in the newest text, as it is written."""
        return str(re.findall(r"\d{3}-\d{3}", self.texts[-1][1])[0])


@dataclass
class Opened:
    """A service with its post and its clock."""

    desk: SignUps
    post: Posted
    clock: list[float]

    def refuses(self, act: Callable[[dict[str, str]], object], **asked: str) -> int:
        """Return the status with which something is refused."""
        with pytest.raises(RefusedError) as caught:
            act(asked)
        return caught.value.status


def opened(kind: str, *, delay: float = 0.0) -> Opened:
    """Open a service."""
    post, clock = Posted(), [1000.0]
    desk = SignUps(SERVICES[kind], "http://127.0.0.1:1", post, lambda: clock[0], delay)
    return Opened(desk, post, clock)


def test_a_link_is_sent_in_words_and_as_a_page() -> None:
    """The mail has the link in both parts; whoever follows it is verified and can log in."""
    service = opened("link")
    service.desk.sign_up({"email": EMAIL, "password": PASSWORD})
    ((to, subject, words, page),) = service.post.mails

    assert to == EMAIL
    assert "Confirm your address" in subject
    assert f'href="http://127.0.0.1:1/verify?token={service.post.token}"' in page
    assert service.post.token in words
    assert service.refuses(service.desk.log_in, email=EMAIL, password=PASSWORD) == 403
    assert service.desk.verify({"token": service.post.token})["verified"] is True
    assert service.desk.log_in({"email": EMAIL, "password": PASSWORD})["message"] == f"logged in as {EMAIL}"
    assert service.refuses(service.desk.log_in, email=EMAIL, password="Another-pass-1") == 403


def test_a_code_works_once() -> None:
    """The mailed code verifies; the same one again is used up, and a wrong one is no code."""
    service = opened("code")
    service.desk.sign_up({"email": EMAIL, "password": PASSWORD})
    wrong = f"{(int(service.post.code) + 1) % 10**6:06}"

    assert service.refuses(service.desk.verify, email=EMAIL, code=wrong) == 403
    assert service.desk.verify({"email": EMAIL, "code": service.post.code})["verified"] is True
    assert service.refuses(service.desk.verify, email=EMAIL, code=service.post.code) == 410


def test_guessing_ends() -> None:
    """After five wrong codes the right one is refused too."""
    service = opened("text")
    service.desk.sign_up({"phone": PHONE, "password": PASSWORD})
    code = service.post.texted.replace("-", "")
    wrong = f"{(int(code) + 1) % 10**6:06}"

    assert [service.refuses(service.desk.verify, phone=PHONE, code=wrong) for _ in range(5)] == [403] * 5
    assert service.refuses(service.desk.verify, phone=PHONE, code=code) == 429


@pytest.mark.parametrize("kind", ["link", "code"])
def test_codes_and_links_expire(kind: str) -> None:
    """After ten minutes neither works, and one may sign up again for a fresh one."""
    service = opened(kind)
    service.desk.sign_up({"email": EMAIL, "password": PASSWORD})
    proof = {"token": service.post.token} if kind == "link" else {"email": EMAIL, "code": service.post.code}
    service.clock[0] += signups.LIFETIME + 1

    assert service.refuses(service.desk.verify, **proof) == 410
    service.desk.sign_up({"email": EMAIL, "password": PASSWORD})
    assert len(service.post.mails) == 2


def test_one_account_for_each_address_and_number() -> None:
    """A second account is refused on the same address as well as on the same number, at any time."""
    service = opened("both")
    service.desk.sign_up({"email": EMAIL, "phone": PHONE, "password": PASSWORD})
    other = {"email": "bea@demo.test", "phone": "+12025550100"}
    for taken in ({"email": EMAIL}, {"phone": PHONE}):
        assert service.refuses(service.desk.sign_up, password=PASSWORD, **{**other, **taken}) == 409


@pytest.mark.parametrize("password", ["", "Short-7", "alllowercaseletters", "lower-and-signs-only", "A" * 40])
def test_weak_passwords_are_refused(password: str) -> None:
    """Twelve characters of three kinds are the least."""
    service = opened("code")

    assert service.refuses(service.desk.sign_up, email=EMAIL, password=password) == 422
    assert service.post.mails == []


def test_both_contacts_and_then_a_key() -> None:
    """The phone's code does not prove the mailbox; with both there is a key, which alone opens the API."""
    service = opened("both")
    service.desk.sign_up({"email": EMAIL, "phone": PHONE, "password": PASSWORD})
    if service.post.code != service.post.texted.replace("-", ""):
        assert service.refuses(service.desk.verify, email=EMAIL, code=service.post.texted) == 403

    first = service.desk.verify({"phone": PHONE, "code": service.post.texted})
    assert (first["verified"], "api_key" in first) == (False, False)
    key = str(service.desk.verify({"email": EMAIL, "code": service.post.code})["api_key"])

    assert EMAIL in str(service.desk.who_calls(key)["message"])
    with pytest.raises(RefusedError, match="not valid"):
        service.desk.who_calls(key[:-1])


def test_a_code_is_no_link() -> None:
    """Codes cannot be guessed through the door for links, where no wrong try counts."""
    service = opened("code")
    service.desk.sign_up({"email": EMAIL, "password": PASSWORD})

    assert service.refuses(service.desk.verify, token=service.post.code) == 404


def test_what_is_missing_is_named() -> None:
    """Who leaves out a contact is told which."""
    with pytest.raises(RefusedError, match="your email and your phone"):
        opened("both").desk.sign_up({"password": PASSWORD})


def test_who_cannot_be_reached_has_no_account() -> None:
    """A mail that cannot be sent leaves nothing that would be in the way of another try."""
    service = opened("code")
    service.post.broken = True
    with pytest.raises(ConnectionRefusedError):
        service.desk.sign_up({"email": EMAIL, "password": PASSWORD})
    service.post.broken = False

    service.desk.sign_up({"email": EMAIL, "password": PASSWORD})
    assert len(service.post.mails) == 1


def test_codes_can_be_on_their_way(capsys: pytest.CaptureFixture[str]) -> None:
    """With a delay the answer comes first and the mail later; one that cannot be sent is told of."""
    for broken, kept in ((False, 1), (True, 0)):
        service = opened("code", delay=0.01)
        service.post.broken = broken
        service.desk.sign_up({"email": EMAIL, "password": PASSWORD})
        for timer in [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]:
            timer.join(10)
        assert len(service.post.mails) == kept
    assert "cannot be reached" in capsys.readouterr().out


def test_who_was_verified_is_reported_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """The service's own output names contacts and times, and no code, link, key or password."""
    service = opened("both")
    service.desk.sign_up({"email": EMAIL, "phone": PHONE, "password": PASSWORD})
    service.clock[0] += 2
    service.desk.verify({"phone": PHONE, "code": service.post.texted})
    key = service.desk.verify({"email": EMAIL, "code": service.post.code})["api_key"]
    said = capsys.readouterr().out

    assert json.loads(said) == {
        "service": "Twokeys",
        "contacts": {"email": EMAIL, "phone": PHONE},
        "signed_up": 1000.0,
        "verified": 1002.0,
    }
    assert not [secret for secret in (str(key), PASSWORD, service.post.code) if secret in said]


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Give host and port of a service that listens and has nowhere to send."""
    service = opened("code")
    monkeypatch.setattr(signups.Handler, "signups", service.desk, raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), signups.Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield ("127.0.0.1", server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status"),
    [
        ("GET", "/", None, {}, 200),
        ("GET", "/verify?token=nobodys", None, {}, 404),
        ("GET", "/me", None, {"Authorization": "Bearer tk_wrong"}, 401),
        ("GET", "/elsewhere", None, {}, 404),
        ("POST", "/elsewhere", b"{}", {}, 404),
        ("POST", "/sign-up", b"[]", {}, 400),
        ("POST", "/sign-up", b"{no json", {}, 400),
        ("POST", "/sign-up", b"\xff\xfe", {}, 400),
        ("POST", "/sign-up", b"{}", {"Content-Length": "-1"}, 413),
        ("POST", "/sign-up", b"{}", {"Content-Length": "99999999"}, 413),
        ("POST", "/sign-up", b"{}", {}, 422),
        ("POST", "/log-in", b'{"email": "a@b"}', {}, 403),
    ],
)
def test_the_doors(
    place: tuple[str, int], method: str, path: str, body: bytes | None, headers: dict[str, str], status: int
) -> None:
    """Every request is answered in JSON with the right status, also those that make no sense."""
    connection = http.client.HTTPConnection(*place, timeout=30)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    said: dict[str, Any] = json.load(answer)
    connection.close()

    assert answer.status == status
    assert said.keys() >= ({"message"} if status == 200 else {"error"})


async def test_mail_and_texts_really_arrive(tmp_path: Path) -> None:
    """The program sends through the doors of its environment to the mailbox and the number of an identity."""
    async with provided(tmp_path, RootKey(bytes(range(32)), "a test")) as local:
        row = await local.identity(name="ada", provision_phone=True)
        env = {
            "PATH": os.environ["PATH"],
            "CONSTELLAGENT_SMTP_URL": local.provider.smtp_url,
            "CONSTELLAGENT_SMS_URL": local.provider.sms_url,
        }
        code = (
            "import time\nfrom constellagent.demo import signups\n"
            "service = signups.SERVICES['both']\n"
            "desk = signups.SignUps(service, '', signups.RealPost(service), time.time)\n"
            f"asked = {{'email': {row['inbox']!r}, 'phone': {row['phone']!r}, 'password': {PASSWORD!r}}}\n"
            "desk.sign_up(asked)\n"
        )
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, env=env, stdin=asyncio.subprocess.DEVNULL
        )
        assert await process.wait() == 0
        mails = (await local.ask("GET", f"/api/email-messages/?identity={row['uuid']}")).json()
        texts = (await local.ask("GET", f"/api/messages/?identity={row['uuid']}")).json()

    (mail,) = mails
    assert (mail["from_email"], mail["from_display_name"]) == ("no-reply@twokeys.example", "Twokeys")
    assert mail["subject"][:6] in mail["text_content"]
    assert mail["subject"][:6] in mail["html_content"]
    (text,) = texts
    assert text["from_number"] == SERVICES["both"].number
    assert re.search(r"code is \d{3}-\d{3}\.", text["body"])


def test_the_program_says_where_it_is() -> None:
    """Started as a file it listens and says so, and a signal ends it."""
    env = {"CONSTELLAGENT_SMTP_URL": "smtp://127.0.0.1:1", "CONSTELLAGENT_SMS_URL": "http://127.0.0.1:1/"}
    process = subprocess.Popen(
        [sys.executable, "-I", signups.__file__, "text", "--port", "0"],
        env=env,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline() == "Textmill is at http://127.0.0.1:0/\n"
        process.send_signal(signal.SIGTERM)
