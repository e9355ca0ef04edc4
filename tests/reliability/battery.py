"""Prints what the battery comes to without a sandbox and in one: `python -m tests.reliability.battery`.

As the user that runs it; `--ordinary` as an ordinary user, which only root can arrange.
"""

import sys
from pathlib import Path

from tests.reliability.sandbox_house import House

_WIDTH = 78


def main(words: list[str]) -> int:
    """Print the table for both kinds of network; returns 1 where a line failed in a sandbox."""
    failed = False
    for network in ("host", "none"):
        with House(ordinary="--ordinary" in words) as house:
            house.up(bare=True)
            house.settle(network)
            house.listen(house.person / "plain.sock")
            house.listen(Path(f"\0{house.folder.name}"))
            house.listen(Path("/tmp", f"{house.folder.name}.sock"))
            without = house.verify()
            house.up()
            within = house.verify()
        who = "ordinary user" if "--ordinary" in words else "this user"
        print(f"\nnetwork: {network}, {who}\n\n{'line':<{_WIDTH}} {'without':<15} within")
        for name, line in within.items():
            print(f"{name:<{_WIDTH}} {_shown(without[name]):<15} {_shown(line)}")
        failed |= not house.report["held"]
    return 1 if failed else 0


def _shown(line: dict[str, str]) -> str:
    """Return in one word what a line came to."""
    if line["outcome"] == "nothing to try":
        return "-"
    if line["kind"] == "works":
        return "works" if line["outcome"] == "pass" else "FAILS"
    return "impossible" if line["outcome"] == "pass" else "possible"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
