"""A disk that is full while agents work: requests are refused clearly, and nothing that was is lost."""

import contextlib
import http.client
import os
import re
import smtplib
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from constellagent.runtime.holder.log import LogReader
from tests.proof.ground import Ground
from tests.proof.kills import mailboxes
from tests.proof.laws import Laws
from tests.proof.traffic import NUMBER, SENDER, Mailbox, Traffic
from tests.reliability.crowd import post
from tests.reliability.lab import wait_for
from tests.reliability.town import Town, letter

SIZE = "48m"
FREE = re.compile(r"\b[\d,]+ bytes free\b")
"""How an error says how much space there is left."""
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
        laws = Laws(ground, town, Traffic(town, ground.api, [], []))
        before = {name: ground.session(name) for name in ground.names}
        wait_for(lambda: ground.lines("secrets") and ground.lines("hooks"), "hooks to report, and secrets")
        with filled(ground.home):
            ground.declare(ground.agents + 1)
            found.append(("apply with one agent more", refused(ground, "apply", "--yes")))
            found.append(("run", refused(ground, "run", "agent-0", "--", "true")))
            found.append(("mail", _mail(laws, agent, "full")))
            found.append(("text", _text(laws, agent, "full")))
            tried = len(ground.lines("hooks"))
            wait_for(lambda: len(ground.lines("hooks")) > tried + 1, "a hook that has no space to report")
        now = {name: ground.session(name) for name in before}
        assert now == before, f"agents did not outlive it: {before} became {now}"
        found.append(("agents that went on", str(len(before))))
        wait_for(lambda: _mail(laws, agent, "after") == "taken", "mail to be taken again")
        assert _text(laws, agent, "after") == "taken"
        ground.agents += 1
        ground.run("apply", "--yes")
        assert ground.json("plan", "--detailed-exitcode")["empty"]
        found.append(("apply once there is space", "converged, and nothing is left to do"))
        found += _kept(laws, before)
    return found


def _kept(laws: Laws, before: Mapping[str, str | None]) -> list[tuple[str, str]]:
    """Look at all that anybody was told is kept, before, meanwhile and since; returns what there is."""
    ground, figures, known = laws.ground, laws.figures, len(laws.ground.lines("secrets"))
    wait_for(lambda: len(ground.lines("secrets")) > known, "secrets to be taken again")
    laws.messages()
    laws.secrets()
    laws.hooks()
    assert laws.delivered() == Counter(laws.traffic.said.taken.keys()), "what was refused is there"
    assert figures.messages >= 2
    assert figures.secrets
    assert figures.reports
    found = [
        ("mails and texts that were taken", f"{figures.messages}, each there once; what was refused is not"),
        ("secrets that were taken", f"{figures.secrets}, each there with its value"),
        ("hooks that were told so", f"{figures.reports} reports, each there once"),
    ]
    found += [(f"log of {name}", compared(ground, str(session))) for name, session in before.items()]
    laws.processes()
    laws.repository(worktrees=len(ground.names))
    laws.identities(live=True)
    laws.audit()
    return [*found, ("audit", "verified")]


def refused(ground: Ground, *args: str) -> str:
    """Return how a command says that there is no space, where, and how much; without a traceback."""
    done = ground.run(*args, check=None)
    said = f"{done.stdout}{done.stderr}"
    assert done.returncode == 1, f"{args} ended with {done.returncode}: {said}"
    assert "Traceback" not in said, said
    lines = [line for line in said.splitlines() if "space" in line.lower() or "full" in line.lower()]
    assert lines, f"{args} does not say what is the matter: {said}"
    assert any(str(ground.home) in line and FREE.search(line) for line in lines), f"nor where: {said}"
    return f"exit {done.returncode}: {lines[0].strip()}"


def _mail(laws: Laws, box: Mailbox, when: str) -> str:
    token = f"m-{box.agent}-{when}."
    try:
        with contextlib.closing(laws.town.door()) as door:
            content = letter(box.address, f"Hello {token}", f"For {token} alone", ident=token)
            door.sendmail(SENDER, [box.address], content)
    except smtplib.SMTPRecipientsRefused as error:
        ((code, words),) = error.recipients.values()
        return _later(code, words)
    except smtplib.SMTPResponseException as error:
        return _later(error.smtp_code, error.smtp_error)
    laws.traffic.said.taken[token] = box.agent
    return "taken"


def _later(code: int, words: bytes | str) -> str:
    """A full disk is no reason to refuse mail for good."""
    assert 400 <= code < 500, f"refused for good: {code} {words!r}"
    return f"{code} {words.decode() if isinstance(words, bytes) else words}"


def _text(laws: Laws, box: Mailbox, when: str) -> str:
    token = f"s-{box.agent}-{when}."
    text = {"from": NUMBER, "to": box.number, "body": f"For {token} alone", "id": token}
    with contextlib.closing(
        http.client.HTTPConnection(urlsplit(laws.town.sms).netloc, timeout=60)
    ) as gateway:
        status = post(gateway, text)
    assert status == 202 or status >= 500, status
    if status == 202:
        laws.traffic.said.taken[token] = box.agent
    return "taken" if status == 202 else f"status {status}"


def compared(ground: Ground, session: str) -> str:
    """Assert that a log is what its agent printed, but for one stretch; returns how much there is of it."""
    diary = ground.diary / f"{session}.out"
    said = diary.stat().st_size
    reader = LogReader(ground.home / "sessions" / session / "log")
    wait_for(lambda: reader.end() >= said, f"the log of {session} to be written")
    offset, kept, gaps = 0, 0, list[int]()
    while True:
        begin, data = reader.read(offset, 1 << 20)
        if not data:
            break
        if begin != offset:
            gaps.append(begin - offset)
        # In this order: what is printed is in the diary first.
        want = diary.read_bytes()[begin : begin + len(data)]
        assert data == want, f"the log of {session} differs after {begin}: {data[:80]!r} {want[:80]!r}"
        kept += len(data)
        offset = begin + len(data)
    assert kept, f"nothing is left of the log of {session}"
    assert offset >= said, f"the log of {session} ends at {offset}, before {said}"
    assert len(gaps) <= 1, f"the log of {session} left out more than one stretch: {gaps}"
    return f"{kept:,} bytes, and {sum(gaps):,} left out in one stretch" if gaps else f"{kept:,} bytes, whole"
