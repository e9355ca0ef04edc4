"""Text to where a person pastes from: the outer terminal's clipboard, by OSC 52, and the system's.

Over ssh only the terminal's can be reached, on a desktop the system's program is the surer way, and neither
says whether it worked from the terminal's side; so both are tried.
"""

import asyncio
import base64
import contextlib
import shutil
import sys
from collections.abc import Callable, Mapping

_LARGEST = 1 << 20
"""Bytes of base64 that terminals take in one sequence, if they take so much."""
_WAIT = 2.0
"""Seconds that the system's program may take."""
_PASSED = (
    "HOME", "PATH", "LANG", "LC_ALL", "LC_CTYPE", "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY",
    "XDG_RUNTIME_DIR",
)  # fmt: skip


def osc52(text: str, *, tmux: bool) -> str:
    """Return what puts the text into the terminal's clipboard; empty if it is too large for that.

    Inside tmux also wrapped, so that it reaches the terminal around where tmux itself keeps it.
    """
    data = base64.b64encode(text.encode("utf-8", "replace")).decode()
    if len(data) > _LARGEST:
        return ""
    sequence = f"\x1b]52;c;{data}\x07"
    return f"{sequence}\x1bPtmux;\x1b{sequence}\x1b\\" if tmux else sequence


class Clipboard:
    """The clipboards of this person's terminal and desktop."""

    def __init__(self, environ: Mapping[str, str], write: Callable[[str], None] | None) -> None:
        """`environ` is the multiplexer's own, `write` gives to the outer terminal, None if it may not."""
        self._environ = environ
        self._write = write

    def program(self) -> list[str] | None:
        """Return the command that takes text for the desktop's clipboard; None where there is none."""
        candidates: list[list[str]] = []
        if sys.platform == "darwin":
            candidates.append(["pbcopy"])
        if self._environ.get("WAYLAND_DISPLAY"):
            candidates.append(["wl-copy"])
        if self._environ.get("DISPLAY"):
            candidates += [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]]
        for name, *arguments in candidates:
            found = shutil.which(name, path=self._environ.get("PATH", ""))
            if found is not None:
                return [found, *arguments]
        return None

    async def put(self, text: str) -> tuple[bool, str]:
        """Copy the text; returns whether anything took it, and one line that says what did."""
        ways: list[str] = []
        sequence = osc52(text, tmux=bool(self._environ.get("TMUX"))) if self._write is not None else ""
        if self._write is not None and sequence:
            self._write(sequence)
            ways.append("the terminal (OSC 52)")
        command = self.program()
        if command is not None and await self._give(command, text.encode("utf-8", "replace")):
            ways.append(command[0].rpartition("/")[2])
        lines = text.count("\n") + (not text.endswith("\n"))
        amount = f"{lines} lines" if lines > 1 else f"{len(text)} characters"
        if ways:
            return True, f"copied {amount} to {' and '.join(ways)}"
        if self._write is not None and not sequence:
            return False, f"{amount} are too much for the terminal, and there is no program for the clipboard"
        return False, "nothing to copy to: install wl-copy, xclip or xsel"

    async def _give(self, command: list[str], data: bytes) -> bool:
        """Give the data to a program; returns whether it took all of it."""
        environ = {name: self._environ[name] for name in _PASSED if name in self._environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
                env=environ,
                start_new_session=True,
            )
        except OSError:
            return False
        try:
            async with asyncio.timeout(_WAIT):
                await process.communicate(data)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            return False
        return process.returncode == 0
