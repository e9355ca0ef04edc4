"""`identity inbox|sms|otp|send`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faces.cli.personal import (
    AT,
    conversation_view,
    mail_view,
    text_view,
    thread_view,
)
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, Queue

PROGRAM = [sys.executable, "-m", "constellagent", "identity"]


def test_an_inbox_by_number_and_by_id(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The list is numbered from the newest, and a number or an id opens a conversation."""
    daemon.answers = {
        "inbox": [thread_view("Newest"), thread_view("Older")],
        "thread": [mail_view(1), mail_view(2)],
        "sms": [conversation_view("+12015550199")],
        "conversation": [text_view(1), text_view(2)],
    }
    assert cli("identity", "inbox", "docs").out.splitlines()[2].split()[0] == "2"
    assert cli("identity", "inbox", "docs", "2").out.count("Subject: Plan") == 2
    assert daemon.requests("identity")[-1]["thread"] == "<Older@example.com>"
    cli("identity", "inbox", "docs", "<Newest@example.com>")
    assert daemon.requests("identity")[-1]["thread"] == "<Newest@example.com>"
    ran = cli("identity", "inbox", "docs", "3")
    assert ran.code == 64
    assert "the list has 2" in ran.err
    assert "+12015550199" in cli("identity", "sms", "docs").out
    assert cli("identity", "sms", "docs", "1").out.count("Your code is 123456") == 2
    assert daemon.requests("identity")[-1]["conversation"] == "1_+12015550199"


def test_unread_and_json(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """--unread is asked of the daemon, and --json is what it answered, also where that is nothing."""
    daemon.answers = {"inbox": Queue([[thread_view("Plan")], []]), "sms": []}
    assert json.loads(cli("identity", "inbox", "docs", "--unread", "--json").out) == [thread_view("Plan")]
    assert daemon.requests("identity")[-1]["unread"] is True
    ran = cli("identity", "inbox", "docs")
    assert (ran.code, ran.out, ran.err) == (0, "", "no mail\n")
    assert cli("identity", "sms", "docs", "--json").out == "[]\n"


def test_waits_until_something_matches(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """What does not match is passed over once; the next question asks for newer messages only."""
    daemon.answers["mails"] = Queue(
        [[mail_view(7, subject="News")], [], [mail_view(9), mail_view(8, text="Please CONFIRM now")]]
    )
    ran = cli("identity", "inbox", "docs", "--wait", "1m", "--match", "confirm", "--json")
    assert [row["id"] for row in json.loads(ran.out)] == [8]
    asked = daemon.requests("identity")
    assert [row["after"] for row in asked] == [0, 7, 7]
    assert all(0 < row["wait"] <= 20 for row in asked)
    daemon.answers["texts"] = [text_view(3)]
    assert "Your code is 123456" in cli("identity", "sms", "docs", "--wait", "5", "--match", "acme").out


@pytest.mark.parametrize("verb", ["inbox", "sms"])
def test_a_wait_in_vain(daemon: FakeControl, repo: Path, cli: Cli, verb: str) -> None:
    """When the time is over the exit code is 1, and the words say what did not come."""
    ran = cli("identity", verb, "docs", "--wait", "0", "--match", "code")
    assert (ran.code, ran.out) == (1, "")
    assert "nothing unread that matches 'code' came to docs within 0 s" in ran.err
    assert cli("identity", verb, "docs", "--match", "code").code == 64
    assert cli("identity", verb, "docs", "1", "--wait", "5").code == 64
    assert cli("identity", verb, "docs", "--wait", "5", "--match", "(").code == 64
    assert cli("identity", verb, "docs", "--wait", "soon").code == 64


def test_a_code_alone_is_the_result(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The bare code goes to stdout and the rest to stderr, so that a script can take it."""
    code = {"code": "482913", "source": "mail", "sender": "jo@example.com", "at": AT, "id": 1}
    daemon.answers["otp"] = [code]
    ran = cli("identity", "otp", "docs", "--from", "jo", "--max-age", "1h", "--wait", "9")
    assert ran.out == "482913\n"
    assert "jo@example.com" in ran.err
    (asked,) = daemon.requests("identity")
    assert (asked["sender"], asked["max_age"], asked["wait"]) == ("jo", 3600, 9)
    assert json.loads(cli("identity", "otp", "docs", "--json").out) == code
    daemon.answers["otp"] = []
    ran = cli("identity", "otp", "docs", "--from", "jo")
    assert ran.code == 1
    assert "no code from jo came to docs" in ran.err


def test_sends_mail_and_texts(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """An address gets a mail, a number a text; what cannot leave is said to be held."""
    mails = Queue([mail_view(1), mail_view(2, state="held")])
    daemon.answers = {"send": mails, "send_sms": Queue([text_view(1), text_view(2, state="held")])}
    mail = ("identity", "send", "docs", "--to", "jo@example.com", "--subject", "Hi", "--body", "x")
    assert cli(*mail, "--cc", "me@example.com").out == "sent to jo@example.com\n"
    asked = daemon.requests("identity")[-1]
    assert (asked["subject"], asked["cc"], asked["bcc"]) == ("Hi", ["me@example.com"], [])
    assert cli(*mail).out.startswith("held: jo@example.com is not here")
    text = ("identity", "send", "docs", "--to", "+14155552671", "--body", "x")
    assert cli(*text).out == "sent to +14155552671\n"
    assert cli(*text).out.startswith("held:")
    assert json.loads(cli(*text, "--json").out)["state"] == "held"
    assert daemon.requests("identity")[-1]["action"] == "send_sms"
    assert cli(*text, "--subject", "no").code == 64
    assert cli("identity", "send", "docs", "--to", "jo@example.com", "--body", "x").code == 64


def test_the_body_may_be_piped_in(daemon: FakeControl, repo: Path) -> None:
    """Without --body, or with -, what is piped in is sent; an empty pipe is wrong usage."""
    daemon.answers["send"] = mail_view(1)
    send = [*PROGRAM, "send", "docs", "--to", "jo@example.com", "--subject", "Hi"]
    for words in ([], ["--body", "-"]):
        subprocess.run([*send, *words], input="two\nlines\n", text=True, check=True, capture_output=True)
        assert daemon.requests("identity")[-1]["body"] == "two\nlines"
    assert subprocess.run(send, input="", text=True, check=False, capture_output=True).returncode == 64
