"""One schedule, one run or one webhook as lines."""

import hmac
import io
import shutil
import subprocess

import pytest

from constellagent.faces.cli import schedule_blocks as blocks
from tests.faces.cli.personal import EVIL
from tests.faces.cli.scheduled import NOW, hook_view, missed_view, run_view, schedule_view, several
from tests.golden_option import Golden


def plain() -> io.StringIO:
    """Return a stream that is no terminal."""
    return io.StringIO()


def test_one_of_each(golden: Golden) -> None:
    """Each is shown with all that is known of it, and with what helps where something is not as it should."""
    shown = [blocks.schedule(view, NOW, plain()) for view in several()]
    shown.append(blocks.schedule(schedule_view(state="paused", declared={"paused": True}), NOW, plain()))
    shown.append(blocks.run(run_view(log="/state/sessions/x/log", commit_count=51), plain()))
    shown.append(blocks.run(run_view(state="failed", told="2026-11-22T07:07:25Z", kept="2 files"), plain()))
    shown += [blocks.run(missed_view(), plain())]
    shown += [blocks.webhook(hook_view("chs_secret")), blocks.webhook(hook_view())]
    golden("cli/schedule-blocks.txt", "\n\n".join("\n".join(block) for block in shown) + "\n")


def test_what_a_coding_agent_tells() -> None:
    """The tools that it was denied, and what it used."""
    usage = {"input": 12_000, "output": 340, "cost": None}
    lines = blocks.run(run_view(denied=["Write", "Bash"], usage=usage), plain())
    assert "denied     Write, Bash" in lines
    assert "used       12k/340" in lines


def test_what_it_does() -> None:
    """A prompt of several lines is one line here, and a command is its words."""
    long = schedule_view(declared={"prompt": "Read your inbox.\n  Answer.\n"})
    command = schedule_view(declared={"command": ["bash", "x.sh"]})
    assert "does       prompt: Read your inbox. Answer." in blocks.schedule(long, NOW, plain())
    assert "does       command: bash x.sh" in blocks.schedule(command, NOW, plain())


def test_nothing_can_reach_into_the_terminal() -> None:
    """Control characters in commits, reasons, names and declarations are shown as replaced."""
    run = run_view(why=EVIL, schedule=EVIL, commits=[{"id": EVIL, "subject": EVIL}], branch=EVIL, kept=EVIL)
    view = schedule_view(
        EVIL, why=EVIL, wakes=EVIL, open=[run], last=run, declared={"command": [EVIL], EVIL: EVIL}
    )
    parts = [
        *blocks.schedule(view, NOW, plain()),
        *blocks.run(run, plain()),
        *blocks.webhook({**hook_view(EVIL), "url": EVIL}),
    ]
    assert "\x1b" not in "".join(parts)
    assert "\r" not in "".join(parts)


@pytest.mark.skipif(not all(map(shutil.which, ("openssl", "sh", "sed"))), reason="needs openssl")
def test_the_example_signs_as_webhooks_check() -> None:
    """The printed lines, run by a shell, sign what they post; curl is replaced by an echo."""
    lines = blocks.webhook(hook_view("chs_secret"))
    begin = next(number for number, line in enumerate(lines) if line.lstrip().startswith("body="))
    script = "curl() { printf '%s\\n' \"$@\"; }\n" + "\n".join(lines[begin : begin + 4])
    ran = subprocess.run(
        ["sh", "-c", script],
        env={"SECRET": "chs_secret", "PATH": "/usr/bin:/bin"},
        capture_output=True,
        check=True,
        text=True,
    )
    _, header, _, body, url = ran.stdout.splitlines()
    name, _, said = header.partition(": ")
    at, _, mac = said.removeprefix("t=").partition(",v1=")
    assert (name, url) == ("Constellagent-Signature", hook_view()["url"])
    assert mac == hmac.digest(b"chs_secret", f"{at}.{body}".encode(), "sha256").hex()
