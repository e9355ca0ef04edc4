"""Progress of an apply, as lines and as a live block."""

import io
from typing import Any

import pytest

from constellagent.errors import ConstellagentError
from constellagent.faces.cli import progress, screen
from tests.faces.cli.test_screen import Terminal


class Ticking:
    """A clock that a test moves."""

    def __init__(self) -> None:
        """Start at zero."""
        self.at = 0.0

    def now(self) -> float:
        """Return the time."""
        return self.at

    def monotonic(self) -> float:
        """Return the time."""
        return self.at


def event(subject: str, text: str, level: str = "info") -> dict[str, Any]:
    """Return an event as the daemon sends it."""
    return {"subject": subject, "text": text, "level": level, "data": {}}


def shown(written: str, columns: int = 80) -> list[str]:
    """Return the lines that a terminal shows after `written`; knows the few sequences that are used."""
    rows: list[str] = [""]
    at = 0
    for part in written.replace("\x1b[?2026h", "").replace("\x1b[?2026l", "").split("\x1b"):
        if part.startswith("[") and "A" in part[:4] and part[1 : part.index("A")].isdigit():
            at -= int(part[1 : part.index("A")])
            part = part[part.index("A") + 1 :]  # noqa: PLW2901 - the sequence is taken off
        elif part.startswith("[J"):
            del rows[at + 1 :]
            rows[at] = ""
            part = part[2:]  # noqa: PLW2901 - the same
        elif part.startswith("["):
            part = part[part.index("m") + 1 :]  # noqa: PLW2901 - the same
        for line in part.replace("\r", "").splitlines(keepends=True):
            rows[at] += line.rstrip("\n")
            assert screen.width(rows[at]) < columns
            if line.endswith("\n"):
                at += 1
                rows[at:] = rows[at:] or [""]
    return [row for row in rows if row]


def test_without_a_terminal_every_event_is_a_line() -> None:
    """A log of the progress keeps everything, one line each, without escape sequences."""
    stream = io.StringIO()
    bar = progress.Progress(stream, Ticking())
    bar.take(event("docs", "checking out"))
    bar.take(event("docs", "ready\x1b[2J", "done"))
    bar.take(event("", "hm", "odd"))
    bar.close()
    assert stream.getvalue() == "  docs: checking out\n+ docs: ready\N{REPLACEMENT CHARACTER}[2J\n  hm\n"


def test_on_a_terminal_work_is_a_block_below_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is finished stays above; below it each agent at work has one line with its latest words."""
    monkeypatch.setenv("NO_COLOR", "1")
    stream, clock = Terminal(), Ticking()
    bar = progress.Progress(stream, clock)
    for moment, given in enumerate(
        [
            event("docs", "creating"),
            event("api", "creating"),
            event("docs", "checking out"),
            event("api", "broke", "error"),
        ]
    ):
        clock.at = moment
        bar.take(given)
    assert shown(stream.getvalue()) == ["x api: broke", "  docs: checking out"]
    bar.take(event("docs", "ready", "done"))
    bar.close()
    assert shown(stream.getvalue()) == ["x api: broke", "+ docs: ready"]


def test_redraws_at_most_ten_times_a_second() -> None:
    """A flood of events is drawn ten times a second, and the end is drawn in any case."""
    stream, clock = Terminal(), Ticking()
    bar = progress.Progress(stream, clock)
    for step in range(1000):
        clock.at = step / 1000
        bar.take(event("docs", f"file {step}"))
    assert stream.getvalue().count("\x1b[J") <= 11
    bar.close()
    assert shown(stream.getvalue()) == []


def test_many_agents_do_not_scroll(monkeypatch: pytest.MonkeyPatch) -> None:
    """The block is never higher than the terminal; the rest is counted, and long words are cut."""
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("COLUMNS", "40")
    stream, clock = Terminal(), Ticking()
    bar = progress.Progress(stream, clock)
    for number in range(50):
        clock.at = number
        bar.take(event(f"agent-{number}", "x" * 100))
    rows = shown(stream.getvalue(), 40)
    assert len(rows) == 8
    assert rows[-1] == "  and 43 more"


def test_follow_returns_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    """The result of the stream is returned; a stream without one is an error."""
    result = {"done": [], "failed": {}, "skipped": {}, "changed": 0, "exit_code": 0}
    assert progress.follow([{"event": event("a", "b")}, {"result": result}]) == result
    assert capsys.readouterr().err == "  a: b\n"
    with pytest.raises(ConstellagentError, match="before it said"):
        progress.follow([{"event": event("a", "b")}])


def test_what_came_too_soon_is_drawn_later() -> None:
    """Of two events in one moment the second is drawn by the next refresh that is late enough."""
    stream, clock = Terminal(), Ticking()
    bar = progress.Progress(stream, clock)
    bar.take(event("one", "begun"))
    bar.take(event("one", "going on"))
    bar.refresh()
    assert shown(stream.getvalue()) == ["  one: begun"]
    clock.at += 1
    bar.refresh()
    bar.refresh()
    assert shown(stream.getvalue()) == ["  one: going on"]


def test_a_terminal_may_be_written_to_as_a_log() -> None:
    """On demand each event is a line on a terminal too."""
    stream = Terminal()
    progress.Progress(stream, Ticking(), live=False).take(event("one", "begun"))
    assert "\x1b[?2026h" not in stream.getvalue()
    assert "one: begun\n" in stream.getvalue()
