"""Records a real program in a terminal of ours, while a script does to it what a person would."""

import contextlib
import json
import os
import re
import select
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ptyprocess import PtyProcess, PtyProcessError

from constellagent.term.scanner.events import AgentState, Bell, Notification, Title
from constellagent.term.scanner.signals import SignalScanner
from constellagent.term.screen import Screen
from tests.term.activity.recording import FOLDER, changes

QUIET, LONGEST = 0.3, 1.0
"""When a screen is looked at: so long after output, and so long after the first of it."""
_SPINS = 0.9
"""Seconds for which a title that only spins is not written down again."""
_SPINNER = re.compile("^[\u2800-\u28ff] ?")
_KEPT = {"hook_event_name", "tool_name", "notification_type", "source", "reason", "type", "event", "kind"}
"""What of a hook's payload is kept: what says which it is, and nothing that somebody wrote."""


class Recorder:
    """One program, and what it has done so far."""

    def __init__(
        self,
        argv: Sequence[str],
        env: Mapping[str, str],
        folder: Path,
        size: tuple[int, int],
        hooks: Path,
        scrub: Callable[[str], str],
    ) -> None:
        """Start it. Its hooks write their payloads as files into `hooks`."""
        self.events: list[dict[str, Any]] = []
        self._screen = Screen(*size)
        self._scanner = SignalScanner()
        self._hooks, self._scrub = hooks, scrub
        self._begun = time.monotonic()
        self._first: float | None = None
        self._last = 0.0
        self._lines: list[str] = []
        self._title = ("", float("-inf"))
        self._process = PtyProcess.spawn(list(argv), cwd=str(folder), env=dict(env), dimensions=size)

    @property
    def now(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._begun

    @property
    def text(self) -> str:
        """What the terminal shows now."""
        return "\n".join(self._screen.text())

    @property
    def title(self) -> str:
        """What its window is called now."""
        return self._screen.title

    def run(self, seconds: float) -> None:
        """Let it go on for a while."""
        end = self.now + seconds
        while self.now < end:
            self._turn()

    def until(self, shows: str, patience: float = 150.0) -> None:
        """Let it go on until its screen shows a pattern."""
        self.until_true(lambda: bool(re.search(shows, self.text, re.MULTILINE)), patience)

    def press(self, keys: str) -> None:
        """Press keys, one write each."""
        self._note(typed=True)
        os.write(self._process.fd, keys.encode())
        self.run(0.1)

    def until_true(self, holds: Callable[[], bool], patience: float = 150.0) -> None:
        """Let it go on until something holds."""
        end = self.now + patience
        while not holds():
            if self.now > end:
                raise TimeoutError(f"it does not come:\n{self.text}")
            self._turn()

    def settle(self, quiet: float = 1.5, patience: float = 8.0) -> None:
        """Let it go on until it has written nothing for a while, or for so long at most."""
        end = self.now + patience
        while self.now < end and self.now < self._last + quiet:
            self._turn()

    def paste(self, text: str) -> None:
        """Paste a text and send it."""
        self.press(f"\x1b[200~{text}\x1b[201~")
        self.run(0.4)
        self.press("\r")

    def resize(self, rows: int, columns: int) -> None:
        """Give its terminal another size."""
        self._note(resized=[rows, columns])
        self._screen.resize(rows, columns)
        self._process.setwinsize(rows, columns)
        self._first, self._last = self._first or self.now, self.now

    def check(self, scene: str, *says: str) -> None:
        """Write down what a person would say of it now."""
        self._note(check=scene, says=list(says))

    def save(self, name: str, kind: str, version: str) -> None:
        """Write the recording."""
        head = {"kind": kind, "version": version}
        FOLDER.mkdir(parents=True, exist_ok=True)
        lines = (json.dumps(each, ensure_ascii=False) for each in [head, *self.events])
        (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")

    def close(self) -> None:
        """End it."""
        with contextlib.suppress(PtyProcessError):  # a large program takes its time to die
            self._process.close(force=True)
        while self._process.isalive():
            time.sleep(0.05)
        self._screen.close()

    def _note(self, **what: Any) -> None:
        self.events.append({"at": round(self.now, 2), **what})

    def _turn(self) -> None:
        """Take what there is to take."""
        readable, _, _ = select.select([self._process.fd], [], [], 0.05)
        if readable:
            with contextlib.suppress(OSError, EOFError):
                self._read(os.read(self._process.fd, 1 << 16))
        for path in sorted(self._hooks.glob("*.json"), key=lambda path: path.stat().st_mtime_ns):
            self._hook(path)
        if self._first is not None and self.now >= min(self._first + LONGEST, self._last + QUIET):
            self._look()

    def _read(self, data: bytes) -> None:
        if not data:
            time.sleep(0.05)
            return
        self._screen.feed(data)
        if replies := self._screen.take_replies():
            os.write(self._process.fd, replies)
        before = self.events[-1] if self.events else {}
        if "output" in before and self.now - before["at"] < 0.1:  # what comes at once is one
            before["output"] += len(data)
        else:
            self._note(output=len(data))
        self._first, self._last = self._first or self.now, self.now
        for signal in self._scanner.feed(data):
            match signal:
                case Title(text=text):
                    self._titled(self._scrub(text))
                case AgentState(state=state, kind=kind):
                    self._note(report=[state, kind])
                case Notification(title=title, body=body):
                    self._note(notification=[self._scrub(title), self._scrub(body)])
                case Bell():
                    self._note(bell=True)

    def _titled(self, text: str) -> None:
        same = _SPINNER.sub("", self._title[0]) == _SPINNER.sub("", text)
        spins = bool(_SPINNER.match(self._title[0])) == bool(_SPINNER.match(text))
        if same and spins and self.now < self._title[1] + _SPINS:
            return
        self._title = text, self.now
        self._note(title=text)

    def _hook(self, path: Path) -> None:
        try:
            payload = json.loads(path.read_text("utf-8"))
        except json.JSONDecodeError:  # it is being written
            return
        path.unlink()
        self._note(hook={key: payload[key] for key in sorted(_KEPT & payload.keys())})

    def _look(self) -> None:
        if self._screen.modes().synchronized and self.now < self._last + 2 * QUIET:
            return
        self._first = None
        lines = [self._scrub(line) for line in self._screen.text()]
        self._note(screen=changes(self._lines, lines), cursor=self._screen.cursor().row)
        self._lines = lines
