"""`identity export|import`."""

import json
import subprocess
import sys
from pathlib import Path

from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl

PROGRAM = [sys.executable, "-m", "constellagent", "identity"]


def test_exports_to_recipients(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The daemon is given the absolute path and the recipients, and no passphrase is asked for."""
    daemon.answers["export"] = {"path": str(repo / "docs.age"), "size": 4711}
    words = ("identity", "export", "docs", "--to", "docs.age", "--recipient", "age1a", "-r", "age1b")
    assert cli(*words).out == f"wrote {repo / 'docs.age'} (4711 bytes, encrypted)\n"
    (asked,) = daemon.requests("identity")
    assert asked["path"] == str(repo / "docs.age")
    assert asked["recipients"] == ["age1a", "age1b"]
    assert "passphrase" not in asked
    assert json.loads(cli(*words, "--json").out) == daemon.answers["export"]


def test_a_passphrase_is_piped_in(daemon: FakeControl, repo: Path) -> None:
    """It goes from the pipe to the daemon, and never stands on a command line."""
    daemon.answers = {"export": {"path": "/x", "size": 1}, "import": {"done": ["imported docs"]}}
    for words in (["export", "docs", "--to", "a.age"], ["import", "docs", "--from", "a.age", "--as-new"]):
        subprocess.run(
            [*PROGRAM, *words, "--passphrase-stdin"],
            input="correct horse\n", text=True, check=True, capture_output=True,
        )  # fmt: skip
        assert daemon.requests("identity")[-1]["passphrase"] == "correct horse"
    assert daemon.requests("identity")[-1]["as_new"] is True


def test_nobody_to_ask_for_a_passphrase(daemon: FakeControl, repo: Path) -> None:
    """Without a terminal and without the option it is wrong usage, and nothing is asked of the daemon."""
    for words in (["export", "docs", "--to", "a.age"], ["import", "docs", "--from", "a.age"]):
        ran = subprocess.run([*PROGRAM, *words], input="x\n", text=True, check=False, capture_output=True)
        assert ran.returncode == 64
        assert "--passphrase-stdin" in ran.stderr
    assert daemon.asked == []


def test_imports_with_a_key(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """The key's file is named by its absolute path; what was done is said."""
    daemon.answers["import"] = {"done": ["imported docs", "apply gives it a key"]}
    ran = cli("identity", "import", "docs", "--from", "/b/docs.age", "--key", "key.txt")
    assert ran.out == "imported docs\napply gives it a key\n"
    (asked,) = daemon.requests("identity")
    assert (asked["path"], asked["key_file"], asked["as_new"]) == (
        "/b/docs.age", str(repo / "key.txt"), False,
    )  # fmt: skip
