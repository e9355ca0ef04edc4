"""What it costs to look at the screens of busy sessions, beside what it costs to feed them."""

import asyncio
import tempfile
import time
from pathlib import Path

from constellagent.runtime.clock import SystemClock
from constellagent.runtime.screens.activities import Activities
from constellagent.runtime.screens.aside import Aside
from constellagent.runtime.screens.canvas import Canvas
from constellagent.runtime.screens.signs import signs_of
from constellagent.runtime.screens.terminal import Terminal
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import Signs
from tests.bench.measure import Report

SESSIONS, ROWS, COLUMNS = 50, 50, 200
FRAMES = 10
"""Frames a second that each session writes, as a spinner does."""
SECONDS = 15.0
TEXT = b"\x1b[H" + b"".join(b"line %d of what it has said so far\x1b[K\r\n" % row for row in range(ROWS - 4))
FRAME = "\x1b[s\x1b[{row};1H\u273b Thinking\u2026 ({n}s \u00b7 esc to interrupt)\x1b[K\x1b[u"


def run(report: Report) -> None:
    """Feed the sessions, first without signs of screens and then with a kind's."""
    without = asyncio.run(_share(Signs()))
    for kind in ("claude", "codex", "gemini"):
        with_signs = asyncio.run(_share(signs_of(kind)))
        report.add(
            f"{SESSIONS} busy sessions of {COLUMNS}x{ROWS}, screens looked at by the signs of {kind}",
            f"{with_signs:.1f} % of a core",
            f"not looked at {without:.1f} %",
            f"+{with_signs - without:.1f} %",
        )


async def _share(signs: Signs) -> float:
    """Return which share of a core the sessions take, in percent."""
    clock, aside = SystemClock(), Aside()
    activities = Activities(clock, lambda _row, _now, _before: None)
    with tempfile.TemporaryDirectory() as folder:
        terminals = []
        for number in range(SESSIONS):
            row = SessionRow(str(number), "c", "agent", f"a{number}", "print", clock.now(), 10.0, "boot")
            canvas = Canvas(1000, graphemes=True, background="dark")
            terminal = Terminal(row, Path(folder), canvas, aside, activities, clock)
            activities.begin(row, signs, terminal.look)
            await terminal.meet(0, ROWS, COLUMNS, answers_from=0)
            await terminal.take(0, TEXT)
            terminals.append(terminal)
        begin, spent = time.monotonic(), time.process_time()
        frame = 0
        while time.monotonic() < begin + SECONDS:
            frame += 1
            data = FRAME.format(row=ROWS - 3, n=frame).encode()
            for terminal in terminals:
                await terminal.take(terminal.offset, data)
            await asyncio.sleep(max(0.0, begin + frame / FRAMES - time.monotonic()))
        share = (time.process_time() - spent) / (time.monotonic() - begin) * 100
        activities.close()
        for terminal in terminals:
            await terminal.close()
    aside.close()
    return share
