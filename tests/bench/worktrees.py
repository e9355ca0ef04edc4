"""Eight worktrees of a 50,000-file repository, against as many `git worktree add` in a row."""

import subprocess
from pathlib import Path

from tests.bench.measure import Report, paired, seconds
from tests.reliability.lab import Lab

FILES = 50_000
AGENTS = 8


def fill(repo: Path, files: int) -> None:
    """Commit so many small files."""
    for number in range(files):
        folder = repo / f"d{number % 50:02}" / f"e{number // 50 % 20:02}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"f{number}.txt").write_text(f"file {number}\n" * 20)
    subprocess.run(["git", "add", "-A"], cwd=repo, check=True, capture_output=True)
    subprocess.run(["git", "commit", "-qm", "many files"], cwd=repo, check=True, capture_output=True)


def run(report: Report, *, files: int = FILES, rounds: int = 3) -> None:
    """Measure whole applies of idle agents against the same number of `git worktree add`."""
    with Lab(agents=0) as lab:
        fill(lab.repo, files)
        lab.file.write_text(
            "version: 1\nname: lab\nagents:\n"
            + "".join(f"  agent-{n}: {{command: [sleep, '9999'], autostart: false}}\n" for n in range(AGENTS))
        )
        lab.json("plan")
        bare = lab.folder / "plain"

        def ours() -> float:
            took = seconds(lambda: lab.run("apply", "--yes"))
            lab.run("destroy", "--yes", "--force")
            return took

        def theirs() -> float:
            def add() -> None:
                for number in range(AGENTS):
                    place = bare / f"w{number}"
                    subprocess.run(
                        ["git", "worktree", "add", "-q", "--detach", str(place)],
                        cwd=lab.repo,
                        check=True,
                        capture_output=True,
                    )

            took = seconds(add)
            for number in range(AGENTS):
                subprocess.run(
                    ["git", "worktree", "remove", "--force", str(bare / f"w{number}")],
                    cwd=lab.repo,
                    check=True,
                )
            return took

        mine, git, ratio = paired(ours, theirs, rounds)
        report.add(
            f"{AGENTS} worktrees of {files:,} files",
            f"apply {mine:.1f} s",
            f"git worktree add x {AGENTS} {git:.1f} s",
            f"{ratio:.2f} (<= 1)",
        )
