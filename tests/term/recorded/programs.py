"""The programs that are recorded: what each is started with, and what is typed into it."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.term.recorded.recorder import Drive, Part, Size, record
from tests.term.screen.streams import stream

SIZES: tuple[Size, ...] = ((24, 80), (50, 200), (11, 37))
_DOWN, _UP, _RIGHT = b"\x1b[B", b"\x1b[A", b"\x1b[C"
_SOURCE = "\n".join(f"def f{n}(a, b):\n    return a + {n}  # 字 é {'x' * (n % 60)}\n" for n in range(60))
_WRONG = 'int main(void) {\n  int höhe = "text";\n  return hohe + undeclared(1, 2);\n}\n'
_TABS = "".join(f"{n}\tcolumn\t{'word ' * (n % 30)}\n" for n in range(200))


@dataclass(frozen=True)
class Program:
    """A program.

    Attributes:
        name: of its recording.
        needs: the command that must be on the machine; empty for what is made here.
        package: of Debian, which brings that command.
        argv: what to start; `{here}` is the folder of the recording.
        keys: what is typed at each size.
        prepare: makes files in the folder.
        extra: variables of its environment.
    """

    name: str
    needs: str
    package: str
    argv: tuple[str, ...]
    keys: tuple[bytes, ...] = ()
    prepare: Callable[[Path], None] = lambda folder: None
    extra: Mapping[str, str] = field(default_factory=dict)

    def record(self, folder: Path, sizes: tuple[Size, ...]) -> list[Part]:
        """Return what it writes when the terminal has one size after another."""
        self.prepare(folder)
        argv = [word.replace("{here}", str(folder)) for word in self.argv]
        try:
            drives = [Drive(size, self.keys) for size in sizes]
            if self.keys:
                return record(argv, drives, folder, self.extra)
            # What prints and ends is started anew at each size.
            return [record(argv, [drive], folder, self.extra)[0] for drive in drives]
        finally:
            if self.name == "tmux":
                subprocess.run(["tmux", "-S", f"{folder}/s", "kill-server"], check=False, capture_output=True)


def _source(folder: Path) -> None:
    (folder / "a.py").write_text(_SOURCE, encoding="utf-8")


def _tabs(folder: Path) -> None:
    (folder / "tabs.txt").write_text(_TABS, encoding="utf-8")


def _wrong(folder: Path) -> None:
    (folder / "wrong.c").write_text(_WRONG, encoding="utf-8")


def _files(folder: Path) -> None:
    shown = folder / "shown"
    shown.mkdir()
    for number in range(40):
        (shown / f"file-{number}.{('txt', 'tar', 'png', 'mp3')[number % 4]}").write_bytes(b"x")
    (shown / "folder").mkdir()
    (shown / "program").write_bytes(b"")
    (shown / "program").chmod(0o755)
    (shown / "link").symlink_to("nowhere")
    (shown / "名前").write_bytes(b"")


def _history(folder: Path) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.test"]
    git = ["git", "-C", str(folder)]
    subprocess.run([*git, "init", "-q", "-b", "main"], check=True)
    for number in range(12):
        (folder / "a.txt").write_text(f"line\n{'change ' * number}字\n\ttab  \n", encoding="utf-8")
        subprocess.run([*git, "add", "a.txt"], check=True)
        subprocess.run([*git, *who, "commit", "-q", "-m", f"Change {number}\n\nWhy: é 字"], check=True)


def _shell(folder: Path) -> None:
    lines = ("set -g status-right ''", "set -g default-command 'env -i PS1=\\$\\  TERM=screen sh'")
    (folder / "conf").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "colours").write_text("\x1b[1;31mred\x1b[m \x1b[44mblue\x1b[K\x1b[m\n", encoding="utf-8")


PROGRAMS = (
    Program(
        "vim", "vim", "vim", ("vim", "-u", "NONE", "-i", "NONE", "-N", "-n", "-c", "syntax on",
        "-c", "set nu hls cursorline showcmd incsearch ruler", "a.py"),
        (b"jjj", b"/return\r", b"\x06", b"\x02", b"ohello \xe5\xad\x97\x1b", b"v3jy", b"\x1bdd",
         b":split\r", b":set nowrap\r", b"u"),
        _source,
    ),
    Program(
        "less", "less", "less", ("less", "-N", "tabs.txt"),
        (b" ", b"/word word word\r", b"n", b"b", b"G", b"g", b"\x1b)", b"\x1b("), _tabs,
    ),
    Program("htop", "htop", "htop", ("htop", "-d", "600"), (_DOWN, _DOWN, b"\x1bOQ", b"\x1b", b"t")),
    Program(
        "git log", "git", "git", ("git", "-c", "core.pager=cat", "log", "-p", "--color", "--stat"),
        (), _history,
    ),
    Program(
        "gcc", "gcc", "gcc", ("gcc", "-fdiagnostics-color=always", "-c", "wrong.c"), (), _wrong,
    ),
    Program(
        "ls", "ls", "coreutils", ("ls", "-laF", "--color=always", "--time-style=+%Y", "shown"), (), _files,
    ),
    Program(
        "tmux", "tmux", "tmux", ("tmux", "-S", "{here}/s", "-f", "{here}/conf", "new-session"),
        (b"cat colours\r", b"\x02%", b"echo 12345678901234567890123456789012345678901234567890\r",
         b'\x02"', b"cat colours colours\r", b"\x02o", b"\x02["), _shell,
    ),
    Program(
        "prompt_toolkit", "", "", (sys.executable, str(Path(__file__).with_name("fullscreen.py"))),
        (b"x", b"\r", "日本 é".encode(), _UP, _RIGHT, b"\x1b[D", b"\x15"),
    ),
)  # fmt: skip
"""Real programs, each driven in the same way at every size."""

SYNTHETIC = ("ink", "colours", "log")
"""Streams that are made here: redraws as those of Ink, looks in all combinations, and lines that scroll."""


def missing(program: Program) -> str:
    """Return why it cannot be recorded here, empty if it can."""
    if program.needs and shutil.which(program.needs) is None:
        return f"there is no {program.needs} (of Debian's package {program.package})"
    return ""


def synthetic(kind: str, sizes: tuple[Size, ...]) -> list[Part]:
    """Return such a stream as if a program had written it at one size after another."""
    return [Part(size, stream(kind, seed, 60)) for seed, size in enumerate(sizes)]
