"""Faults of the machine: no space, no program, a port that is taken, a daemon or provider out of reach."""

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.place import Place, commit, refused
from tests.reliability.lab import git, wait_for


@pytest.fixture
def small(place: Place) -> Iterator[Path]:
    """A file system of 2 MiB in the place where worktrees go."""
    folder = place.folder / "repo.worktrees"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root may mount a small file system")
    yield folder
    place.kill_all()
    # A command of git that was killed just now may still be going, with its place in there.
    gone = ["umount", str(folder)]
    wait_for(lambda: subprocess.run(gone, check=False, capture_output=True).returncode == 0, "it to be free")


@contextlib.contextmanager
def listener() -> Iterator[int]:
    """Take a port of the loopback, as another program does."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield taken.getsockname()[1]


def test_a5_no_space_for_a_worktree(place: Place, small: Path) -> None:
    """A checkout that does not fit fails its agent in git's words; with space again, apply completes it."""
    commit(place.repo, {"large.txt": "0123456789abcdef" * 40_000})
    place.write("""
        agents:
          first: {command: [sleep, "600"]}
          docs: {command: [sleep, "600"]}
        """)
    ballast = small / "ballast"
    ballast.write_bytes(b"x" * (1 << 20))
    done = place.run("apply", "--yes", check=1)
    assert "no space left" in done.stderr.lower() or "unable to write" in done.stderr.lower(), done.stderr
    refused(done, "failed")
    assert len(place.sessions()) < 2
    ballast.unlink()
    place.run("apply", "--yes")
    place.settled()
    for name in ("first", "docs"):
        assert place.view(name)["session"]["live"]
        assert (place.tree_of(name) / "large.txt").read_bytes() == (place.repo / "large.txt").read_bytes()
        assert git(place.tree_of(name), "status", "--porcelain") == ""


def test_command_that_cannot_be_started(place: Place) -> None:
    """What is missing or cannot be executed leaves its agent `failed` with the reason; none was started."""
    (place.repo / "plain.sh").write_text("echo hello\n")
    commit(place.repo, {})
    place.write("""
        agents:
          missing: {command: [no-such-program-here]}
          plain: {command: [./plain.sh]}
          folder: {command: [/tmp]}
        """)
    done = place.run("apply", "--yes", check=1)
    refused(done, "command not found: no-such-program-here", "is not executable", "is a folder", "chmod +x")
    for name, reason in {
        "missing": "command not found",
        "plain": "not executable",
        "folder": "is a folder",
    }.items():
        seen = place.view(name)
        assert (seen["state"], seen["session"]["live"]) == ("failed", False)
        assert reason in seen["reason"]
        assert f"{name}: started" not in done.stderr
        assert os.environ["PATH"] not in seen["reason"]
    refused(place.run("attach", "missing", check=1), "command not found")
    (place.tree_of("plain") / "plain.sh").chmod(0o755)
    place.run("apply", "plain", "--yes", check=None)
    assert "not executable" not in place.view("plain")["reason"]


def test_port_that_is_taken(place: Place) -> None:
    """A service whose port somebody has is not taken for ready; its agent waits, and the others start."""
    with listener() as port:
        place.write(f"""
            services:
              shop:
                command: [python3, -m, http.server, "{port}", --bind, 127.0.0.1]
                ready: {{tcp: "127.0.0.1:{port}", timeout: 20s}}
            agents:
              docs: {{command: [sleep, "600"], needs: [shop]}}
              site: {{command: [sleep, "600"]}}
            """)
        done = place.run("apply", "--yes", check=1)
        refused(done, f"127.0.0.1:{port}", "another port", "it needs shop, which failed")
        assert place.view("site")["session"]["live"]
        assert place.view("docs")["state"] == "stopped"
    place.run("apply", "--yes")
    assert place.view("docs")["session"]["live"]
    place.settled()


def test_provider_that_cannot_listen(place: Place) -> None:
    """Another program on the provider's port: 69 and which variable chooses another; freed, all works."""
    place.agent()
    with listener() as port:
        for command in (["plan"], ["apply", "--yes"], ["status"]):
            done = place.run(*command, check=69, CONSTELLAGENT_PROVIDER_PORT=str(port))
            refused(done, f"port {port}", "CONSTELLAGENT_PROVIDER_PORT", "hint:")
        wait_for(lambda: place.daemon_pid() is None, "no daemon to be left")
    place.run("apply", "--yes", CONSTELLAGENT_PROVIDER_PORT=str(port))
    assert f":{port}" in place.json("daemon", "status")["provider_url"]


def test_hosted_provider_out_of_reach(place: Place) -> None:
    """Where the hosted provider does not answer nothing of it is called absent, and the exit code is 69."""
    place.agent(more="identities: {provider: ravi}")
    with socket.socket() as refusing:  # nobody listens there, and nobody else can
        refusing.bind(("127.0.0.1", 0))
        env = {
            "CONSTELLAGENT_RAVI_API_URL": f"http://127.0.0.1:{refusing.getsockname()[1]}",
            "CONSTELLAGENT_RAVI_API_KEY": "ravi_mgmt_x",
        }
        done = place.run("apply", "--yes", check=69, **env)
    refused(done, "? docs", "could not be looked at", "check the network")
    assert "create identity" not in done.stderr
    assert done.stdout == "lab: 1 unknown\n"
    assert place.sessions() == set()
    assert not place.tree_of().exists()
    assert "ravi_mgmt_x" not in place.daemon_log()


@pytest.mark.parametrize("kind", ["below a file", "a file", "read-only"])
def test_home_that_cannot_be_written(place: Place, kind: str) -> None:
    """Without a place for the state there is no daemon: 69, the folder, and the variable to set."""
    place.agent()
    (place.folder / "file").touch()
    homes = {
        "below a file": place.folder / "file" / "home",
        "a file": place.folder / "file",
        "read-only": Path("/proc/1/x"),
    }
    for command in (["plan"], ["apply", "--yes"], ["status"]):
        done = place.run(*command, check=69, CONSTELLAGENT_HOME=str(homes[kind]))
        refused(done, str(homes[kind]), "CONSTELLAGENT_HOME")


def test_a4_second_apply_while_one_works(place: Place) -> None:
    """The second apply ends at once with 75 and the pid of the first, which finishes its work."""
    hold, began = place.folder / "hold", place.folder / "began"
    hold.touch()
    script = f"touch {began}; while [ -e {hold} ]; do sleep 0.05; done"
    place.agent(f'{{command: [sleep, "600"], setup: [[sh, -c, "{script}"]]}}')
    first = place.start("apply", "--yes")
    wait_for(began.exists, "the first apply to be at work")
    refused(place.run("apply", "--yes", check=75), "pid", "hint:")
    refused(place.run("destroy", "--yes", check=75), "pid")
    hold.unlink()
    said = first.communicate(timeout=150)
    assert first.returncode == 0, said
    place.settled()
