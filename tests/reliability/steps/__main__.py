"""`python -m tests.reliability.steps [SCENE...]`: die at every named point, and print what came of it."""

import sys
import traceback

from tests.reliability.steps.places import PLACES
from tests.reliability.steps.stage import SIDES, Stage
from tests.reliability.steps.steplab import Died


def main(wanted: list[str]) -> int:
    """Play every scene with each of its faults; returns 1 where a law was broken."""
    broken = 0
    with Stage() as stage:
        print(f"{'scene':<9} {'point':<34} {'before':>8} {'after':>8}   seconds until it had converged")
        for scene, points in PLACES.items():
            if wanted and scene not in wanted:
                continue
            for point in points:
                said = []
                for side in SIDES:
                    try:
                        said.append(f"{stage.play(scene, f'{point}:{side}'):8.2f}")
                    except (AssertionError, Died):
                        broken += 1
                        said.append("  BROKEN")
                        traceback.print_exc()
                        print(stage.lab.daemon_log())
                print(f"{scene:<9} {point.value:<34} {' '.join(said)}", flush=True)
    total = sum(len(points) for scene, points in PLACES.items() if not wanted or scene in wanted)
    print(f"{2 * total} deaths at {total} points, {broken} laws broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
