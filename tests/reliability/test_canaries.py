"""Secrets stay where they belong, whatever is done with them: each is looked for everywhere else."""

import base64
import os
import signal
import stat
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.elsewhere import elsewhere
from tests.reliability.lab import Lab, git, wait_for
from tests.reliability.scan import Execs, Scanner, Watch, below, new_temporary_files
from tests.reliability.secretive import PERSONS, VAULT, Life, gone, session_key
from tests.reliability.town import Town

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]

LISTS = [
    "email-messages",
    "email-inbox",
    "messages",
    "sms-inbox",
    "passwords",
    "secrets",
    "contacts",
    "events",
    "identities",
    "webhook-subscriptions",
    "webhook-deliveries",
    "auth/keys/identity",
    "email",
    "phone",
    "email-outbox",
    "audit",
]
"""What another identity's key is tried on."""

RECIPIENT = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj"
"""A valid one; nothing is ever opened again."""

REVOKED = 1.0
"""Seconds after the end of a session within which its key opens nothing any more, on a quiet machine."""
PATIENT = 10.0
"""The same on one that does other work as well."""


def test_f1_secrets_are_nowhere_else() -> None:
    """After a whole life with mistakes and crashes, no secret is anywhere but with whom it belongs to."""
    with Lab(agents=0) as lab, elsewhere(lab.folder) as (world, trusted), Watch() as watch:
        begin = time.time()
        life = Life(
            lab,
            {
                "CONSTELLAGENT_RELAY_URL": f"smtps://lab@127.0.0.1:{world.port}",
                "SSL_CERT_FILE": str(trusted),
            },
        )
        life.say("status")
        daemon = lab.daemon_pid()
        assert daemon is not None
        execs = Execs(daemon, lab.folder / "strace.log")
        life.say("apply", "--yes")
        with Town(lab, **life.env) as town:
            life.words["management key"] = town.log_in()
            life.words["worktree key"] = life.key_of("spy")
            _, life.words["session key"] = session_key(lab, "spy")
            life.services_write(town)
            life.agent_configures(town)
            life.agent_works()
            life.person_looks()
            wait_for(lambda: world.logins, "the relay to be tried")
            scanner = Scanner(life.words)
            assert_with_nobody_else(life, town, scanner)
        life.crash()
        started = execs.detach()
        assert_not_on_disk(life, scanner, begin)
        life.person_looks()
        (life.told / "leave").touch()
        life.say("wait", "spy", "--until", "exited,failed,done", "--timeout", "30", code=None)
        life.say("daemon", "stop")
        assert_not_on_disk(life, scanner, begin)
    assert world.logins[0] == (b"lab", life.words["relay password"].encode())
    assert_not_said(life, scanner)
    assert scanner.found(started) == set(), "on the command line of a program that was started"
    assert not execs.attached or b"execve(" in started
    assert_not_seen(life, watch, scanner)
    print(f"{len(life.words)} words, {len(watch.seen)} looks at processes, {started.count(b'execve(')} execs")


def assert_not_on_disk(life: Life, scanner: Scanner, begin: float) -> None:
    """Look at every file of the state, of the repository and its worktrees, and at temporary ones."""
    lab = life.lab
    config = lab.folder / "repo.worktrees" / "spy" / ".ravi" / "config.json"
    assert scanner.in_files([config]) == {str(config): {"worktree key"}}
    left_out = [life.told, config, lab.folder / "strace.log"]
    assert scanner.in_files(below(lab.folder, without=left_out)) == {}
    assert scanner.in_files(new_temporary_files(begin, without=lab.folder)) == {}
    assert scanner.in_objects(lab.repo) == set()
    assert "ravi" not in git(lab.folder / "repo.worktrees" / "spy", "ls-files")
    assert scanner.in_files([life.told / "errors"]) == {}


def assert_not_said(life: Life, scanner: Scanner) -> None:
    """Look at what commands printed: nothing secret without --reveal, and nothing on stderr at all."""
    for said in life.said:
        assert scanner.found(said.err.encode()) == set(), (said.args, said.err)
        found = scanner.found(said.out.encode())
        if "--reveal" not in said.args:
            private = {
                name for name in found if name in {*VAULT, *PERSONS} or name.endswith(("key", "token"))
            }
            assert private == set(), (said.args, said.out)
        if said.args[0] in {"audit", "status", "doctor", "provider"}:
            assert found <= {"subject", "sender", "hidden name", "file name"}, (said.args, said.out)


def assert_with_nobody_else(life: Life, town: Town, scanner: Scanner) -> None:
    """Ask for everything with the key of the other agent."""
    key, answered = life.key_of("other"), 0
    for name in LISTS:
        answer = town.http.get(f"/api/{name}/", headers={"Authorization": f"Bearer {key}"})
        answered += answer.is_success
        assert scanner.found(answer.content) == set(), answer.text
    assert answered >= len(LISTS) // 2


def assert_not_seen(life: Life, watch: Watch, scanner: Scanner) -> None:
    """Look at what any process of the machine had as arguments or in its environment."""
    mine = b"CONSTELLAGENT_AGENT=spy"
    assert any(b"daemon\0run" in seen.argv for seen in watch.seen.values())
    anywhere: set[str] = set()
    for seen in watch.seen.values():
        assert scanner.found(seen.argv) == set(), seen.argv
        found = scanner.found(seen.environ)
        anywhere |= found
        if b"-m\0constellagent\0" in seen.argv and b"daemon\0run" not in seen.argv:
            found -= set(PERSONS)  # a command of the person, with the person's environment
        if mine in seen.environ.split(b"\0"):
            found -= {"session key"}
        assert found == set(), seen.argv
    assert anywhere == {"session key", *PERSONS}, "the watch sees what is there"


def test_the_scanner_finds_a_word_in_every_form(tmp_path: Path) -> None:
    """In clear, as hex, as base64 at any place, as UTF-16; in files, their names, and lost git objects."""
    word = "zq0123456789"
    scanner = Scanner({"it": word})
    for data in (
        f"<{word}>".encode(),
        word.encode().hex().encode(),
        *(base64.b64encode(b"?" * shift + word.encode() + b"!") for shift in range(4)),
        word.encode("utf-16"),
    ):
        assert scanner.found(data) == {"it"}
        assert scanner.found(data, but=["it"]) == set()
        assert scanner.found(data[: len(data) // 2]) == set()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / word).touch()
    (tmp_path / "in" / "a").write_text(word)
    assert len(scanner.in_files(below(tmp_path))) == 2
    git(tmp_path, "init", "-q")
    git(tmp_path, "hash-object", "-w", "in/a")
    assert scanner.in_objects(tmp_path) == {"it"}


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_f2_all_of_the_state_is_private(umask: int) -> None:
    """Whatever the umask, folders are 0700 and files 0600; only programs may be run."""
    before = os.umask(umask)
    try:
        with Lab(agents=2) as lab, Town(lab) as town:
            lab.run("apply", "--yes")
            town.log_in()
            view = lab.json("identity", "show", "agent-0")
            with town.door() as door:
                door.sendmail("a@b.example", [view["address"]], b"Subject: x\r\n\r\ny\r\n")
            lab.run("run", "agent-1", "--", "sh", "-c", "echo out; ravi secrets set K v; ravi secrets get K")
            lab.run("audit", "verify")
            lab.run("identity", "export", "agent-0", "--to", str(lab.folder / "a.age"), "-r", RECIPIENT)
            kill_and_start(lab)
            found = (lab.home, *below(lab.home), lab.folder / "a.age", *ravi_folders(lab))
            assert [said for path in found if (said := wrongly_open(path))] == []
    finally:
        os.umask(before)


def wrongly_open(path: Path) -> str:
    """Return a path of the state with its mode where that is not one that it may have, else ""."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:  # of the daemon, which has removed it since it was listed
        return ""
    if stat.S_ISSOCK(mode):
        lawful = {0o600, 0o700}  # nobody can run a socket
    else:
        lawful = {0o700} if stat.S_ISDIR(mode) or path.parent.name == "bin" else {0o600}
    return "" if stat.S_IMODE(mode) in lawful else f"{path}: {stat.filemode(mode)}"


def ravi_folders(lab: Lab) -> list[Path]:
    """Return the private folders in the worktrees, and what is in them."""
    return [path for n in range(lab.agents) for path in lab.worktree(n).rglob(".ravi*/**")] + [
        lab.worktree(n) / ".ravi" / "config.json" for n in range(lab.agents)
    ]


def kill_and_start(lab: Lab) -> None:
    """Let a crash leave what it leaves."""
    assert lab.kill_daemon()
    lab.json("status")


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
def test_f2_a_state_that_others_can_write_is_refused(mode: int) -> None:
    """No daemon starts on a state folder that others may change."""
    with Lab(agents=1) as lab:
        lab.home.mkdir()
        lab.home.chmod(mode)
        done = lab.run("status", check=69)
        assert str(lab.home) in done.stderr
        assert lab.daemon_pid() is None
        assert list(lab.home.iterdir()) == []


def end_by_itself(lab: Lab, _: int) -> None:
    """The program in the session ends."""
    (lab.worktree(0) / "end").touch()


def kill_program(_: Lab, pid: int) -> None:
    """The program in the session is killed."""
    os.kill(pid, signal.SIGKILL)


def kill_holder(lab: Lab, _: int) -> None:
    """The holder is killed, and the program with it."""
    (session,) = lab.sessions()
    lab.kill_holder(session)


def stop(lab: Lab, _: int) -> None:
    """A person stops the session; the command is over before the end is looked for."""
    lab.start("stop", "agent-0").communicate(timeout=30)


ENDS = pytest.mark.parametrize("end", [end_by_itself, kill_program, kill_holder, stop])


def key_ends(end: Callable[[Lab, int], None], within: float) -> None:
    """End a session that way: its key opens nothing any more in time."""
    with Lab(agents=1) as lab:
        lab.file.write_text(
            lab.file.read_text().replace(
                "while :; do sleep 60; done", "until [ -e end ]; do sleep 0.02; done"
            )
        )
        git(lab.repo, "commit", "-qam", "an agent that can end")
        lab.run("apply", "--yes")
        pid, key = session_key(lab, "agent-0")
        with Town(lab) as town:

            def works() -> bool:
                headers = {"Authorization": f"Bearer {key}"}
                return town.http.get("/api/email/", headers=headers).is_success

            assert works()
            end(lab, pid)
            wait_for(lambda: gone(pid), "the program to be gone")
            over = time.monotonic()
            wait_for(lambda: not works(), "the key to be revoked")
            took = time.monotonic() - over
        print(f"{end.__name__}: revoked after {took * 1000:.0f} ms")
        assert took <= within


@ENDS
def test_f4_the_key_of_a_session_ends_with_it(end: Callable[[Lab, int], None]) -> None:
    """However a session ends, its key soon opens nothing."""
    key_ends(end, PATIENT)


@pytest.mark.long
@ENDS
def test_f4_the_key_of_a_session_ends_within_a_second(end: Callable[[Lab, int], None]) -> None:
    """The same on a quiet machine: a second later it opens nothing."""
    key_ends(end, REVOKED)


def key_ends_without_a_daemon(within: float) -> None:
    """End a session while no daemon runs: its key opens nothing soon after there is one again."""
    with Lab(agents=1) as lab:
        lab.run("apply", "--yes")
        pid, key = session_key(lab, "agent-0")
        assert lab.kill_daemon()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: gone(pid), "the program to be gone")
        with Town(lab) as town:
            up = time.monotonic()
            headers = {"Authorization": f"Bearer {key}"}
            wait_for(lambda: town.http.get("/api/email/", headers=headers).status_code == 401, "the end")
            took = time.monotonic() - up
        print(f"revoked {took * 1000:.0f} ms after there was a daemon again")
        assert took <= within


def test_f4_the_key_of_a_session_that_ends_without_a_daemon() -> None:
    """A session that ends while no daemon runs loses its key as soon as there is one again."""
    key_ends_without_a_daemon(PATIENT)


@pytest.mark.long
def test_f4_the_key_of_a_session_that_ended_ends_within_a_second_of_a_daemon() -> None:
    """The same on a quiet machine, a second after there is one."""
    key_ends_without_a_daemon(REVOKED)
