"""What must hold after each kill, judged by what lies on disk and in the process table."""

import itertools
import json
import re
import time
from collections import Counter
from dataclasses import dataclass, field

from constellagent.plan.fires import OPEN
from constellagent.runtime.reports import kept
from tests.proof import seen
from tests.proof.ground import Fired, Ground
from tests.proof.traffic import Traffic
from tests.reliability.lab import git, wait_for
from tests.reliability.seat import log_of
from tests.reliability.town import Town

_FIRST = b"00000001 session "
_ECHOED = re.compile(rb"(\x1b\[200~|\^\[\[200~)?prompt-\d+\.(\x1b\[201~|\^\[\[201~)?[\r\n]*")
TAIL = 4096
"""Bytes at the end of a log that may be missing where the terminal itself was killed: the kernel had them."""


@dataclass
class Figures:
    """What was counted over all kills."""

    orphans: int = 0
    lost: int = 0
    doubled: int = 0
    audits: int = 0
    bytes: int = 0
    messages: int = 0
    fires: int = 0
    reports: int = 0
    secrets: int = 0
    prompts: int = 0
    tail: int = 0


@dataclass
class Laws:
    """Checks one ground; remembers what was seen before, so that each look is about what is new."""

    ground: Ground
    town: Town
    traffic: Traffic
    figures: Figures = field(default_factory=Figures)
    killed: set[str] = field(default_factory=set)
    every_minute: tuple[str, ...] = ("clock/tick", "clock/tock")
    _mails: Counter[str] = field(default_factory=Counter)
    _texts: dict[str, str] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    _secrets: set[str] = field(default_factory=set)

    def processes(self) -> None:
        """Nothing runs that belongs to nothing, and each live session has one holder."""
        found = seen.lasting(self.ground)
        self.figures.orphans += len(found)
        assert not found, f"astray: {found}"

        def matched() -> bool:
            return seen.holders(self.ground).keys() == self.ground.live().keys()

        wait_for(matched, "each live session to have one holder, and no other to be there")

    def repository(self, *, worktrees: int) -> None:
        """No lock is left, git finds nothing wrong, and there are as many worktrees as agents."""
        wait_for(lambda: not self.ground.locks(), f"locks to go: {self.ground.locks()}")
        git(self.ground.repo, "fsck", "--no-dangling")
        listed = git(self.ground.repo, "worktree", "list", "--porcelain").count("worktree ")
        assert listed == worktrees + 1, git(self.ground.repo, "worktree", "list")

    def identities(self, *, live: bool) -> None:
        """Each agent has one identity, however often it was made."""
        rows = self.ground.asked(
            "SELECT name, count(*), min(archived) FROM identities WHERE deleted_dt IS NULL GROUP BY name",
            provider=True,
        )
        doubled = [name for name, count, _ in rows if count > 1]
        self.figures.doubled += len(doubled)
        assert not doubled, f"identities twice: {doubled}"
        there = {name for name, _, archived in rows if not archived}
        assert not live or set(self.ground.names) <= there, there

    def audit(self) -> None:
        """The record of every identity is whole."""
        assert self.ground.json("audit", "verify")["ok"]
        self.figures.audits += 1

    def nothing_to_do(self) -> None:
        """A second apply does nothing."""
        assert self.ground.json("plan", "--detailed-exitcode")["empty"]
        done = json.loads(self.ground.run("apply", "--yes", "--json").stdout)
        assert done["changed"] == 0, done

    def logs(self) -> None:
        """What each agent printed is in its log, byte for byte."""
        for file in sorted(self.ground.diary.glob("*.out")):
            if file.stem not in self._settled:
                self._log(file.stem)

    def _log(self, session: str) -> None:
        live = session in self.ground.live()
        want = (self.ground.diary / f"{session}.out").read_bytes()
        place = {"log": str(self.ground.home / "sessions" / session / "log")}
        if live:
            wait_for(
                lambda: len(_from_the_first_line(log_of(place))) >= len(want),
                f"the log of {session} to be written",
            )
        want = (self.ground.diary / f"{session}.out").read_bytes() if not live else want
        got = _from_the_first_line(log_of(place))
        whole = got[: len(want)] == want[: len(got)]
        missing = len(want) - len(got)
        self.figures.tail = max(self.figures.tail, missing)
        if not whole or (missing > TAIL and not live):
            self.figures.lost += 1
            at = next((n for n, (a, b) in enumerate(zip(got, want, strict=False)) if a != b), len(got))
            raise AssertionError(
                f"the log of {session} differs at {at}: {got[at:][:80]!r} {want[at:][:80]!r}"
            )
        self.figures.bytes += 0 if live else len(got)
        if not live:
            self._settled.add(session)

    def hooks(self) -> None:
        """What a hook reported is kept, once and in its order."""
        told: dict[str, int] = {}
        for session, number, _, *words in self.ground.lines("hooks"):
            if "reported" in " ".join(words):
                told[session] = int(number)
        for session, last in told.items():
            found = [
                json.loads(report.data)["reason"]
                for report in kept.after(self.ground.home / "sessions" / session, 0)
            ]
            counts = Counter(found)
            assert max(counts.values(), default=0) <= 1, f"reported twice: {counts.most_common(3)}"
            reported = {
                f"r{words[1]}"
                for words in self.ground.lines("hooks")
                if words[0] == session and "reported" in " ".join(words[3:])
            }
            assert reported <= counts.keys(), f"lost of {last} reports: {reported - counts.keys()}"
        self.figures.reports = sum(
            1 for words in self.ground.lines("hooks") if "reported" in " ".join(words[3:])
        )

    def secrets(self) -> None:
        """What the vault took is there, once, with its value; as far as its owner has a key now."""
        for agent, name, value in self.ground.lines("secrets"):
            key = self.ground.key(agent)
            if name in self._secrets or key is None:
                continue
            rows = self.town.ask("GET", "/api/secrets/", key=key, params={"key": name})
            assert [row["value"] for row in rows] == [value], f"{name} of {agent}: {len(rows)} rows"
            self._secrets.add(name)
        self.figures.secrets = len(self._secrets)

    def prompts(self) -> None:
        """What was typed was typed once; what the terminal showed, the agent took."""
        # Whoever types into the same terminal at that moment lengthens the line: the token ends at its dot.
        taken = (word.partition(".") for words in self.ground.lines("prompts") for word in words)
        counts = Counter(f"{word}{dot}" for word, dot, _ in taken if word.startswith("prompt-"))
        doubled = [token for token, count in counts.items() if count > 1]
        self.figures.doubled += len(doubled)
        assert not doubled, f"typed twice: {doubled}"
        shown = [token for token, confirmed in self.traffic.said.prompts.items() if confirmed]
        lost = [token for token in shown if token not in counts]
        # Who was killed between showing and taking a text can have shown the last of them only.
        assert len(lost) <= len(self.killed), f"shown, and never taken: {lost}"
        self.figures.prompts = len(counts)

    def messages(self) -> None:
        """What was taken in is in its mailbox, once."""
        with self.traffic.still():
            taken = dict(self.traffic.said.taken)
        self._fetch_mails()
        self._fetch_texts()
        counts = self._mails + Counter(self._texts.values())
        doubled = [token for token, count in counts.items() if count > 1]
        self.figures.doubled += len(doubled)
        assert not doubled, f"delivered twice: {doubled}"
        lost = taken.keys() - counts.keys()
        self.figures.lost += len(lost)
        assert not lost, f"taken in and lost: {sorted(lost)[:10]} of {len(taken)}"
        self.figures.messages = len(taken)

    def _fetch_mails(self) -> None:
        while True:
            params = {"limit": "200", "offset": str(self._mails.total())}
            rows = self.town.ask("GET", "/api/email-messages/", params=params)
            for row in rows:
                (word,) = [word for word in row["text_content"].split() if word.startswith("m-")]
                self._mails[word] += 1
            if len(rows) < 200:
                return

    def _fetch_texts(self) -> None:
        offset = 0
        while True:
            rows = self.town.ask("GET", "/api/messages/", params={"limit": "100", "offset": str(offset)})
            new = [row for row in rows if str(row["id"]) not in self._texts]
            for row in new:
                (word,) = [word for word in row["body"].split() if word.startswith("s-")]
                self._texts[str(row["id"])] = word
            if len(new) < len(rows) or len(rows) < 100:
                return
            offset += len(rows)

    def fires(self) -> None:
        """Each cause has one row in the ledger, and each row that succeeded one run; none ran twice."""
        with self.traffic.still():
            taken = dict(self.traffic.said.taken)
        orders = sum(1 for token, box in taken.items() if box == "clerk" and token.startswith("m-"))
        rings = sum(1 for token, box in taken.items() if box == "pager" and token.startswith("s-"))

        def come(schedule: str) -> int:
            return sum(1 for row in self.ground.fired() if row.schedule == schedule and row.event)

        wait_for(lambda: come("clerk/orders") >= orders, f"{orders} orders to be known")
        wait_for(lambda: come("pager/rings") >= rings, f"{rings} rings to be known")
        rows = self.ground.fired()
        ran = Counter(words[0] for words in self.ground.lines("told"))
        caused = Counter((words[1], words[3]) for words in self.ground.lines("told") if len(words) > 3)
        doubled = [name for counter in (ran, caused) for name, count in counter.items() if count > 1]
        self.figures.doubled += len(doubled)
        assert not doubled, f"ran twice: {doubled}"
        silent = [row for row in rows if row.state == "succeeded" and not ran[row.run]]
        assert not silent, f"said to have succeeded, and never ran: {silent}"
        unknown = ran.keys() - {row.run for row in rows}
        assert not unknown, f"ran, and is in no ledger: {unknown}"
        for schedule in self.every_minute:
            self._each_minute([row for row in rows if row.schedule == schedule])
        self.figures.fires = len(rows)

    def _each_minute(self, rows: list[Fired]) -> None:
        at = sorted(row.fire_at for row in rows if row.origin == "clock")
        assert len(set(at)) == len(at), f"two rows of one minute: {at}"
        gaps = [b - a for a, b in itertools.pairwise(at) if b - a != 60]
        assert not gaps, f"a minute without a row: {gaps}"
        assert not at or at[-1] > time.time() - 120, f"the last fire is {time.time() - at[-1]:.0f} s old"

    def settle(self) -> None:
        """Everything that was due has ended."""

        def over() -> bool:
            return not any(row.state in OPEN for row in self.ground.fired())

        wait_for(over, "all runs to end", 120)


def _from_the_first_line(log: bytes) -> bytes:
    """Leave out what the kernel repeated of prompts that were typed before the program had the terminal."""
    before, first, rest = log.partition(_FIRST)
    return first + rest if first and not _ECHOED.sub(b"", before) else log
