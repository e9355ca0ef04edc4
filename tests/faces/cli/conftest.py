"""The command line on a real terminal."""

import codecs
import sys
import termios
import time
from collections.abc import Callable, Iterator

import pytest
from ptyprocess import PtyProcess


class OnTerminal:
    """A command line that runs in a pty; `said` is all that it wrote so far."""

    def __init__(self, *words: str, rows: int = 24, columns: int = 80) -> None:
        """Start `constellagent` with these words."""
        argv = [sys.executable, "-m", "constellagent", *words]
        size = (rows, columns)
        self._process = PtyProcess.spawn(
            argv,
            dimensions=size,
            preexec_fn=lambda: termios.tcsetwinsize(0, size),  # before it can look
        )
        self._text = codecs.getincrementaldecoder("utf-8")()  # a read may end within a character
        self.said = ""

    def until(self, text: str) -> None:
        """Read until `text` was written; the test's time limit ends a wait in vain."""
        while text not in self.said:
            self.said += self._text.decode(self._process.read())

    def type(self, text: str) -> None:
        """Type on the terminal's keyboard."""
        self._process.write(text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self._process.sendintr()

    def end(self) -> int:
        """Read to the end and return the exit code."""
        try:
            while True:
                self.said += self._text.decode(self._process.read())
        except EOFError:
            pass
        self._process.wait()
        assert self._process.exitstatus is not None
        return int(self._process.exitstatus)

    def close(self) -> None:
        """End what still runs."""
        self._process.close(force=True)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., OnTerminal]]:
    """Give a function that runs a command line on a terminal."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("GIT_PAGER", "cat")
    monkeypatch.delenv("NO_COLOR", raising=False)
    started: list[OnTerminal] = []

    def start(*words: str, **size: int) -> OnTerminal:
        started.append(OnTerminal(*words, **size))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this machine stand at Greenwich, so that the times that are shown are those that are sent."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
