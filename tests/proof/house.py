"""Where the soak takes place: agents of all tempers, and what each must have written in the end."""

import itertools
import json
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from constellagent.runtime.holder.log import LogReader
from tests.proof.ground import PLAYER, TELL, Ground

SHARES = {"flood": 0.08, "crash": 0.12, "log": 0.24, "type": 0.2, "sleep": 0.2, "hook": 0.06, "wake": 0.1}
"""Which part of the agents does what; at least one each."""
SETTINGS = {
    "CONSTELLAGENT_LOG_BYTES": str(1 << 20),
    "CONSTELLAGENT_KEEP_SESSIONS": "3",
    "CONSTELLAGENT_SCROLLBACK": "500",
}
"""What is kept is bounded so closely that it is full after the warm-up: what grows then is a leak."""
_BURST, _PAUSE = 300, 0.25
"""Lines that a flooding agent writes at once, and the seconds before the next: 66 KB/s for each of them."""
_WORDS = {
    "flood": f"--pace {_PAUSE} --burst {_BURST} --bare",
    "crash": "--pace 1 --life {life} --bare",
    "log": "--pace 0.2",
    "type": "",
    "hook": "--pace 2 --hooks 2 --vault 5",
}
_WAKE = (
    'tick: {{cron: "* * * * *", overlap: queue_all, missed: all, workspace: {where}, '
    "command: [sh, -c, '{tell}']}}"
)
_NUMBERED = re.compile(rb"^(\d{8}) ", re.MULTILINE)


@dataclass
class House(Ground):
    """Agents by temper: `flood-0`, `crash-1` and so on; and the constellation that stays, beside them.

    Attributes:
        life: seconds until one that crashes does.
    """

    life: float = 20.0

    def environment(self, **more: str) -> dict[str, str]:
        """Return the environment of all commands."""
        return super().environment(**SETTINGS | more)

    @property
    def tempers(self) -> Mapping[str, list[str]]:
        """The names of the agents by temper; what is left over logs."""
        counts = {temper: max(1, round(share * self.agents)) for temper, share in SHARES.items()}
        counts["log"] = max(1, counts["log"] + self.agents - sum(counts.values()))
        return {temper: [f"{temper}-{n}" for n in range(count)] for temper, count in counts.items()}

    @property
    def names(self) -> list[str]:
        """All agents whose own session is to live."""
        return [name for temper, names in self.tempers.items() if temper != "wake" for name in names]

    @property
    def lasting(self) -> list[str]:
        """The agents whose first session must still be there in the end."""
        return [name for name in self.names if not name.startswith("crash")]

    def declare(self, agents: int) -> None:
        """Write the file."""
        blocks = []
        for temper, names in self.tempers.items():
            blocks += [f"  {name}: {self._block(temper, n)}\n" for n, name in enumerate(names)]
        head = "version: 1\nname: lab\ndefaults: {restart: on-failure, stop_grace: 2s}\n"
        self.file.write_text(f"{head}agents:\n{''.join(blocks)}")

    def _block(self, temper: str, number: int) -> str:
        if temper == "sleep":
            return "{command: [sleep, '1000000']}"
        if temper == "wake":
            where = ("fresh", "agent")[number % 2]
            wake = _WAKE.format(where=where, tell=f"{TELL}{self.told}")
            return f"{{command: ['true'], autostart: false, schedules: {{{wake}}}}}"
        words = _WORDS[temper].format(life=self.life + number).split()
        return f"{{command: {json.dumps([sys.executable, '-I', str(PLAYER), str(self.diary), *words])}}}"


def check_numbers(folder: Path) -> int:
    """Assert that the numbered lines that a log still has follow each other; returns how many these are."""
    reader, parts = LogReader(folder), list[bytes]()
    offset = reader.begin()
    while True:
        begin, data = reader.read(offset, 1 << 20)
        if not data:
            break
        assert begin == offset or not parts, f"{folder} has a gap at {offset}"
        parts.append(data)
        offset = begin + len(data)
    numbers = [int(number) for number in _NUMBERED.findall(b"".join(parts))]
    # The first line may be a half of one, whose rest looks like a number by chance only.
    steps = {b - a for a, b in itertools.pairwise(numbers[1:])}
    assert steps <= {1}, f"{folder}: lines are missing: steps of {steps}"
    return len(numbers)
