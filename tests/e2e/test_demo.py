"""The promise of the product, kept: four agents sign up for four services at once, and nothing crosses."""

import contextlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import constellagent
from tests.e2e.place import Place
from tests.reliability.lab import wait_for

pytestmark = pytest.mark.timeout(180)

PACKAGE = Path(constellagent.__file__).parent
AGENTS = ("ada", "bea", "cal", "dan")


class Account:
    """The provider as the owner of the account sees it, over HTTP alone."""

    def __init__(self, place: Place) -> None:
        """Log in as the vendor's client does, once a person has allowed it."""
        self._url = place.json("provider", "status")["api"]
        self._key = ""
        begun = self.ask("/api/auth/device/", {})
        place.run("provider", "allow-login", begun["user_code"])
        granted = self.ask("/api/auth/device/token/", {"device_code": begun["device_code"], "wait": True})
        self._key = granted["management_key"]

    def ask(self, path: str, body: object = None) -> Any:
        """Send a request and return the answer."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        request = urllib.request.Request(self._url + path, data, headers if self._key else {})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as answer:
            return json.load(answer)

    def of(self, identity: str, path: str) -> list[dict[str, Any]]:
        """Return what an identity has."""
        rows: list[dict[str, Any]] = self.ask(f"/api/{path}/?identity={identity}")
        return rows


@pytest.fixture
def temporary(place: Place) -> Path:
    """Give the folder in which the demo makes its own."""
    folder = place.folder / "tmp"
    folder.mkdir()
    return folder


@pytest.fixture
def env(temporary: Path) -> dict[str, str]:
    """Give the variables of a demo."""
    return {"TMPDIR": str(temporary)}


def assert_nothing_is_left(place: Place, temporary: Path) -> None:
    """Assert that no process, file, worktree or readable identity of a demo is left."""
    wait_for(lambda: place.daemon_pid() is None, "the demo's own daemon to end")
    wait_for(lambda: not place.tree(), "all processes to end")
    assert [*temporary.iterdir()] == []
    with contextlib.closing(_database(place, "ravi/provider.db")) as db:
        assert db.execute("SELECT count(*) FROM identities WHERE deleted_dt IS NULL").fetchone()[0] == 0
        for table in ("mails", "texts", "vault_rows", "outgoing", "contacts", "events"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table
    with contextlib.closing(_database(place, "state.db")) as db:
        for table in ("constellations", "records", "bindings", "ports", "environment"):
            assert db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0, table


def _database(place: Place, name: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{place.home / name}?mode=ro", uri=True)


def test_four_at_once_and_nothing_crosses(place: Place, temporary: Path, env: dict[str, str]) -> None:
    """All are verified while all are under way, and the provider itself shows each thing with its owner."""
    shown = json.loads(place.run("demo", "--keep", "--json", check=0, **env).stdout)
    rows = {row["agent"]: row for row in shown["agents"]}

    assert shown["ok"] is True
    assert tuple(sorted(rows)) == AGENTS
    assert max(row["signed_up_at"] for row in rows.values()) < min(
        row["verified_at"] for row in rows.values()
    )
    assert {row["report"] for row in rows.values()} == {"held"}
    account, owned = Account(place), {}
    for agent, row in rows.items():
        uuid = row["identity"]
        mails, texts = account.of(uuid, "email-messages"), account.of(uuid, "messages")
        entries, secrets = account.of(uuid, "passwords"), account.of(uuid, "secrets")
        services = {each["from_email"] for each in mails if each["direction"] == "incoming"}
        domain = f"{row['service'].lower()}.example"
        assert services == (set() if agent == "cal" else {f"no-reply@{domain}"})
        assert {each["from_number"] for each in texts} == {
            "cal": {"+18005550123"},
            "dan": {"+18005550124"},
        }.get(agent, set())
        assert [entry["domain"] for entry in entries] == [domain]
        assert [each["key"] for each in secrets] == (["TWOKEYS_API_KEY"] if agent == "dan" else [])
        codes = [re.findall(r"token=[\w-]+|\b\d{3}-?\d{3}\b", _said(each)) for each in (*mails, *texts)]
        owned[agent] = {
            *(code for found in codes for code in found),
            *(each["password"] for each in entries),
            *(each["value"] for each in secrets),
            row["address"],
            row["number"],
        }
    for agent, things in owned.items():
        assert len(things) >= 4, (agent, things)
        for other in AGENTS:
            assert agent == other or not things & owned[other]
    assert "the audit holds" in place.run("audit", "verify").stdout
    file = shown["kept"]["file"]
    (view,) = json.loads(place.run("status", "-f", file, "--json").stdout)
    assert all(agent["session"]["live"] for agent in view["agents"]), "--keep leaves a shell to attach to"
    place.run("destroy", "-f", file, "--force", "--yes")
    shutil.rmtree(shown["kept"]["folder"])
    wait_for(lambda: not place.tree(), "all processes to end")
    assert [*temporary.iterdir()] == []


def _said(message: dict[str, Any]) -> str:
    if message["direction"] == "outgoing":
        return ""
    return str(message.get("body") or message["text_content"])


def test_it_leaves_nothing_and_can_be_done_again(place: Place, temporary: Path, env: dict[str, str]) -> None:
    """Twice in a row: a table each time, other addresses, and nothing is left, no daemon either."""
    domains = set()
    for _ in range(2):
        done = place.run("demo", check=0, **env)
        head, *rows = done.stdout.splitlines()
        assert head.split() == ["AGENT", "ADDRESS", "NUMBER", "SERVICE", "TIME", "VAULT", "REPORT"]
        assert tuple(row.split()[0] for row in rows[:4]) == AGENTS
        assert [line[:2] for line in rows[5:8]] == ["ok", "ok", "ok"]
        domains.add(rows[0].split()[1].partition("@")[2])
        assert_nothing_is_left(place, temporary)
    assert len(domains) == 2


def test_it_disturbs_nobody(place: Place, temporary: Path, env: dict[str, str]) -> None:
    """A constellation that runs goes on as it was, with the same daemon and session."""
    place.agent()
    place.run("apply", "--yes")
    session, daemon = place.view()["session"]["id"], place.daemon_pid()

    place.run("demo", check=0, **env)

    assert (place.view()["session"]["id"], place.view()["session"]["live"]) == (session, True)
    assert place.daemon_pid() == daemon
    assert [*temporary.iterdir()] == []
    assert len(place.json("identity", "list")) == 1


def copied(place: Place, name: str) -> Path:
    """Return a folder with a copy of the package, to be changed and found by a PYTHONPATH."""
    copy = place.folder / name
    unneeded = shutil.ignore_patterns("__pycache__", "node_modules")
    shutil.copytree(PACKAGE, copy / "constellagent", ignore=unneeded)
    return copy


@pytest.fixture
def lasting(place: Place) -> dict[str, str]:
    """Give the variables for a demo in which one agent is never done, so that it waits to be interrupted."""
    copy = copied(place, "lasting")
    script = copy / "constellagent" / "demo" / "agents" / "code.sh"
    text = script.read_text()
    last = "ravi email send --to"
    assert text.count(last) == 1
    script.write_text(text.replace(last, f"sleep 600\n{last}"))
    return {"PYTHONPATH": str(copy)}


@pytest.mark.parametrize("moment", ["create identity", "start", "check your", "verified at"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_takes_everything_away(
    place: Place,
    temporary: Path,
    env: dict[str, str],
    lasting: dict[str, str],
    moment: str,
    number: signal.Signals,
) -> None:
    """Ctrl-C, or a request to end, at any moment: what was made is taken away, and the exit code tells."""
    process = place.start("demo", **env, **lasting)
    with process:
        assert process.stderr is not None
        for line in process.stderr:
            if moment in line:
                break
        process.send_signal(number)
        said = process.stderr.read()
        assert process.stdout is not None
        out = process.stdout.read()
        process.wait(timeout=60)

    assert process.returncode == 130, said + out
    assert "taking everything away again" in said
    assert_nothing_is_left(place, temporary)


@pytest.fixture
def sabotaged(place: Place) -> dict[str, str]:
    """Give the variables under which commands run a copy of the package, in which Twokeys betrays cal."""
    copy = copied(place, "sabotaged")
    signups = copy / "constellagent" / "demo" / "signups.py"
    text = signups.read_text()
    honest = "            self._post.text(contact, "
    assert text.count(honest) == 1
    # The services share the folder in which they run, so Textmill can tell Twokeys whose number it has.
    treason = (
        "            place = '.victim'\n"
        "            if name == 'Textmill':\n"
        "                open(place, 'w').write(contact)\n"
        "            else:\n"
        "                while not os.path.exists(place) or not open(place).read():\n"
        "                    time.sleep(0.01)\n"
        "                self._post.text(open(place).read(), f'Your {name} code is {secret}.')\n"
    )
    signups.write_text(text.replace(honest, treason + honest))
    return {"PYTHONPATH": str(copy)}


def test_a_code_for_the_wrong_agent_is_found(
    place: Place, temporary: Path, env: dict[str, str], sabotaged: dict[str, str]
) -> None:
    """A service that sends a code to another agent's number too: exit code 1, and what crossed is said."""
    done = place.run("demo", check=1, **env, **sabotaged)

    assert "cal got a text from +18005550124, but signed up at Textmill only" in done.stdout
    assert "a code of dan is in the messages of cal" in done.stdout
    assert re.search(r"^x   crossed: \d things", done.stdout, re.MULTILINE)
    assert not re.search(r"\b\d{6}\b", done.stdout), "no code is repeated"
    assert_nothing_is_left(place, temporary)


def test_an_agent_that_fails_is_named(place: Place, temporary: Path, env: dict[str, str]) -> None:
    """An agent whose script fails: exit code 1, its last words, and the others are verified all the same."""
    copy = copied(place, "broken")
    script = copy / "constellagent" / "demo" / "agents" / "code.sh"
    script.write_text("echo 'I do not want to'; exit 7\n")

    done = place.run("demo", check=1, PYTHONPATH=str(copy), **env)

    assert "3 of 4 verified" in done.stdout
    assert "bea was not verified by Codebarn: I do not want to" in done.stdout
    assert_nothing_is_left(place, temporary)


def test_texts_are_signed_where_that_is_wanted(place: Place, env: dict[str, str]) -> None:
    """With a token for the SMS gateway its posts must be signed, and those of the demo are."""
    done = place.run("demo", check=0, CONSTELLAGENT_SMS_TOKEN="a token", **env)

    assert "all verified at the same time" in done.stdout


def test_a_reader_that_goes_away_leaves_nothing_behind(
    place: Place, temporary: Path, env: dict[str, str]
) -> None:
    """As in `constellagent demo | head -n 0`: what cannot be shown any more is taken away all the same."""
    process = place.start("demo", **env)
    with process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        said = process.stderr.read()

    assert process.returncode == 0, said
    assert_nothing_is_left(place, temporary)


def test_it_works_outside_of_any_repository(place: Place, env: dict[str, str]) -> None:
    """Any folder will do, also one that is no repository, with a PATH that has git and little else."""
    path = place.folder / "path"
    path.mkdir()
    for name in ("sh", "git", "dirname", "head", "cut", "grep", "ps"):
        (path / name).symlink_to(shutil.which(name) or f"/bin/{name}")
    done = subprocess.run(
        [sys.executable, "-m", "constellagent", "demo"],
        cwd="/",
        env={**place.environment(**env), "PATH": str(path), "HOME": os.environ["HOME"]},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
