"""A report of a defect holds facts, and none of the secrets that lie all around it; whatever is broken."""

import base64
import io
import json
import os
import secrets
import signal
import string
import sys
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.reliability.lab import Lab, git, wait_for
from tests.reliability.scan import Scanner, below
from tests.reliability.secretive import session_key
from tests.reliability.town import Town, letter

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(180),
]

PLACES = (
    *("env.pass", "env.set", "prompt", "argv", "setup argv", "setup output", "terminal", "title", "notice"),
    *("password", "secret", "subject", "mail body", "text body", "remote", "shell", "owner", "comment"),
)
EVERYDAY = (
    "db password",
    "api token",
    "pgpassword",
    "log pass",
    "log pwd",
    "log option",
    "phrase",
    "its end",
)
"""Where a secret is planted. No word looks like a secret: only knowing it, or leaving it out, keeps it in."""

FILE = """version: 1
name: lab
owner: {{email: {owner}@example.com}}
agents:
  spy:
    command: [sh, {script}, {argv}]
    branch: work/{branch}
    env:
      pass: [PASSED]
      set: {{CHOSEN: {set}, DB_PASSWORD: {db_password}, API_TOKEN: {api_token}, PIN: "{pin}"}}
    setup: [[sh, -c, 'echo {setup_output} "$PASSED"', {setup_argv}]]
  sleeper:
    kind: claude
    prompt: {prompt}
    autostart: false
"""
SCRIPT = r"""
printf '\033]0;%s\007' '{title}'
printf '\033]777;notify;%s;%s\007' '{notice}' '{notice}'
echo {terminal} "$PASSED" "$CHOSEN"
while :; do sleep 60; done
"""


def word(length: int = 18) -> str:
    """Return small letters that mean nothing: nothing but the word itself gives it away."""
    return "".join(secrets.choice(string.ascii_lowercase) for _ in range(length))


@dataclass
class Rich:
    """A lab in which every place holds a secret."""

    lab: Lab
    words: dict[str, str]
    key: str
    pin: str

    def report(self, *options: str, check: int = 0) -> dict[str, bytes]:
        """Write a report and return its files, their names without the folder."""
        place = self.lab.folder / f"{secrets.token_hex(4)}.tar.gz"
        told = self.lab.run(
            "bug-report",
            "--out",
            str(place),
            "--json",
            *options,
            check=check,
            SHELL_TOKEN=self.words["shell"],
            PGPASSWORD=self.words["pgpassword"],
        )
        assert place.stat().st_mode & 0o777 == 0o600
        assert Scanner(self.words).found((told.stdout + told.stderr).encode()) == set()
        with tarfile.open(fileobj=io.BytesIO(place.read_bytes())) as archive:
            files = {
                entry.name.partition("/")[2]: (archive.extractfile(entry) or io.BytesIO()).read()
                for entry in archive
            }
        assert json.loads(told.stdout)["files"] == list(files) == sorted(files)
        return files

    def found(self, files: dict[str, bytes]) -> dict[str, set[str]]:
        """Return which secrets are in which file, its name included."""
        scanner = Scanner({**self.words, "key": self.key})
        hits = {name: scanner.found(name.encode() + b"\n" + data) for name, data in files.items()}
        for name, data in files.items():  # six digits are in other encodings by chance
            hits[name] |= {"pin"} if self.pin.encode() in name.encode() + b"\n" + data else set()
        return {name: found for name, found in hits.items() if found}


@pytest.fixture(scope="module")
def rich() -> Iterator[Rich]:
    """Plant a secret in every place, by the ways that it comes there."""
    words = {place: word() for place in PLACES} | {place: word(9) for place in EVERYDAY}
    pin = f"{secrets.randbelow(900_000) + 100_000}"
    names = {place.replace(" ", "_").replace(".", "_"): one for place, one in words.items()}
    with Lab(agents=0) as lab:
        script = lab.folder / "agent.sh"
        script.write_text(SCRIPT.format(**names))
        branch = words["env.pass"]  # somebody's token in a branch name, and in a log
        lab.file.write_text(FILE.format(**names, set=words["env.set"], script=script, branch=branch, pin=pin))
        git(lab.repo, "commit", "-qam", "secrets")
        git(lab.repo, "remote", "add", "origin", f"https://u:{words['remote']}@127.0.0.1:9/x.git")
        lab.run("apply", "--yes", PASSED=words["env.pass"])
        with Town(lab) as town:
            _, key = session_key(lab, "spy")
            view = lab.json("identity", "show", "spy")
            town.ask("POST", "/api/secrets/", {"key": "NAME", "value": words["secret"]}, key=key)
            vault = {"domain": "one.example", "username": "u", "password": words["password"]}
            town.ask("POST", "/api/passwords/", vault, key=key)
            with town.door() as door:
                letters = letter(view["address"], words["subject"], words["mail body"])
                door.sendmail("shop@outside.example", [view["address"]], letters)
            lab.run("identity", "sms", "spy")
        lab.run("comment", "add", "spy", "file-1.txt:1", words["comment"], check=None)
        wait_for(lambda: words["terminal"] in lab.run("logs", "spy").stdout, "the agent to talk")
        encoded = base64.b64encode(words["env.pass"].encode()).decode()
        with (lab.home / "logs" / "daemon.log").open("a") as log:
            log.write(f"tried {words['env.pass']} and {encoded}, Authorization: Bearer {words['argv']}\n")
            log.write(f"cloning https://u:{words['remote']}@127.0.0.1:9/x.git with {key}\n")
            log.write(f"as {words['db password']} or {words['api token']}, {pin} at 1{pin}.5\n")
            log.write(f"as {words['shell']} or {words['pgpassword']}\n")
            log.write(f"DB_PASS={words['log pass']}\npwd: {words['log pwd']}\n")
            log.write(f"ran x --pass {words['log option']} -v\n")
            log.write(f"password={words['phrase']} and {words['its end']}\n")
        yield Rich(lab, words, key, pin)


def facts(files: dict[str, bytes], name: str) -> Any:
    """Return what a file says."""
    return json.loads(files[name])


def test_no_secret_is_in_a_report_and_facts_are(rich: Rich) -> None:
    """With all at work, what matters is told, and no secret in any form, in content or in names."""
    rich.lab.run("status")
    files = rich.report()
    assert rich.found(files) == {}
    assert facts(files, "faults.json") == {}
    assert facts(files, "versions.json")["python"] == ".".join(map(str, sys.version_info[:3]))
    assert {check["name"] for check in facts(files, "doctor.json")} >= {"python", "git", "daemon"}
    assert facts(files, "daemon.json")["pid"] == rich.lab.daemon_pid()
    assert facts(files, "status.json")[0]["agents"][0]["name"] == "spy"
    assert facts(files, "plan.json")["constellation"] == "lab"
    (session,) = rich.lab.sessions()
    assert facts(files, f"sessions/{session}.json")["status"]["ended_at"] is None
    assert {row["what"] for row in facts(files, "processes.json")} == {"daemon", "holder", "process"}
    (outline,) = (json.loads(data) for name, data in files.items() if name.startswith("constellations/"))
    assert outline["says"]["agents"]["spy"]["env"]["set"] == {
        "CHOSEN": "<18 characters>",
        **dict.fromkeys(("DB_PASSWORD", "API_TOKEN"), "[***]"),
        "PIN": "[***]",
    }
    assert facts(files, "databases/state.db.json")["health"] == "fine"
    assert facts(files, "databases/provider.db.json")["rows"]["audit_heads"]
    assert "adopted 0 sessions" in files["logs/daemon.log"].decode()
    assert "tried [***] and [***]" in files["logs/daemon.log"].decode()
    assert {row["name"] for row in facts(files, "files.json")} >= {"state.db", "ravi/provider.db"}
    assert not any(name.startswith("output/") for name in files)


def test_output_is_taken_only_when_asked_for(rich: Rich) -> None:
    """With --include-output the words of programs are there, and values that we know still are not."""
    files = rich.report("--include-output", "--yes")
    hits = set().union(*rich.found(files).values())
    assert "terminal" in hits
    assert hits <= {"terminal", "title", "notice", "setup output"}
    refused = rich.lab.run("bug-report", "--include-output", check=64)
    assert "--yes" in refused.stderr


def test_a_report_replaces_nothing(rich: Rich) -> None:
    """A file that is there already stays as it is."""
    place = rich.lab.folder / "taken.tar.gz"
    place.write_text("mine")
    assert "exists already" in rich.lab.run("bug-report", "--out", str(place), check=1).stderr
    assert place.read_text() == "mine"


def test_a_report_of_a_dead_daemon_and_a_damaged_state(rich: Rich) -> None:
    """Each part fails by itself: the rest is there, what failed is said, and no secret comes out for it."""
    lab = rich.lab
    lab.run("status")
    assert lab.kill_daemon()
    files = rich.report()
    assert rich.found(files) == {}
    faults = facts(files, "faults.json")
    assert set(faults) == {"daemon", "status", "plan"}
    assert "no daemon answers" in faults["daemon"]
    assert facts(files, "processes.json")[0]["what"] == "holder"
    database = lab.home / "state.db"
    lab.run("status")
    lab.run("daemon", "stop")
    sound, declared = database.read_bytes(), lab.file.read_text()
    try:
        database.write_bytes(sound[:100] + os.urandom(5000))
        files = rich.report()
        assert rich.found(files) == {}
        assert facts(files, "databases/state.db.json")["health"] == "damaged"
        assert "left out" in facts(files, "faults.json")["secrets to take out"]
        log = files["logs/daemon.log"].decode()
        assert "INFO constellagent.runtime.assembly:" in log
        assert "adopted" not in log
        lab.file.write_text(f"agents: [{rich.words['env.set']}\n")
        files = rich.report()
        assert rich.found(files) == {}
        assert facts(files, "problems.json")
    finally:
        database.write_bytes(sound)
        lab.file.write_text(declared)


@pytest.mark.long
def test_a_report_of_a_daemon_that_hangs(rich: Rich) -> None:
    """A daemon that says nothing costs its own parts, and no more than a time limit."""
    rich.lab.run("status")
    daemon = rich.lab.daemon_pid()
    assert daemon is not None
    os.kill(daemon, signal.SIGSTOP)
    try:
        files = rich.report()
    finally:
        os.kill(daemon, signal.SIGCONT)
    assert rich.found(files) == {}
    assert {"daemon", "status"} <= set(facts(files, "faults.json"))
    assert facts(files, "processes.json")[0]["state"] == "T"


def test_the_words_are_found_where_they_are(rich: Rich) -> None:
    """The planted words really are where a report looks: the search for them could fail."""
    scanner = Scanner(rich.words)
    state = set[str]().union(*scanner.in_files(below(rich.lab.home)).values())
    planted = {"argv", "env.pass", "env.set", "prompt", "setup argv", "setup output", "shell"}
    missed = state ^ {*planted, *EVERYDAY}
    assert missed <= {"terminal", "title", "notice", "owner", "remote", "comment"}, missed
