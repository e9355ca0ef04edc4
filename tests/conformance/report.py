"""What a run of the suite comes to: by group for readers, by name to compare a later run with."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from tests.conformance.reasons import REASONS
from tests.conformance.run import Result

PASSED = Path(__file__).with_name("passed.txt")
PAGE = Path(__file__).parents[2] / "docs" / "terminal.md"
BEGIN, END = "<!-- conformance: begin -->\n", "<!-- conformance: end -->\n"


def passed(results: Iterable[Result]) -> set[str]:
    """Return the names of the tests that passed."""
    return {result.name for result in results if result.outcome == "passed"}


def lost(results: list[Result], before: set[str]) -> list[Result]:
    """Return the tests that have passed before and do not now."""
    return [result for result in results if result.name in before and result.outcome != "passed"]


def read() -> set[str]:
    """Return the names of the tests that passed when the list was last written."""
    return set(PASSED.read_text(encoding="utf-8").split())


def write(names: set[str]) -> None:
    """Write that list."""
    PASSED.write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")


def table(ours: list[Result], tmux: list[Result]) -> str:
    """Return the results of both by group, with the reasons why we fail, in Markdown."""
    lines = ["| Tests of | there are | we pass | tmux passes | why ours fail |", "|---|--:|--:|--:|---|"]
    counts, mine, theirs = (Counter(result.group for result in chosen) for chosen in _columns(ours, tmux))
    failed = Counter(result.group for result in ours if result.outcome == "failed")
    for group in sorted(counts):
        reason = REASONS.get(group, "**not explained**") if failed[group] else ""
        lines.append(f"| {group} | {counts[group]} | {mine[group]} | {theirs[group]} | {reason} |")
    lines.append(f"| **all** | {counts.total()} | {mine.total()} | {theirs.total()} | |")
    return "\n".join(lines) + "\n"


def _columns(ours: list[Result], tmux: list[Result]) -> tuple[list[Result], list[Result], list[Result]]:
    count = [result for result in ours if result.outcome in {"passed", "failed"}]
    return count, [r for r in count if r.outcome == "passed"], [r for r in tmux if r.outcome == "passed"]


def publish(text: str) -> None:
    """Put the table in its place on the page."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(before + BEGIN + text + END + after, encoding="utf-8")


def unexplained(ours: list[Result]) -> list[str]:
    """Return the groups with failures of ours that no reason is given for."""
    return sorted({result.group for result in ours if result.outcome == "failed"} - REASONS.keys())
