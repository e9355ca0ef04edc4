"""`sandbox verify`: what it shows of a battery, and how it ends."""

import json
from pathlib import Path

from constellagent.runtime.sandbox_views import LineView, Outcome
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl


def line(name: str, outcome: Outcome, said: str = "impossible") -> LineView:
    """Return a line about something that must be impossible."""
    return LineView(name=name, kind="kept", outcome=outcome, said=said, tried=1, reached=[])


def test_shows_each_line_below_its_heading(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """What must be impossible, what must work, and what nobody promises."""
    shared = LineView(
        name="move", kind="shared", outcome="not promised", said="possible", tried=1, reached=[]
    )
    works = LineView(name="commit", kind="works", outcome="pass", said="as docs", tried=1, reached=["x"])
    daemon.sandbox_answer["lines"] = [
        line("read", "pass"),
        line("web", "nothing to try", "none"),
        works,
        shared,
    ]

    done = cli("sandbox", "verify", "docs")

    assert done.code == 0
    assert done.out.splitlines() == [
        "must be impossible:",
        "  pass  read: impossible",
        "  -     web: none",
        "",
        "must work:",
        "  pass  commit: as docs",
        "",
        "not promised:",
        "  open  move: possible",
        "",
        "docs: the sandbox (bwrap, network: host) holds: 3 lines tried",
    ]
    request = {"file": str(repo / "constellation.yaml"), "agent": "docs"}
    assert daemon.asked == [("sandbox", {"request": request})]


def test_a_line_that_failed_fails_the_command(daemon: FakeControl, repo: Path, cli: Cli) -> None:
    """It stands out, nothing that it says reaches the terminal as it is, and the JSON says it too."""
    daemon.sandbox_answer |= {"held": False, "lines": [line("read", "fail", "possible: \x1b[31m")]}

    done, shown = cli("sandbox", "verify", "docs"), cli("sandbox", "verify", "docs", "--json")

    assert (done.code, shown.code) == (1, 1)
    assert "  FAIL  read: possible: " in done.out
    assert "\x1b" not in done.out
    assert "docs: the sandbox (bwrap, network: host) does NOT hold: 1 line failed" in done.out
    assert json.loads(shown.out)["lines"][0]["outcome"] == "fail"
    assert repo.is_dir()
