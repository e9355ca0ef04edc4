"""A real terminal for a test to sit at: one window of a tmux server of its own, which nothing outlives."""

import contextlib
import signal
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self

from constellagent.runtime import processes
from tests.reliability.lab import wait_for

PATIENCE = 40.0
"""Seconds that something may take to be seen."""
OPTIONS = """
set -g status off
set -g history-limit 20000
set -s escape-time 0
set -s set-clipboard on
set -s focus-events on
"""
MODES = (
    "alternate_on",
    "bracketed_paste_flag",
    "cursor_flag",
    "insert_flag",
    "keypad_cursor_flag",
    "keypad_flag",
    "mouse_any_flag",
    "mouse_sgr_flag",
    "origin_flag",
    "wrap_flag",
)
"""What a terminal keeps of a program that has left it, unless that put it back."""


class Tmux:
    """A window of its own server, with a plain shell in it, or a program in place of that."""

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str],
        *program: str,
        columns: int = 80,
        rows: int = 24,
        name: str = "tmux",
        term: str = "tmux-256color",
    ) -> None:
        """Start it in `folder`, whose path must be short; `term` is what it claims to be."""
        self.folder = folder
        self._environment = {**environment, "TERM": "xterm-256color"}
        configuration = folder / f"{name}.conf"
        configuration.write_text(f"{OPTIONS}set -g default-terminal {term}\n")
        self._call = ["tmux", "-S", str(folder / f"{name}.sock"), "-f", str(configuration)]
        self.run("new-session", "-d", "-x", str(columns), "-y", str(rows), *(program or ("sh",)))
        self.pid = int(self.ask("pid"))
        self._start = processes.start_of(self.pid) or ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the server and what runs in it, also one that does not answer any more."""
        with contextlib.suppress(subprocess.SubprocessError):
            self.run("kill-server")
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not processes.alive(self.pid, self._start), "tmux to end", 5)
        processes.send(self.pid, self._start, signal.SIGKILL)

    def run(self, *args: str) -> str:
        """Run a command of tmux, and return what it printed."""
        done = subprocess.run(
            [*self._call, *args],
            env=self._environment,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        return done.stdout

    def ask(self, variable: str) -> str:
        """Return what tmux knows under one of its format names."""
        return self.run("display-message", "-p", f"#{{{variable}}}").rstrip("\n")

    def type(self, text: str) -> None:
        """Type text as it is, without Enter."""
        self.run("send-keys", "-l", text)

    def enter(self, text: str) -> None:
        """Type a line."""
        self.run("send-keys", "-l", text, ";", "send-keys", "Enter")

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by tmux's names for them."""
        self.run("send-keys", *keys)

    def command(self, *keys: str) -> None:
        """Press the multiplexer's prefix key, and then these."""
        self.press("C-]", *keys)

    def click(self, column: int, row: int, button: int = 0) -> None:
        """Press and release a mouse button at a cell counted from 0, as a terminal tells it (mode 1006)."""
        for end in "Mm":
            self.type(f"\x1b[<{button};{column + 1};{row + 1}{end}")

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self.run("resize-window", "-x", str(columns), "-y", str(rows))

    def screen(self, *, history: bool = False, styled: bool = False) -> str:
        """Return what is seen, with history also what has scrolled off; styled by SGR sequences or bare."""
        return self.run(
            "capture-pane", "-p", *(("-S", "-") if history else ()), *(("-eN",) if styled else ())
        )

    def lines(self) -> list[str]:
        """Return the rows of the screen, without the blanks at their ends."""
        return [line.rstrip() for line in self.screen().split("\n")[:-1]]

    def modes(self) -> str:
        """Return the modes of the terminal."""
        return self.run("display-message", "-p", " ".join(f"{mode}=#{{{mode}}}" for mode in MODES)).strip()

    def until(self, holds: Callable[[str], object], what: str, seconds: float = PATIENCE) -> str:
        """Wait until something holds of the screen, and return that screen."""
        seen = ""

        def look() -> object:
            nonlocal seen
            seen = self.screen()
            return holds(seen)

        try:
            wait_for(look, what, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; the screen is:\n{seen}") from None
        return seen

    def shows(self, *texts: str, seconds: float = PATIENCE) -> str:
        """Wait until all these texts are on the screen at once, and return it."""
        return self.until(lambda seen: all(text in seen for text in texts), f"to see {texts}", seconds)

    def lacks(self, text: str) -> str:
        """Wait until a text is not on the screen any more, and return it."""
        return self.until(lambda seen: text not in seen, f"{text!r} to go")
