"""What was to wake somebody, what the ledger says came of it, and what really ran: row by row."""

import itertools
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from constellagent.plan.fires import OPEN
from tests.proof.ground import Fired, Ground
from tests.reliability.lab import wait_for
from tests.reliability.town import Town

WOKEN: Mapping[str, tuple[str, str]] = {"clerk/orders": ("clerk", "m-"), "pager/rings": ("pager", "s-")}
"""The schedules that wait for something, with whom it is for and how the tokens of it begin."""
_LATE = 120.0
"""Seconds after which the row of a minute must be there."""


@dataclass
class Causes:
    """Knows which event is which mail or text; the ledger names events only."""

    ground: Ground
    town: Town
    began: float = field(default_factory=time.time)
    _tokens: dict[str, str] = field(default_factory=dict)
    _seq: int = 0

    def check(
        self,
        taken: Mapping[str, str],
        every_minute: Collection[str],
        killed: Collection[str],
        gits: int,
    ) -> tuple[int, int]:
        """Assert that each cause has one row, and each row one run; returns how many rows and events that is.

        `killed` are the runs whose holders were killed, `gits` how many git commands were.
        """
        events = sum(self._woken(schedule, taken) for schedule in WOKEN)
        # In this order: what has run by now is in the ledger by then.
        told = self.ground.lines("told")
        rows = self.ground.fired()
        self._ran(rows, told)
        self._ended(rows, killed, gits)
        for schedule in every_minute:
            self._each_minute(schedule, [row for row in rows if row.schedule == schedule])
        return len(rows), events

    def _woken(self, schedule: str, taken: Mapping[str, str]) -> int:
        """Each mail or text that was taken in for a schedule has one row there, and none is of another."""
        whose, begin = WOKEN[schedule]
        want = {token for token, box in taken.items() if box == whose and token.startswith(begin)}
        self._fetch()

        def come() -> Counter[str]:
            return Counter(
                self._tokens.get(row.event, f"nobody's event {row.event}")
                for row in self.ground.fired()
                if row.schedule == schedule and row.origin == "event"
            )

        wait_for(lambda: want <= come().keys(), f"what {schedule} waits for to be known")
        self._fetch()  # what came meanwhile
        counts = come()
        doubled = [token for token, count in counts.items() if count > 1]
        assert not doubled, f"woke {schedule} twice: {doubled}"
        foreign = [token for token in counts if not token.startswith(f"{begin}{whose}-")]
        assert not foreign, f"woke {schedule}, and is not for it: {foreign}"
        return len(want)

    def _fetch(self) -> None:
        while True:
            params = {"since": str(self._seq), "limit": "1000"}
            events = self.town.ask("GET", "/api/events/", params=params)["events"]
            for event in events:
                self._seq = event["seq"]
                said = f"{event['data'].get('subject', '')} {event['data'].get('body', '')}"
                for word in said.split():
                    if word.startswith(("m-", "s-")):
                        self._tokens[event["id"]] = word
            if not events:
                return

    def _ran(self, rows: Collection[Fired], told: Collection[list[str]]) -> None:
        """What succeeded ran, once, and as what the ledger says."""
        ran = Counter(words[0] for words in told)
        doubled = [run for run, count in ran.items() if count > 1]
        assert not doubled, f"ran twice: {doubled}"
        silent = [row for row in rows if row.state == "succeeded" and not ran[row.run]]
        assert not silent, f"said to have succeeded, and never ran: {silent}"
        known = {row.run: row for row in rows}
        unknown = ran.keys() - known.keys()
        assert not unknown, f"ran, and is in no ledger: {unknown}"
        for run, schedule, _, *event in told:
            row = known[run]
            assert (schedule, *event) == (row.schedule, *filter(None, [row.event])), f"ran as another: {row}"

    def _ended(self, rows: Collection[Fired], killed: Collection[str], gits: int) -> None:
        """Whatever was due ran to its end, but what was killed while it did, or while it was made ready."""
        odd = [row for row in rows if row.state not in OPEN | {"succeeded"} and row.run not in killed]
        unready = [row for row in odd if row.state == "failed" and "git " in row.why]
        rest = [row for row in odd if row not in unready]
        assert not rest, f"never ran to their end, and nobody killed them: {rest}"
        assert len(unready) <= gits, f"git failed for more than the {gits} that were killed: {unready}"

    def _each_minute(self, schedule: str, rows: Collection[Fired]) -> None:
        """Each minute has one row, from the beginning on until now."""
        at = sorted(row.fire_at for row in rows if row.origin == "clock")
        assert len(set(at)) == len(at), f"two rows of one minute of {schedule}: {at}"
        gaps = [b - a for a, b in itertools.pairwise(at) if b - a != 60]
        assert not gaps, f"a minute of {schedule} without a row: {gaps}"
        due = range(int(self.began // 60 + 1) * 60, int(time.time() - _LATE), 60)
        missing = [minute for minute in due if minute not in set(at)]
        assert not missing, f"{schedule} has no row of {len(missing)} minutes: {missing[:5]}"
