"""Medians and ratios: single figures of a shared machine say little."""

import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field


@dataclass
class Report:
    """Collects rows and prints them as one table."""

    rows: list[tuple[str, str, str, str]] = field(default_factory=list)

    def add(self, what: str, ours: str, theirs: str = "", verdict: str = "") -> None:
        """Add a row and print it at once, so that a long run shows that it goes on."""
        self.rows.append((what, ours, theirs, verdict))
        print(
            f"  {what}: {ours}{f'   |   {theirs}' if theirs else ''}{f'   =>  {verdict}' if verdict else ''}",
            flush=True,
        )

    def show(self) -> None:
        """Print the whole table."""
        head = ("measured", "ours", "compared with", "ratio (goal)")
        widths = [max(len(row[i]) for row in [head, *self.rows]) for i in range(4)]
        print()
        for row in [head, tuple("-" * width for width in widths), *self.rows]:
            print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def seconds(call: Callable[[], object]) -> float:
    """Return how long one call takes."""
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def paired(ours: Callable[[], float], theirs: Callable[[], float], rounds: int) -> tuple[float, float, float]:
    """Measure in turn; returns the medians of both and the median of the ratios pair by pair."""
    pairs = [(ours(), theirs()) for _ in range(rounds)]
    ratios = [a / b for a, b in pairs]
    return (
        statistics.median(a for a, _ in pairs),
        statistics.median(b for _, b in pairs),
        statistics.median(ratios),
    )


def process_seconds(argv: Sequence[str], env: dict[str, str], cwd: str) -> float:
    """Return the wall time of one whole process."""
    return seconds(lambda: subprocess.run(argv, env=env, cwd=cwd, check=True, capture_output=True))
