"""Mending approves nothing: what a person did not see of a file runs no command, with `--yes` or without."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.faces.cli import doctor_fix
from constellagent.faces.cli.doctor_fix import Told
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.paths import Paths
from tests.reliability.lab import Lab
from tests.reliability.mended import fix, lawful
from tests.reliability.test_mending_lost import lose

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """Give a laboratory, and let commands in this process work on it."""
    with Lab(agents=1) as lab:
        monkeypatch.setenv("CONSTELLAGENT_HOME", str(lab.home))
        monkeypatch.delenv("CONSTELLAGENT_SESSION", raising=False)
        monkeypatch.chdir(lab.repo)
        yield lab


def tempt(lab: Lab) -> Path:
    """Let the file have a setup step that nobody saw; returns the file that it makes where it runs."""
    ran = lab.folder / "nobody-saw-this"
    lab.file.write_text(lab.file.read_text().replace("echo set up", f"touch {ran}; echo set up"))
    return ran


def test_a_file_that_changes_before_the_daemon_is_asked_is_not_applied(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An apply before may take minutes: the daemon takes the content that was looked at, and no other."""
    cut = lab.run("apply", "--yes", check=None, CONSTELLAGENT_FAIL_AT="worktree.checkout:after")
    assert cut.returncode != 0
    lab.kill_daemon()
    declared, run, ran = lab.file.read_text(), doctor_fix._run, list[Path]()

    def overtaken(paths: Paths, errand: Errand, finding: Finding) -> Told:
        """Let the file change when all was looked at and agreed to."""
        ran.append(tempt(lab))
        return run(paths, errand, finding)

    with monkeypatch.context() as patch:
        patch.setattr(doctor_fix, "_run", overtaken)
        (row,) = [row for row in fix(lab) if row["kind"] == "half-made worktree"]

    assert row["outcome"] == "failed"
    assert f"{lab.file} changed after it was approved; nothing was done" in row["said"]
    assert not ran[0].exists()
    lab.file.write_text(declared)
    (row,) = [row for row in fix(lab) if row["kind"] == "half-made worktree"]
    assert row["outcome"] == "mended"
    lawful(lab)


def test_a6_a_lost_state_approves_no_file_that_was_edited_since(lab: Lab) -> None:
    """Its setup step is shown by `apply`, and does not run in the worktree that is made anew."""
    lab.run("apply", "--yes")
    lab.kill_daemon()
    declared, ran = lab.file.read_text(), tempt(lab)
    lose(lab)

    rows = {row["kind"]: row for row in fix(lab)}

    assert (rows["lost constellation"]["outcome"], rows["lost constellation"]["offer"]) == ("left", "")
    assert "this content of the file" in rows["lost constellation"]["advice"]
    assert not lab.json("plan")["trusted"]
    lab.kill_daemon()
    lab.file.write_text(declared)
    assert {row["kind"]: row["outcome"] for row in fix(lab)}["lost constellation"] == "mended"
    assert lab.json("plan")["trusted"]
    assert not ran.exists()
    lawful(lab)
