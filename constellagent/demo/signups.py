"""Four little services that ask for proof of an address or a number before they open an account.

    python3 signups.py {link,code,text,both} --port PORT [--delay SECONDS]

link mails a link, code mails a code, text sends a code as a text message; both wants a code from each and
then gives out an API key. They send as any program on this machine does: mail to CONSTELLAGENT_SMTP_URL,
texts to CONSTELLAGENT_SMS_URL. Accounts live in memory, so there is nothing to clean up.
"""

import argparse
import base64
import email.message
import email.utils
import hashlib
import hmac
import http.server
import json
import os
import secrets
import smtplib
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

LIFETIME = 600.0
"""Seconds for which a code or a link works."""

MOST_TRIES = 5
SHORTEST_PASSWORD = 12
_MOST_DIGITS = 5
"""Digits of the length of a body: what nobody needs is not read."""

_OURSELVES = urllib.request.build_opener(urllib.request.ProxyHandler({}))
"""Opens addresses of this machine, about which no proxy is asked."""

Answer = dict[str, object]


class Service(NamedTuple):
    """One of the four.

    Attributes:
        name: what it is called.
        domain: where its mail comes from.
        number: where its texts come from.
        wants: the contacts that it verifies.
        links: it mails a link in place of a code.
        gives_key: it gives out an API key.
    """

    name: str
    domain: str
    number: str
    wants: tuple[str, ...]
    links: bool = False
    gives_key: bool = False


SERVICES = {
    "link": Service("Linkhouse", "linkhouse.example", "", ("email",), links=True),
    "code": Service("Codebarn", "codebarn.example", "", ("email",)),
    "text": Service("Textmill", "textmill.example", "+18005550123", ("phone",)),
    "both": Service("Twokeys", "twokeys.example", "+18005550124", ("email", "phone"), gives_key=True),
}
_ROADS = {"email": "mailbox", "phone": "phone"}


class RefusedError(Exception):
    """The service says no: an HTTP status, and words for who asked."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Post(Protocol):
    """The way to mailboxes and phones."""

    def mail(self, to: str, subject: str, words: str, page: str) -> None: ...  # noqa: D102 - see RealPost

    def text(self, to: str, body: str) -> None: ...  # noqa: D102 - the same


@dataclass
class Proof:
    """What was sent to one contact, and how often it was guessed wrong."""

    secret: str
    tries: int = 0
    used: bool = False


@dataclass
class Account:
    """Who signed up. `contacts` and `proofs` are by kind, `verified` holds the kinds that were proven."""

    contacts: dict[str, str]
    salt: bytes
    password: bytes
    proofs: dict[str, Proof]
    signed_up: float
    verified: set[str] = field(default_factory=set)
    key: bytes = b""

    @property
    def complete(self) -> bool:
        """Whether every contact was proven."""
        return self.verified == set(self.contacts)


class SignUps:
    """The accounts of one service."""

    def __init__(
        self, service: Service, address: str, post: Post, now: Callable[[], float], delay: float = 0.0
    ) -> None:
        """`address` is the URL of the service, for its links; `now` gives epoch seconds.

        With `delay` the proofs are on their way for so many seconds, as those of real services are.
        """
        self.service = service
        self._address = address
        self._post = post
        self._now = now
        self._delay = delay
        self._accounts: list[Account] = []
        self._lock = threading.Lock()

    def sign_up(self, asked: dict[str, str]) -> Answer:
        """Open an account that is not verified yet, and send what proves its contacts."""
        contacts = {kind: asked.get(kind, "") for kind in self.service.wants}
        if missing := [kind for kind, value in contacts.items() if not value]:
            raise RefusedError(422, f"we need your {' and your '.join(missing)}")
        password = asked.get("password", "")
        check_password(password)
        salt = secrets.token_bytes(16)
        proofs = {kind: Proof(self._secret(kind)) for kind in contacts}
        account = Account(contacts, salt, hashed(salt, password), proofs, self._now())
        with self._lock:
            self._accounts = [other for other in self._accounts if other.complete or not self._expired(other)]
            for kind, value in contacts.items():
                if any(other.contacts[kind] == value for other in self._accounts):
                    raise RefusedError(409, f"there is an account with this {kind} already")
            self._accounts.append(account)
        if self._delay:
            threading.Timer(self._delay, self._deliver_later, (account,)).start()
        else:
            self._deliver(account)
        return {"message": f"check your {' and your '.join(_ROADS[kind] for kind in contacts)}"}

    def verify(self, asked: dict[str, str]) -> Answer:
        """Take a link's token, or the code for a contact; say what is still missing."""
        with self._lock:
            account, kind = self._asked_about(asked)
            proof, given = account.proofs[kind], asked.get("token") or asked.get("code", "").replace("-", "")
            if proof.used:
                raise RefusedError(410, "this was used already")
            if self._expired(account):
                raise RefusedError(410, "this has expired; sign up again")
            if proof.tries >= MOST_TRIES:
                raise RefusedError(429, "too many wrong codes; sign up again later")
            if not hmac.compare_digest(given.encode(), proof.secret.encode()):
                proof.tries += 1
                raise RefusedError(403, "this is not the code that we sent")
            proof.used = True
            account.verified.add(kind)
            if not account.complete:
                return {"message": f"your {kind} is verified, one more to go", "verified": False}
            report(self.service, account, self._now())
            return {"message": "you are verified", "verified": True, **self._key_for(account)}

    def log_in(self, asked: dict[str, str]) -> Answer:
        """Check a password, as every later visit would."""
        with self._lock:
            for account in self._accounts:
                if any(asked.get(kind) == value for kind, value in account.contacts.items()):
                    given = hashed(account.salt, asked.get("password", ""))
                    if account.complete and hmac.compare_digest(given, account.password):
                        return {"message": f"logged in as {next(iter(account.contacts.values()))}"}
        raise RefusedError(403, "wrong password, or not verified yet")

    def who_calls(self, key: str) -> Answer:
        """Answer a call with an API key."""
        given = hashlib.sha256(key.encode()).digest()
        with self._lock:
            for account in self._accounts:
                if account.key and hmac.compare_digest(account.key, given):
                    return {"message": f"the API key is that of {account.contacts['email']}"}
        raise RefusedError(401, "this API key is not valid")

    def _secret(self, kind: str) -> str:
        is_link = self.service.links and kind == "email"
        return secrets.token_urlsafe(24) if is_link else f"{secrets.randbelow(10**6):06}"

    def _deliver(self, account: Account) -> None:
        """Send the proofs; an account that cannot be reached is none."""
        try:
            for kind, contact in account.contacts.items():
                self._send(kind, contact, account.proofs[kind].secret)
        except OSError:
            with self._lock:
                self._accounts.remove(account)
            raise

    def _deliver_later(self, account: Account) -> None:
        try:
            self._deliver(account)
        except OSError as error:
            say(f"somebody who signed up cannot be reached: {error}")

    def _send(self, kind: str, contact: str, secret: str) -> None:
        name = self.service.name
        if kind == "phone":
            shown = f"{secret[:3]}-{secret[3:]}"
            self._post.text(contact, f"Your {name} code is {shown}. Do not share it with anybody.")
        elif self.service.links:
            place = f"{self._address}/verify?token={secret}"
            words = f"Welcome to {name}! Confirm your address within ten minutes:\n\n{place}\n"
            page = f'<p>Welcome to {name}!</p><p><a href="{place}">Confirm your address</a></p>'
            self._post.mail(contact, f"Confirm your address at {name}", words, page)
        else:
            words = f"Your {name} verification code is {secret}. It expires in ten minutes.\n"
            page = f"<p>Your {name} verification code is</p><h1>{secret}</h1>"
            self._post.mail(contact, f"{secret} is your {name} code", words, page)

    def _asked_about(self, asked: dict[str, str]) -> tuple[Account, str]:
        """Return the account and the contact that a proof is about; called with the lock held."""
        for account in self._accounts:
            for kind, proof in account.proofs.items():
                if self.service.links:
                    if hmac.compare_digest(asked.get("token", "").encode(), proof.secret.encode()):
                        return account, kind
                elif asked.get(kind) == account.contacts[kind]:
                    return account, kind
        raise RefusedError(404, "nobody signed up with this")

    def _expired(self, account: Account) -> bool:
        return self._now() - account.signed_up > LIFETIME

    def _key_for(self, account: Account) -> Answer:
        if not self.service.gives_key:
            return {}
        key = f"tk_{secrets.token_urlsafe(24)}"
        account.key = hashlib.sha256(key.encode()).digest()
        return {"api_key": key}


def check_password(password: str) -> None:
    """Refuse a password that is easy to guess."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    used = sum(any(kind(character) for character in password) for kind in kinds)
    if len(password) < SHORTEST_PASSWORD or used < 3:
        raise RefusedError(
            422,
            f"a password has {SHORTEST_PASSWORD} characters or more, of three kinds: "
            "small letters, capitals, digits, signs",
        )


def hashed(salt: bytes, password: str) -> bytes:
    """Return what is kept of a password."""
    return hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)


def report(service: Service, account: Account, verified: float) -> None:
    """Say on standard output, for whoever looks at the service, who was verified and when."""
    times = {"signed_up": account.signed_up, "verified": verified}
    say(json.dumps({"service": service.name, "contacts": account.contacts, **times}))


def say(line: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class RealPost:
    """Sends through the doors that every service finds in its environment."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._smtp = urllib.parse.urlsplit(os.environ["CONSTELLAGENT_SMTP_URL"])
        self._sms = os.environ["CONSTELLAGENT_SMS_URL"]

    def mail(self, to: str, subject: str, words: str, page: str) -> None:
        """Send a mail with a plain and an HTML part."""
        message = email.message.EmailMessage()
        message["From"] = email.utils.formataddr((self._service.name, f"no-reply@{self._service.domain}"))
        message["To"] = to
        message["Subject"] = subject
        message["Date"] = email.utils.localtime()
        message["Message-ID"] = email.utils.make_msgid(domain=self._service.domain)
        message.set_content(words)
        message.add_alternative(page, subtype="html")
        with smtplib.SMTP(self._smtp.hostname or "127.0.0.1", self._smtp.port or 25, timeout=20) as smtp:
            smtp.send_message(message)

    def text(self, to: str, body: str) -> None:
        """Send a text message in the form that gateways post, signed as they sign where there is a token."""
        sid = f"SM{secrets.token_hex(16)}"
        fields = {"From": self._service.number, "To": to, "Body": body, "MessageSid": sid}
        signed = self._sms + "".join(name + fields[name] for name in sorted(fields))
        digest = hmac.digest(os.environ.get("SMS_TOKEN", "").encode(), signed.encode(), "sha1")
        headers = {"X-Twilio-Signature": base64.b64encode(digest).decode()}
        form = urllib.request.Request(self._sms, urllib.parse.urlencode(fields).encode(), headers)  # noqa: S310 - our own variable
        with _OURSELVES.open(form, timeout=20) as answer:
            answer.read()


class Handler(http.server.BaseHTTPRequestHandler):
    """JSON in, JSON out; the link in a mail is followed with GET, as a mail program does."""

    signups: SignUps
    timeout = 30

    def do_GET(self) -> None:
        """Serve the front page, a link from a mail, and a call with an API key."""
        place = urllib.parse.urlsplit(self.path)
        if place.path == "/verify":
            token = dict(urllib.parse.parse_qsl(place.query)).get("token", "")
            self._answer(lambda: self.signups.verify({"token": token}))
        elif place.path == "/me":
            key = self.headers.get("Authorization", "").removeprefix("Bearer ")
            self._answer(lambda: self.signups.who_calls(key))
        elif place.path == "/":
            service = self.signups.service
            self._answer(lambda: {"message": f"this is {service.name}", "wants": service.wants})
        else:
            self._reply(404, {"error": "there is nothing here"})

    def do_POST(self) -> None:
        """Serve a sign-up, a code and a log-in."""
        does = {
            "/sign-up": self.signups.sign_up,
            "/verify": self.signups.verify,
            "/log-in": self.signups.log_in,
        }
        action = does.get(self.path)
        length = self.headers.get("Content-Length", "")
        if action is None:
            self._reply(404, {"error": "there is nothing here"})
        elif not (length.isascii() and length.isdigit() and len(length) <= _MOST_DIGITS):
            self._reply(413, {"error": "send a body of a known and small size"})
        else:
            try:
                asked = {
                    str(key): str(value) for key, value in json.loads(self.rfile.read(int(length))).items()
                }
            except (ValueError, AttributeError, RecursionError):
                self._reply(400, {"error": "send a JSON object"})
                return
            self._answer(lambda: action(asked))

    def _answer(self, act: Callable[[], Answer]) -> None:
        """Do it, and say how it went."""
        try:
            status, body = 200, act()
        except RefusedError as refused:
            status, body = refused.status, {"error": str(refused)}
        except OSError as error:
            status, body = 502, {"error": f"we could not reach you: {error}"}
        self._reply(status, body)

    def _reply(self, status: int, body: Answer) -> None:
        data = json.dumps(body).encode() + b"\n"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:  # noqa: ARG002 - the parent's signature
        """Say what was asked without the query, since the token of a link is a secret."""
        status = code.value if isinstance(code, http.HTTPStatus) else code
        say(f"{self.command} {urllib.parse.urlsplit(self.path).path} {status}")


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="A little service that verifies who signs up.")
    parser.add_argument("kind", choices=SERVICES)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--delay", type=float, default=0.0, help="seconds until a code is sent")
    chosen = parser.parse_args()
    service, place = SERVICES[chosen.kind], f"http://127.0.0.1:{chosen.port}"
    Handler.signups = SignUps(service, place, RealPost(service), time.time, chosen.delay)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", chosen.port), Handler)
    say(f"{service.name} is at {place}/")
    server.serve_forever()


if __name__ == "__main__":
    main()
