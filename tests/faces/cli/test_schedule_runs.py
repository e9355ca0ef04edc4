"""`schedule history|run|backfill`."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.cli import schedule_runs
from constellagent.plan import timetable
from constellagent.plan.timetable import Due
from constellagent.runtime.paths import Paths
from constellagent.runtime.schedule_views import MOST_ROWS, RunView
from tests.faces.cli.conftest import OnTerminal
from tests.faces.cli.scheduled import RUN, missed_view, open_view, run_view
from tests.faces.cli.session import Session
from tests.faces.conftest import Cli
from tests.faces.fake_control import FakeControl, Queue


class Book(list[RunView]):
    """Rows of a ledger, newest first; answers as the daemon does."""

    def page(self, request: dict[str, Any]) -> list[RunView]:
        """Return what is asked for."""
        until = request.get("until", "9")
        return [view for view in self if view["fire_at"] <= until][: request["limit"]]


class TestHistory:
    """`schedule history`."""

    def test_is_a_table_or_json(self, daemon: FakeControl, repo: Path, cli: Cli) -> None:
        """The newest rows are shown; what was missed says how many and since when."""
        daemon.answers["history"] = [run_view(), missed_view()]
        ran = cli("schedule", "history", "triage")
        assert "missed 43 fires since 2026-10-09 07:00" in ran.out
        assert json.loads(cli("schedule", "history", "--json").out) == daemon.answers["history"]
        assert json.loads(cli("schedule", "history", "-o", "json").out) == daemon.answers["history"]
        file = str(repo / "constellation.yaml")
        asked = {"file": file, "action": "history", "schedules": ["triage"], "states": [], "limit": 20}
        assert daemon.requests("schedule")[0] == asked

    def test_is_narrowed(self, daemon: FakeControl, repo: Path, cli: Cli) -> None:
        """Times go to the daemon in UTC, states and the count as they are; nothing found is said."""
        words = ("--since", "2026-11-22", "--until", "2026-11-22T09:00+01:00", "--state", "failed")
        ran = cli("schedule", "history", *words, "--state", "lost", "-n", "3")
        assert (ran.code, ran.out) == (0, "")
        assert "no fire of this kind" in ran.err
        (asked,) = daemon.requests("schedule")
        assert asked["since"] == "2026-11-22T00:00:00Z"
        assert asked["until"] == "2026-11-22T08:00:00Z"
        assert (asked["states"], asked["limit"]) == (["failed", "lost"], 3)

    def test_one_run_is_shown_with_all(self, daemon: FakeControl, repo: Path, cli: Cli) -> None:
        """--run shows one run, with its output's place and how to see it."""
        daemon.answers["history"] = [run_view(log="/state/sessions/x/log")]
        out = cli("schedule", "history", "--run", "6194e842").out
        assert f"constellagent logs {RUN}" in out
        assert "/state/sessions/x/log" in out
        assert json.loads(cli("schedule", "history", "--run", "6194", "--json").out)["run"] == RUN
        assert daemon.requests("schedule")[0]["run"] == "6194e842"

    def test_plain_is_each_fire_of_the_clock_once(self, daemon: FakeControl, repo: Path, cli: Cli) -> None:
        """Only what the clock caused is listed, oldest first, once for all its attempts."""
        daemon.answers["history"] = [
            open_view(),
            open_view("queued", origin="clock", fire_at="2026-11-22T08:00:00Z", attempt=2),
            run_view(schedule="docs/daily"),
            run_view(attempt=2, run="2" * 32),
            run_view(state="failed", run="3" * 32),
        ]
        assert cli("schedule", "history", "-o", "plain").out.splitlines() == [
            "2026-11-22T07:00:00Z docs/daily",
            "2026-11-22T07:00:00Z triage/morning",
            "2026-11-22T08:00:00Z triage/morning",
        ]
        (asked,) = daemon.requests("schedule")
        assert "missed" not in asked["states"]
        assert {"succeeded", "lost", "queued", "running"} <= set(asked["states"])
        assert asked["limit"] == MOST_ROWS

    def test_plain_is_what_the_dry_run_says(self) -> None:
        """A fire's line is byte for byte that of `schedule list`, so that the two can be compared."""
        at = datetime(2026, 11, 22, 7, tzinfo=UTC)
        assert schedule_runs._plain([run_view()]) == [timetable.line(Due("triage/morning", at, at))]

    @pytest.mark.parametrize(
        "words",
        [
            ("-n", "0"),
            ("-o", "xml"),
            ("--json", "-o", "plain"),
            ("--since", "soon"),
            ("--run", "1234", "docs"),
            ("--run", "1234", "--state", "failed"),
        ],
    )
    def test_contradictions(self, daemon: FakeControl, repo: Path, cli: Cli, words: tuple[str, ...]) -> None:
        """A call that contradicts itself asks for nothing."""
        assert cli("schedule", "history", *words).code == 64
        assert daemon.asked == []


class TestParts:
    """Asking for more rows than one answer holds."""

    def rows(self, book: Book, wanted: int | None) -> list[RunView]:
        """Return rows as the command gets them."""

        class Client:
            schedule = staticmethod(book.page)

        request = {"file": "/f", "action": "history"}
        return schedule_runs._rows(Client(), request, wanted)  # type: ignore[arg-type] # only this method is used

    def test_all_rows_come_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Rows of one nominal time may be cut apart by the size of an answer; none is lost or doubled."""
        monkeypatch.setattr(schedule_runs, "MOST_ROWS", 4)
        book = Book(
            run_view(run=f"{number:032x}", fire_at=f"2026-11-{22 - number // 3:02}T07:00:00Z")
            for number in range(40)
        )
        assert self.rows(book, None) == book
        assert self.rows(book, 7) == book[:7]
        assert self.rows(book, 2) == book[:2]
        assert self.rows(Book(), None) == []

    def test_too_many_at_once_are_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where one nominal time alone has more rows than an answer, nothing is left out in silence."""
        monkeypatch.setattr(schedule_runs, "MOST_ROWS", 3)
        book = Book(run_view(run=f"{number:032x}") for number in range(9))
        with pytest.raises(ConstellagentError, match="more than 3 runs have the nominal time"):
            self.rows(book, None)


class TestRun:
    """`schedule run`."""

    @pytest.fixture
    def session(self, daemon: FakeControl, paths: Paths) -> Session:
        """Give the session of the run, which waits first."""
        made = Session(paths.sessions / RUN)
        daemon.answers["run"] = open_view("queued", why="waits for the end of the run of docs/daily")
        return made

    def test_follows_and_takes_the_exit_code(
        self, daemon: FakeControl, session: Session, repo: Path, cli: Cli
    ) -> None:
        """It says what the run waits for, copies its output, and exits as it did."""
        going, ended = open_view(log=session.log), run_view(state="failed", exit_status=7, log=session.log)
        daemon.answers["history"] = Queue([[daemon.answers["run"]], [open_view("claimed")], [going], [ended]])
        daemon.answers["list"] = [{"open": []}]
        session.write(b"hello\r\n")
        later = threading.Timer(0.3, lambda: session.end(exit_status=7))
        later.start()
        ran = cli("schedule", "run", "triage")
        later.join()
        assert (ran.code, ran.out) == (7, "hello\r\n")
        assert ran.err.count("waits for the end of the run of docs/daily") == 1
        assert "triage/morning: failed" in ran.err
        asked = {"file": str(repo / "constellation.yaml"), "action": "run", "schedule": "triage"}
        assert daemon.requests("schedule")[0] == asked

    def test_detach_prints_the_id(self, daemon: FakeControl, session: Session, repo: Path, cli: Cli) -> None:
        """--detach does not wait, and --json has the whole row."""
        view = daemon.answers["run"]
        assert cli("schedule", "run", "triage", "--detach").out == f"{view['run']}\n"
        assert json.loads(cli("schedule", "run", "triage", "-d", "--json").out) == view

    def test_json_is_how_it_ended(self, daemon: FakeControl, session: Session, repo: Path, cli: Cli) -> None:
        """--json says how it ended in the place of the output."""
        session.write(b"noise")
        daemon.answers["history"] = [run_view(log=session.log)]
        ran = cli("schedule", "run", "triage", "--json")
        assert (ran.code, json.loads(ran.out)) == (0, run_view(log=session.log))

    def test_an_unknown_schedule(self, daemon: FakeControl, repo: Path, cli: Cli) -> None:
        """What cannot be started is wrong usage, with the daemon's hint."""
        daemon.fail("schedule", UsageError("no schedule", hint="look"))
        ran = cli("schedule", "run", "x")
        assert ran.code == 64
        assert "hint: look" in ran.err


class TestBackfill:
    """`schedule backfill`."""

    WINDOW = ("--since", "2026-11-20", "--until", "2026-11-22")

    @pytest.fixture
    def planned(self, daemon: FakeControl) -> list[RunView]:
        """Let the daemon plan two runs."""
        views = [open_view("queued", fire_at=f"2026-11-{day}T07:00:00Z", run=str(day)) for day in (20, 21)]
        daemon.answers["backfill"] = views
        return views

    def test_a_dry_run_shows_and_runs_nothing(
        self, daemon: FakeControl, planned: list[RunView], repo: Path, cli: Cli
    ) -> None:
        """The times are the result; the daemon is asked for nothing more."""
        ran = cli("schedule", "backfill", "triage", *self.WINDOW, "--dry-run")
        assert [line[:16] for line in ran.out.splitlines()[1:]] == ["2026-11-20 07:00", "2026-11-21 07:00"]
        assert "2 runs would be started" in ran.err
        ran = cli("schedule", "backfill", "triage", *self.WINDOW, "--dry-run", "--json")
        assert json.loads(ran.out) == planned
        assert [asked["dry_run"] for asked in daemon.requests("schedule")] == [True, True]

    def test_yes_starts_them(self, daemon: FakeControl, planned: list[RunView], repo: Path, cli: Cli) -> None:
        """With --yes the runs are queued, and said to be."""
        ran = cli("schedule", "backfill", "triage", *self.WINDOW, "--rerun", "failed", "--yes")
        assert ran.out == "2 runs of triage/morning queued, one after another\n"
        assert json.loads(cli("schedule", "backfill", "triage", *self.WINDOW, "-y", "--json").out) == planned
        first, second, *_ = daemon.requests("schedule")
        assert first == {
            "file": str(repo / "constellation.yaml"),
            "action": "backfill",
            "schedule": "triage",
            "rerun": "failed",
            "dry_run": True,
            "since": "2026-11-20T00:00:00Z",
            "until": "2026-11-22T00:00:00Z",
        }
        assert second == {**first, "dry_run": False}

    def test_nobody_to_ask(self, daemon: FakeControl, planned: list[RunView], repo: Path, cli: Cli) -> None:
        """Without --yes and without a terminal nothing is started; the runs are named beside the result."""
        ran = cli("schedule", "backfill", "triage", *self.WINDOW)
        assert (ran.code, ran.out) == (64, "")
        assert "2026-11-20 07:00" in ran.err
        assert "give --yes" in ran.err
        assert len(daemon.asked) == 1

    @pytest.mark.parametrize(("answer", "code", "asked"), [("n", 1, 1), ("y", 0, 2)])
    def test_asks_on_a_terminal(
        self,
        daemon: FakeControl,
        planned: list[RunView],
        repo: Path,
        terminal: Callable[..., OnTerminal],
        answer: str,
        code: int,
        asked: int,
    ) -> None:
        """Only a yes starts the runs."""
        run = terminal("schedule", "backfill", "triage", *self.WINDOW)
        run.until("Start 2 runs? [y/N]")
        run.type(f"{answer}\n")
        assert run.end() == code
        assert len(daemon.requests("schedule")) == asked

    def test_nothing_to_run(self, daemon: FakeControl, repo: Path, cli: Cli) -> None:
        """An empty window is no failure, and says how to run again what ran; it ends now by default."""
        ran = cli("schedule", "backfill", "triage", "--since", "7d")
        assert (ran.code, ran.out) == (0, "")
        assert "--rerun" in ran.err
        assert json.loads(cli("schedule", "backfill", "triage", "--since", "7d", "--json").out) == []
        assert daemon.requests("schedule")[0]["until"] > daemon.requests("schedule")[0]["since"]
        assert cli("schedule", "backfill", "triage").code == 64
