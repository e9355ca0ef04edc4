"""The list of an agent's changes in a large repository, beside what plain git takes for it."""

import http.client
import itertools
import json
import statistics
import subprocess
from collections.abc import Callable
from pathlib import Path

from constellagent.faces.blocking import BlockingClient
from constellagent.runtime.diff_views import DiffRequest
from constellagent.runtime.paths import Paths
from tests.bench.measure import Report, seconds
from tests.bench.worktrees import fill
from tests.e2e.api.served import Served
from tests.reliability.lab import git

FILES = 50_000
CHANGED = 300
ROUNDS = 15
GOAL = 2.0

NAMES = "git diff --name-status"
ALL = "git's own commands for the same facts"
"""Names, lines added and removed, and untracked files: what the list shows, asked of git one by one."""


def run(report: Report, *, files: int = FILES, changed: int = CHANGED, rounds: int = ROUNDS) -> None:
    """Measure the list through `Control` and over HTTP, against git in the same worktree, in turn."""
    with Served(agents=0) as place:
        fill(place.repo, files)
        place.agent("{command: [sleep, '9999'], autostart: false, identity: false}")
        place.open()
        tree = place.tree_of()
        base = change(tree, changed)
        ways = asked(place, tree, base, changed)
        took = in_turn(ways, rounds)
    for name in ("Control in the daemon", "HTTP"):
        ours, theirs = took[name], took[NAMES]
        ratio = statistics.median(a / b for a, b in zip(ours, theirs, strict=True))
        report.add(
            f"list of {changed} changed of {files:,} files, {name}",
            f"{statistics.median(ours) * 1000:.0f} ms",
            f"{NAMES} {statistics.median(theirs) * 1000:.0f} ms",
            f"{ratio:.2f} (<= {GOAL:g})",
        )
    report.add(f"  {ALL}", "", f"{statistics.median(took[ALL]) * 1000:.0f} ms", "no goal")


def change(tree: Path, count: int) -> str:
    """Change so many files, half of them in a commit; returns where the branch began."""
    base = git(tree, "rev-parse", "HEAD").strip()
    picked = sorted(tree.rglob("f*.txt"))
    step = max(1, len(picked) // count)
    chosen = picked[::step][:count]
    for number, path in enumerate(chosen):
        lines = path.read_text().splitlines(keepends=True)
        lines[len(lines) // 2] = f"changed {number}\n"
        path.write_text("".join(lines))
        if number == count // 2:
            git(tree, "-c", "user.name=Lab", "-c", "user.email=lab@example.com", "commit", "-qam", "half")
    git(tree, "status", "--porcelain")  # git notes what it has read, as it does whenever somebody looks
    return base


def asked(place: Served, tree: Path, base: str, changed: int) -> dict[str, Callable[[], float]]:
    """Return the ways to ask; each asks once for nothing, and checks that all changes are told."""
    path, request = Paths(place.home).control_socket, DiffRequest(file=str(place.file), agent="docs")
    port = http.client.HTTPConnection("127.0.0.1", place.api.port, timeout=60)
    sent = {"Authorization": f"Bearer {place.api.admin}"}

    def control() -> int:
        with BlockingClient.connect(path) as client:
            return len(client.diff(request)["files"])

    def over_http() -> int:
        port.request("GET", f"/api/v1{place.api.of('diff')}", headers=sent)
        return len(json.loads(port.getresponse().read())["files"])

    def names() -> int:
        return len(plain(tree, "diff", "--name-status", base).splitlines())

    def facts() -> int:
        plain(tree, "ls-files", "-z", "--others", "--exclude-standard")
        return len(plain(tree, "diff", "--raw", "--numstat", "-z", base).split(b"\0")) // 3

    ways: dict[str, Callable[[], int]] = {
        "Control in the daemon": control,
        "HTTP": over_http,
        NAMES: names,
        ALL: facts,
    }
    for name, way in ways.items():
        told = way()
        assert told == changed, f"{name} tells of {told} changes, not of {changed}"
    return {name: lambda way=way: seconds(way) for name, way in ways.items()}  # type: ignore[misc] # bound now


def in_turn(ways: dict[str, Callable[[], float]], rounds: int) -> dict[str, list[float]]:
    """Ask each way in every round, each time beginning with another one."""
    took: dict[str, list[float]] = {name: [] for name in ways}
    names = list(ways)
    for number in range(rounds):
        begin = number % len(names)
        for name in itertools.chain(names[begin:], names[:begin]):
            took[name].append(ways[name]())
    return took


def plain(tree: Path, *args: str) -> bytes:
    """Run git as a person does in the worktree."""
    return subprocess.run(["git", *args], cwd=tree, check=True, capture_output=True).stdout
