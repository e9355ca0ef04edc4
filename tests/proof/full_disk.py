"""A disk that is full while agents work: requests are refused clearly, and nothing that was is lost."""

import contextlib
import http.client
import os
import smtplib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from constellagent.runtime.holder.log import LogReader
from tests.proof import seen
from tests.proof.ground import Ground
from tests.proof.kills import mailboxes
from tests.proof.traffic import SENDER
from tests.reliability.crowd import post
from tests.reliability.lab import git, wait_for
from tests.reliability.town import Town, letter

SIZE = "48m"
_CHUNK = 1 << 16


def possible() -> bool:
    """Say whether a small disk can be made here."""
    return os.geteuid() == 0


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """Let a folder be a disk of its own; nothing may use it any more in the end."""
    folder.mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0700", "tmpfs", str(folder)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@contextlib.contextmanager
def filled(folder: Path) -> Iterator[None]:
    """Let no byte be free there for a while."""
    ballast = folder / "ballast"
    try:
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(_CHUNK))
        with ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"\0")
        yield
    finally:
        ballast.unlink()


def run(agents: int = 3) -> list[tuple[str, str]]:
    """Fill the disk under the state folder, try everything, give the space back; returns what was found.

    Raises:
        AssertionError: something was lost, doubled, or refused without a word.
    """
    with Ground(agents=agents) as ground, small_disk(ground.home):
        try:
            return _run(ground)
        finally:
            ground.kill_all()


def _run(ground: Ground) -> list[tuple[str, str]]:
    ground.open()
    ground.run("apply", "--yes")
    found: list[tuple[str, str]] = []
    with Town(ground) as town:
        town.log_in()
        boxes = mailboxes(ground)
        agent = next(box for box in boxes if box.agent == "agent-0")
        before = {name: ground.session(name) for name in ground.names}
        with filled(ground.home):
            ground.declare(ground.agents + 1)
            found.append(("apply with one agent more", refused(ground, "apply", "--yes")))
            found.append(("run", refused(ground, "run", "agent-0", "--", "true")))
            found.append(("mail", _mail(town, agent.address, "full")))
            found.append(("text", _text(town, agent.number, "full")))
        now = {name: ground.session(name) for name in before}
        assert now == before, f"agents did not outlive it: {before} became {now}"
        found.append(("agents that went on", str(len(before))))
        wait_for(lambda: _mail(town, agent.address, "after") == "taken", "mail to be taken again")
        assert _text(town, agent.number, "after") == "taken"
        ground.agents += 1
        ground.run("apply", "--yes")
        assert ground.json("plan", "--detailed-exitcode")["empty"]
        found.append(("apply once there is space", "converged, and nothing is left to do"))
        subjects = [row["subject"] for row in town.ask("GET", "/api/email-messages/")]
        taken = {word for what, word in found if what == "mail" and word == "taken"}
        assert subjects.count("after") == 1, subjects
        assert subjects.count("full") == len(taken), subjects
        for name, session in before.items():
            found.append((f"log of {name}", _numbers(ground, str(session))))
        assert not seen.lasting(ground), seen.lasting(ground)
        assert not ground.locks()
        git(ground.repo, "fsck", "--no-dangling")
        assert ground.json("audit", "verify")["ok"]
        found.append(("audit", "verified"))
    return found


def refused(ground: Ground, *args: str) -> str:
    """Return how a command says that there is no space; it must fail, without a traceback."""
    done = ground.run(*args, check=None)
    said = f"{done.stdout}{done.stderr}"
    assert done.returncode != 0, f"{args} did not fail: {said}"
    assert "Traceback" not in said, said
    lines = [line for line in said.splitlines() if "space" in line.lower() or "full" in line.lower()]
    assert lines, f"{args} does not say what is the matter: {said}"
    return f"exit {done.returncode}: {lines[0].strip()}"


def _mail(town: Town, address: str, subject: str) -> str:
    try:
        with contextlib.closing(town.door()) as door:
            door.sendmail(SENDER, [address], letter(address, subject, "text", ident=subject))
    except smtplib.SMTPRecipientsRefused as error:
        ((code, words),) = error.recipients.values()
        return _later(code, words)
    except smtplib.SMTPResponseException as error:
        return _later(error.smtp_code, error.smtp_error)
    return "taken"


def _later(code: int, words: bytes | str) -> str:
    """A full disk is no reason to refuse mail for good."""
    assert 400 <= code < 500, f"refused for good: {code} {words!r}"
    return f"{code} {words.decode() if isinstance(words, bytes) else words}"


def _text(town: Town, number: str, said: str) -> str:
    with contextlib.closing(http.client.HTTPConnection(urlsplit(town.sms).netloc, timeout=60)) as gateway:
        status = post(gateway, {"from": "+12025550199", "to": number, "body": said, "id": said})
    assert status == 202 or status >= 500, status
    return "taken" if status == 202 else f"status {status}"


def _numbers(ground: Ground, session: str) -> str:
    """Return how many lines a log has, and how many it left out while the disk was full, in one stretch."""
    reader = LogReader(ground.home / "sessions" / session / "log")
    offset, parts, gaps = reader.begin(), list[bytes](), 0
    while True:
        begin, data = reader.read(offset, 1 << 20)
        if not data:
            break
        gaps += begin != offset
        parts.append(data)
        offset = begin + len(data)
    lines = b"".join(parts).count(b"\r\n")
    assert lines, f"nothing is left of the log of {session}"
    return f"{lines} lines, {gaps} gaps"
