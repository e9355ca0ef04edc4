"""Watching the agents of the demo: their last words, their ends, and what the services say."""

import io
from pathlib import Path

from constellagent.faces.cli import demo_watch
from constellagent.faces.cli.demo_cast import CAST
from constellagent.faces.cli.progress import Progress
from tests.faces.cli.demo_rig import Scripted
from tests.faces.cli.test_progress import Ticking


class Impatient(Ticking):
    """A clock on which every look takes a minute."""

    def monotonic(self) -> float:
        """Return the time."""
        self.at += 60.0
        return self.at


def test_it_ends_when_all_have_ended(tmp_path: Path) -> None:
    """Who says that it is done is praised, who ends without is told with its last words."""
    daemon, stream = Scripted(tmp_path), io.StringIO()
    for agent in ("ada", "bea", "cal"):
        daemon.begins(agent, f"hello from {agent}", "done")
    daemon.begins("dan", "I am tired").end(exit_status=3)

    screens = demo_watch.watch(daemon.client, "f", Progress(stream, Ticking()), Ticking())

    assert [*screens] == [*CAST]
    assert screens["ada"].lines == ["hello from ada", "done"]
    assert "+ ada: verified at Linkhouse" in stream.getvalue()
    assert "x dan: ended: I am tired" in stream.getvalue()


def test_who_never_started_is_left_out(tmp_path: Path) -> None:
    """An agent without a session is not waited for."""
    daemon = Scripted(tmp_path)
    daemon.begins("ada").end()

    screens = demo_watch.watch(daemon.client, "f", Progress(io.StringIO(), Ticking()), Ticking())

    assert [*screens] == ["ada"]


def test_patience_has_an_end(tmp_path: Path) -> None:
    """An agent that goes on and on is not waited for any more; what it wrote is known."""
    daemon = Scripted(tmp_path)
    daemon.begins("ada", "thinking")

    screens = demo_watch.watch(daemon.client, "f", Progress(io.StringIO(), Ticking()), Impatient())

    assert screens["ada"].lines == ["thinking"]


def test_lines_are_read_once_and_whole(tmp_path: Path) -> None:
    """A line that is half written comes with its other half, and none comes twice."""
    daemon = Scripted(tmp_path)
    session = daemon.begins("ada", "one")
    screen = demo_watch.Screen(daemon.client.session("f", "ada"))

    assert screen.look() == ["one"]
    session.write("two and t\u00e9".encode())
    assert screen.look() == []
    session.write(b"n\r\n\r\n")
    assert screen.look() == ["two and t\u00e9n"]
    assert screen.lines == ["one", "two and t\u00e9n"]


def test_what_the_services_say(tmp_path: Path) -> None:
    """Their JSON lines are taken, and what they say beside them is not."""
    daemon = Scripted(tmp_path)
    daemon.begins("twokeys", "Twokeys is at http://x/", "POST /verify 200", '{"service": "Twokeys"}')

    assert demo_watch.verified(daemon.client, "f") == [{"service": "Twokeys"}]
