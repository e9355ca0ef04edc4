r"""A program with an input line at the bottom, as coding agents have one; for tests of deliveries.

python prompter.py [dialog | pops | late SECONDS | busy SECONDS | shuns | stuck | floods]

dialog   asks for a permission, and notes what is typed into it
pops     asks once something was pasted
late     shows its input line only after a while, or once it gets SIGUSR1
busy     works for so long after each prompt, or until SIGUSR1, and queues what comes meanwhile
shuns    empties its input line at Enter and does nothing with the text
stuck    needs a second Enter
floods   writes two mebibytes before it shows its input line
"""

import os
import select
import signal
import sys
import time
import tty

MODE = sys.argv[1] if len(sys.argv) > 1 else ""
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 0.0
ROWS = 30


def show(draft: str, said: list[str], asks: str) -> None:
    """Draw everything anew; the hint of an empty input line is dim."""
    rows = [*said[-10:], "", *([asks] if asks else [])]
    text = "\x1b[2J\x1b[H" + "\r\n".join(rows)
    if not asks:
        shown = draft.replace("\n", "\r\n  ") if draft else "\x1b[2mSay something\x1b[0m"
        text += f"\r\n> {shown}" + ("" if draft else "\x1b[13D")
    os.write(1, text.encode())


class Prompter:
    """The program."""

    def __init__(self) -> None:
        self.draft = ""
        self.said = ["ready"]
        self.asks = "Allow this?" if MODE == "dialog" else ""
        self.entered = 0
        self.busy_until = 0.0

    def take(self, data: bytes) -> None:
        """Take a paste, an Enter, or other keys."""
        if self.asks:
            self.said.append(f"answered {data!r}")
        elif data.startswith(b"\x1b[200~"):
            self.draft += data[6 : data.index(b"\x1b[201~")].decode().replace("\r", "\n")
            self.asks = "Allow this?" if MODE == "pops" else ""
        elif data == b"\r":
            self.entered += 1
            if MODE != "stuck" or self.entered % 2 == 0:
                self.enter()
        else:
            for char in data.decode(errors="replace"):
                self.key(char)
        show(self.draft, self.said, self.asks)

    def key(self, char: str) -> None:
        """Ctrl-U deletes to the begin of the line, Backspace one letter or line end."""
        if char == "\x15":
            before, end, _ = self.draft.rpartition("\n")
            self.draft = before + end
        else:
            self.draft = self.draft[:-1] if char == "\x7f" else self.draft + char

    def enter(self) -> None:
        """Begin a turn, as the title tells."""
        if self.draft and MODE != "shuns":
            self.said += [f"said {len(self.draft)} <{self.draft[:60]}>"]
            os.write(1, b"\x1b]0;\xe2\xa0\x8b it\x07")
            self.busy_until = time.monotonic() + (SECONDS or 0.3)
        self.draft = ""

    def rest(self) -> None:
        """End a turn whose time is over."""
        told = self.busy_until and signal.sigtimedwait([signal.SIGUSR1], 0)
        if self.busy_until and (told or time.monotonic() >= self.busy_until):
            self.busy_until = 0.0
            os.write(1, b"\x1b]0;\xe2\x9c\xb3 it\x07")


def main() -> None:
    """Read until the end."""
    tty.setraw(0)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    os.write(1, b"\x1b[?2004h")
    if MODE == "late":
        signal.sigtimedwait([signal.SIGUSR1], SECONDS)
    if MODE == "floods":
        sys.stdout.write("\x1b[Hflood\r\n" * (1 << 18))
        sys.stdout.flush()
    program, pending = Prompter(), b""
    show(program.draft, program.said, program.asks)
    while True:
        program.rest()
        if not select.select([0], [], [], 0.02)[0]:
            continue
        pending += os.read(0, 65536)
        if b"\x1b[200~" not in pending or b"\x1b[201~" in pending:
            program.take(pending)
            pending = b""


main()
