"""What must hold after each kill, judged by what lies on disk and in the process table."""

import contextlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from constellagent.plan.fires import OPEN
from constellagent.runtime.reports import kept
from tests.proof import seen, typed
from tests.proof.causes import Causes
from tests.proof.ground import Ground
from tests.proof.traffic import Traffic
from tests.reliability.lab import git, wait_for
from tests.reliability.seat import log_of
from tests.reliability.town import Town

_FIRST = b"00000001 session "
_ECHOED = re.compile(rb"(\x1b\[200~|\^\[\[200~)?prompt-\d+\.(\x1b\[201~|\^\[\[201~)?[\r\n]*")
_END = b"\r\n"
_PROMPT = re.compile(r"prompt-\d+\.")
_SOME = ("audits", "bytes", "messages", "fires", "events", "reports", "secrets", "prompts")
"""What there must be some of in the end."""
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
    events: int = 0
    reports: int = 0
    secrets: int = 0
    prompts: int = 0
    tail: int = 0


@dataclass
class Laws:
    """Checks one ground; remembers what was seen before, so that each look is about what is new.

    Attributes:
        killed: the sessions whose holders were killed; a run's has the id of the run.
        gits: how many git commands were killed.
    """

    ground: Ground
    town: Town
    traffic: Traffic
    figures: Figures = field(default_factory=Figures)
    killed: set[str] = field(default_factory=set)
    gits: int = 0
    every_minute: tuple[str, ...] = ("clock/tick", "clock/tock")
    _mails: Counter[str] = field(default_factory=Counter)
    _texts: dict[str, str] = field(default_factory=dict)
    _settled: set[str] = field(default_factory=set)
    _secrets: set[str] = field(default_factory=set)
    _unopened: set[str] = field(default_factory=set)
    _bytes: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begin to count minutes."""
        self.causes = Causes(self.ground, self.town)

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
        """What each agent printed is in its log, byte for byte, and nothing else is."""
        for file in sorted(self.ground.diary.glob("*.out")):
            if file.stem not in self._settled:
                self._log(file.stem, file)

    def _log(self, session: str, diary: Path) -> None:
        live, said = session in self.ground.live(), diary.stat().st_size
        place = {"log": str(self.ground.home / "sessions" / session / "log")}
        if live:
            wait_for(
                lambda: len(_from_the_first_line(log_of(place))) >= said,
                f"the log of {session} to be written",
            )
        # In this order: what is printed is in the diary first.
        got = _from_the_first_line(log_of(place))
        want = diary.read_bytes()
        missing = len(want) - len(got)
        allowed = len(want) - said
        if not live:
            allowed = TAIL if session in self.killed else _last_line(want)
            self.figures.tail = max(self.figures.tail, missing)
        if not want.startswith(got) or missing > allowed:
            self.figures.lost += 1
            at = next((n for n, (a, b) in enumerate(zip(got, want, strict=False)) if a != b), len(got))
            raise AssertionError(
                f"the log of {session} ({'live' if live else 'ended'}) has {len(got)} bytes of {len(want)}, "
                f"where {allowed} may be missing, and differs at {at}: "
                f"{got[at:][:80]!r} {want[at:][:80]!r}"
            )
        self._bytes[session] = len(got)
        self.figures.bytes = sum(self._bytes.values())
        if not live:
            self._settled.add(session)

    def hooks(self) -> None:
        """What a hook reported is kept, once and in its order."""
        told: defaultdict[str, list[int]] = defaultdict(list)
        for session, number, _, *words in self.ground.lines("hooks"):
            if "reported" in " ".join(words):
                told[session].append(int(number))
        for session, reported in told.items():
            found = [
                int(json.loads(report.data)["reason"].removeprefix("r"))
                for report in kept.after(self.ground.home / "sessions" / session, 0)
            ]
            lost = set(reported) - set(found)
            self.figures.lost += len(lost)
            assert not lost, f"lost of {len(reported)} reports of {session}: {sorted(lost)[:10]}"
            assert all(a < b for a, b in pairwise(found)), (
                f"reports of {session} twice, or not in order: {found}"
            )
        self.figures.reports = sum(map(len, told.values()))

    def secrets(self) -> None:
        """What the vault took is there, once, with its value; as far as its owner has a key now."""
        self._unopened.clear()
        for agent, name, value in self.ground.lines("secrets"):
            if name in self._secrets:
                continue
            key = self.ground.key(agent)
            if key is None:
                self._unopened.add(name)
                continue
            rows = self.town.ask("GET", "/api/secrets/", key=key, params={"key": name})
            assert [row["value"] for row in rows] == [value], f"{name} of {agent}: {len(rows)} rows"
            self._secrets.add(name)
        self.figures.secrets = len(self._secrets)

    def prompts(self) -> None:
        """What was typed was typed once; what the terminal showed, the agent took."""
        asked = self.traffic.prompted()
        # The terminal shows it a moment before the agent writes it down.
        with contextlib.suppress(AssertionError):
            wait_for(lambda: not self._untaken(asked), "what was shown to be written down", 10)
        counts = Counter(token for token, _ in self._typed())
        doubled = [token for token, count in counts.items() if count > 1]
        self.figures.doubled += len(doubled)
        assert not doubled, f"typed twice: {doubled}"
        lost = self._untaken(asked)
        self.figures.lost += len(lost)
        assert not lost, f"shown, and never taken: {lost}"
        self.figures.prompts = len(counts)

    def _typed(self) -> list[tuple[str, str]]:
        """Return what agents took, each with the session that did."""
        # Whoever types into the same terminal at that moment lengthens the line: the token ends at its dot.
        return [
            (token, session)
            for session, *words in self.ground.lines("prompts")
            for token in _PROMPT.findall(" ".join(words))
        ]

    def _untaken(self, asked: Mapping[str, Mapping[str, bool | None]]) -> list[str]:
        taken = dict(self._typed())
        return [
            f"{token} by {agent}"
            for agent, tokens in asked.items()
            for token in typed.lost(tokens, taken, self._sessions(agent))
        ]

    def _sessions(self, agent: str) -> list[tuple[str, bool]]:
        rows = self.ground.asked(
            "SELECT id, ended_at IS NOT NULL FROM sessions "
            "WHERE subject = ? AND role = 'agent' ORDER BY rowid",
            agent,
        )
        return [(session, bool(ended)) for session, ended in rows]

    def messages(self) -> None:
        """What was taken in is in its mailbox, once."""
        with self.traffic.still():
            taken = dict(self.traffic.said.taken)
        counts = self.delivered()
        doubled = [token for token, count in counts.items() if count > 1]
        self.figures.doubled += len(doubled)
        assert not doubled, f"delivered twice: {doubled}"
        lost = taken.keys() - counts.keys()
        self.figures.lost += len(lost)
        assert not lost, f"taken in and lost: {sorted(lost)[:10]} of {len(taken)}"
        self.figures.messages = len(taken)

    def delivered(self) -> Counter[str]:
        """Return how often each mail and text is there."""
        self._fetch_mails()
        self._fetch_texts()
        return self._mails + Counter(self._texts.values())

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
        """Read from the newest on back to those of the last look; what comes meanwhile moves them on."""
        known, offset = frozenset(self._texts), 0
        while True:
            rows = self.town.ask("GET", "/api/messages/", params={"limit": "100", "offset": str(offset)})
            for row in rows:
                (word,) = [word for word in row["body"].split() if word.startswith("s-")]
                self._texts[str(row["id"])] = word
            if len(rows) < 100 or any(str(row["id"]) in known for row in rows):
                return
            offset += len(rows)

    def fires(self) -> None:
        """Each cause has one row in the ledger, and each row one run that came to its end; none ran twice."""
        with self.traffic.still():
            taken = dict(self.traffic.said.taken)
        figures = self.figures
        figures.fires, figures.events = self.causes.check(taken, self.every_minute, self.killed, self.gits)

    def settle(self) -> None:
        """Everything that was due has ended."""

        def over() -> bool:
            return not any(row.state in OPEN for row in self.ground.fired())

        wait_for(over, "all runs to end", 120)

    def once_more(self) -> None:
        """Forget what was found already, so that the next looks are at all of it again."""
        self._secrets.clear()
        self._settled.clear()

    def something(self) -> None:
        """There was something to judge of every kind; where nothing happened, nothing can be lost."""
        none = [name for name in _SOME if not getattr(self.figures, name)]
        assert not none, f"nothing to judge: no {none}"
        assert not self._unopened, f"nobody can look at {len(self._unopened)} secrets: {self._unopened}"


def _last_line(diary: bytes) -> int:
    """Return what an orderly end may cost: who ends between its diary and its terminal printed no more."""
    before, end, _ = diary[: -len(_END)].rpartition(_END)
    return len(diary) - len(before) - len(end)


def _from_the_first_line(log: bytes) -> bytes:
    """Leave out what the kernel repeated of prompts that were typed before the program had the terminal."""
    before, first, rest = log.partition(_FIRST)
    return log if _ECHOED.sub(b"", before) else first + rest
