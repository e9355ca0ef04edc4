"""What the page and the API cost: to be started, asked, looked at in a browser, and watched by many."""

import os
import sys

from tests.bench import web_diffs, web_load, web_pages, web_start, web_viewers
from tests.bench.measure import Report


def run(report: Report) -> None:
    """Measure everything, with the machine's load at the begin and at the end of it."""
    load(report, "begin")
    web_diffs.run(report)
    web_load.run(report)
    if sys.platform == "linux":
        web_start.run(report)
        web_viewers.run(report)
    else:
        report.add("daemon start, viewers", "not measured", "needs /proc")
    web_pages.run(report)
    load(report, "end")


def load(report: Report, when: str) -> None:
    """Say how much else the machine does, without which no time below can be judged."""
    minutes = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    report.add(f"load of the machine, at the {when}", f"{minutes} (1, 5, 15 min)", f"{os.cpu_count()} cores")
