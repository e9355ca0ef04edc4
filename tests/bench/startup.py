"""The commands that a person waits for, as multiples of an interpreter that does nothing."""

import sys
from collections.abc import Sequence
from functools import partial

from tests.bench.measure import Report, paired, process_seconds
from tests.reliability.lab import Lab

AGENTS = 200
ROUNDS = 7


def run(report: Report) -> None:
    """Measure `--version`, `status` and `plan` over 200 agents that were applied (and do not run)."""
    with Lab(agents=0) as lab:
        lab.file.write_text(
            "version: 1\nname: lab\nagents:\n"
            + "".join(f"  agent-{n}: {{command: [sleep, '9999'], autostart: false}}\n" for n in range(AGENTS))
        )
        lab.run("apply", "--yes")
        env, cwd = lab.environment(), str(lab.repo)

        def whole(argv: Sequence[str]) -> float:
            return process_seconds([sys.executable, *argv], env, cwd)

        for name, argv in (
            ("--version", ["-m", "constellagent", "--version"]),
            (f"status of {AGENTS} agents", ["-m", "constellagent", "status"]),
            (f"plan of {AGENTS} agents", ["-m", "constellagent", "plan"]),
        ):
            whole(argv)
            ours, nothing, ratio = paired(partial(whole, argv), partial(whole, ["-c", "pass"]), ROUNDS)
            report.add(
                name, f"{ours * 1000:.0f} ms", f"python -c pass {nothing * 1000:.0f} ms", f"{ratio:.1f} x"
            )
