"""What an agent of the proof runs: it prints numbered lines, takes what is typed, and writes both down.

    player.py DIARY [--pace SECONDS] [--burst LINES] [--life SECONDS] [--bare]
                    [--hooks SECONDS] [--vault SECONDS]

Whatever it prints goes into `DIARY/<session>.out` first, byte for byte, so that the log of its terminal can
be compared with what it should be; with `--bare` only its lines' numbers tell. It needs the standard library
only, and no package of ours.
"""

import argparse
import json
import os
import subprocess
import sys
import termios
import threading
import time
import tty
import urllib.error
import urllib.request
from pathlib import Path

SESSION = os.environ.get("CONSTELLAGENT_SESSION", "")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_PASTE = (b"\x1b[200~", b"\x1b[201~")


class Stage:
    """Writes to the terminal and to the diary, in the same order."""

    def __init__(self, file: Path) -> None:
        self._lock = threading.Lock()
        self._file = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._count = 0

    def say(self, *texts: str) -> None:
        """Print numbered lines."""
        with self._lock:
            lines = []
            for text in texts:
                self._count += 1
                lines.append(f"{self._count:08d} {text}\r\n")
            self._write("".join(lines).encode())

    def echo(self, data: bytes) -> None:
        """Repeat what was typed."""
        with self._lock:
            self._write(data)

    def _write(self, data: bytes) -> None:
        os.write(self._file, data)
        while data:
            data = data[os.write(1, data) :]


def note(file: Path, text: str) -> None:
    """Add one line, in one piece."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, f"{text}\n".encode())
    finally:
        os.close(handle)


def listen(stage: Stage, diary: Path) -> None:
    """Take each line that is typed: show it, and write it down."""
    line = b""
    while data := os.read(0, 1 << 16):
        for mark in _PASTE:
            data = data.replace(mark, b"")
        stage.echo(data.replace(b"\r", b"\r\n"))
        line += data.replace(b"\n", b"\r")  # before the terminal was ours, the kernel made Enter a line feed
        *whole, line = line.split(b"\r")
        for each in whole:
            note(diary / "prompts", f"{SESSION} {each.decode(errors='replace').strip()}")


def hooks(diary: Path, pause: float) -> None:
    """Report a new state again and again, each with a number of its own."""
    number = 0
    while True:
        number += 1
        words = ["constellagent-hook", "working", f"--reason=r{number}", "--verbose"]
        said = subprocess.run(words, check=False, capture_output=True, stdin=subprocess.DEVNULL)
        note(diary / "hooks", f"{SESSION} {number} {said.returncode} {said.stderr.decode().strip()}")
        time.sleep(pause)


def vault(diary: Path, pause: float) -> None:
    """Write secrets under new names, and write down which were taken."""
    number, mark = 0, SESSION[:8].upper()
    while True:
        number += 1
        name, value = f"PROOF_{mark}_{number}", f"{SESSION}-{number}"
        if keep(name, value):
            note(diary / "secrets", f"{os.environ['CONSTELLAGENT_AGENT']} {name} {value}")
        time.sleep(pause)


def keep(name: str, value: str) -> bool:
    """Store one secret as this session; says whether the answer was that it is kept."""
    request = urllib.request.Request(
        f"{os.environ['RAVI_API_URL']}/api/secrets/",
        data=json.dumps({"key": name, "value": value}).encode(),
        headers={"Authorization": f"Bearer {os.environ['RAVI_API_KEY']}", "Content-Type": "application/json"},
    )
    try:
        with _DIRECT.open(request, timeout=10) as answer:
            return bool(answer.status in {200, 201})
    except (OSError, urllib.error.HTTPError):
        return False


def main() -> int:
    """Play until the time is over, which is a failure, or until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("diary", type=Path)
    for name in ("--pace", "--life", "--hooks", "--vault"):
        parser.add_argument(name, type=float, default=0.0)
    parser.add_argument("--burst", type=int, default=1)
    parser.add_argument("--bare", action="store_true")
    told = parser.parse_args()
    tty.setraw(0, termios.TCSANOW)  # what was typed before is not thrown away
    stage = Stage(Path(os.devnull) if told.bare else told.diary / f"{SESSION}.out")
    begin = time.monotonic()
    stage.say(f"session {SESSION} begins")  # before anything that was typed is repeated
    threading.Thread(target=listen, args=(stage, told.diary), daemon=True).start()
    for pause, what in ((told.hooks, hooks), (told.vault, vault)):
        if pause:
            threading.Thread(target=what, args=(told.diary, pause), daemon=True).start()
    while not told.life or time.monotonic() - begin < told.life:
        time.sleep(told.pace or 1.0)
        if told.pace:
            stage.say(*(["numbered, whole, and in its order, whoever dies"] * told.burst))
    return 1


if __name__ == "__main__":
    sys.exit(main())
