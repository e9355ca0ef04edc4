"""Kill -9 at random moments, over and over, while everything goes on; after each one all laws must hold."""

import random
import statistics
import subprocess
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from tests.proof import sentinels, table
from tests.proof.ground import Ground
from tests.proof.laws import Laws
from tests.proof.sentinels import Sown
from tests.proof.traffic import Mailbox, Traffic
from tests.proof.victims import KINDS, Killed, Kind, strike
from tests.proof.viewers import Audience
from tests.reliability.lab import wait_for
from tests.reliability.town import Town

PHASES = ("apply", "run", "attach", "destroy")
CONVERGES = 10.0
"""Seconds within which the apply after a kill must be through, on a quiet machine."""
_ORDERS = 4.0
"""Seconds between two mails to one agent at least: a schedule runs a thousand times in an hour at most."""
_LONGEST = {"apply": 0.9, "run": 0.6, "attach": 1.0, "destroy": 0.5}
"""Seconds within which the kill comes, from the beginning of each phase."""


@dataclass
class Tally:
    """What came of one class of victims in one phase."""

    kills: int = 0
    converged: list[float] = field(default_factory=list)
    between: int = 0

    def add(self, other: "Tally") -> None:
        """Add what came of others."""
        self.kills += other.kills
        self.converged += other.converged
        self.between += other.between

    def figures(self) -> tuple[str, ...]:
        """Return the cells of a row."""
        times = self.converged or [0.0]
        seconds = (f"{statistics.median(times):.2f}", f"{max(times):.2f}")
        return (str(self.kills), str(self.between), str(len(self.converged)), *seconds)


class BrokenError(AssertionError):
    """A law does not hold."""


@dataclass
class Run:
    """One run of kills on one ground."""

    ground: Ground
    laws: Laws
    chance: random.Random
    going_on: bool
    converges: float = CONVERGES
    tallies: dict[tuple[Kind, str], Tally] = field(default_factory=lambda: defaultdict(Tally))
    gits: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    sown: dict[str, Sown] = field(default_factory=dict)
    round_: int = 0
    _bags: dict[str, list[Kind]] = field(default_factory=dict)

    @property
    def kills(self) -> int:
        """How many fell into their phase."""
        return sum(tally.kills for tally in self.tallies.values())

    def rounds(self, kills: int) -> None:
        """Go round the phases until there were so many kills, and one of each kind; one may come too late."""
        while not self._enough(kills):
            self.round_ += 1
            for phase in PHASES:
                if phase == "destroy" or not self._enough(kills):
                    self._phase(phase)

    def _enough(self, kills: int) -> bool:
        struck = {kind for (kind, _), tally in self.tallies.items() if tally.kills}
        return self.kills >= kills and struck == set(KINDS)

    def finish(self) -> None:
        """Once nothing more comes: make everything again, let what is due end, and look at all of it."""
        self.ground.run("apply", "--yes")
        self._up()
        self.laws.settle()
        self.laws.once_more()
        self._all()
        self.laws.something()

    def _phase(self, phase: str) -> None:
        bag = self._bags.setdefault(phase, [])
        if not bag:
            bag += self.chance.sample(KINDS, len(KINDS))
        kind = bag.pop()
        begin = time.monotonic()
        try:
            killed = getattr(self, f"_{phase}")(kind)
        except Exception as error:
            said = f"kill {self.kills}, round {self.round_}, {kind} during {phase}: {error!r}"
            self.broken.append(said)
            print(f"BROKEN  {said}", flush=True)
            if not self.going_on:
                raise BrokenError(said) from error
            self._begin_anew()
            return
        what = f"{killed.kind} ({killed.who}){'' if killed.during else ', late'}" if killed else f"no {kind}"
        took = self.tallies[kind, phase].converged[-1:] if killed else []
        print(
            f"{self.kills:4}  {phase:8} {what:45} converged in {took[0] if took else 0:.2f} s, "
            f"all in {time.monotonic() - begin:.1f} s",
            flush=True,
        )

    def _apply(self, kind: Kind) -> Killed | None:
        # Identities outlive every destroy: only who was never there gets one while somebody is killed.
        self.ground.welcome(f"new-{self.round_}")
        command = self.ground.start("apply", "--yes")
        killed = self._strike(kind, "apply", lambda: command.poll() is None, self.ground.names)
        command.communicate(timeout=120)
        self._converge(kind, "apply", killed)
        self.sown = {
            name: sentinels.sow(self.ground, name, self.round_, self.chance) for name in self.ground.names
        }
        self._all()
        return killed

    def _run(self, kind: Kind) -> Killed | None:
        agent, token = self.chance.choice(self.ground.names), f"{self.round_}-{self.kills}"
        words = ["sh", "-c", f"echo {token} >> {self.ground.diary}/by-hand; sleep 0.5"]
        commands = [
            self.ground.start("run", agent, "--", *words),
            self.ground.start(
                "schedule", "run", "clerk/job", "-f", str(self.ground.beside / "constellation.yaml")
            ),
        ]
        killed = self._strike(kind, "run", lambda: any(command.poll() is None for command in commands))
        codes = [_over(command) for command in commands]
        self._converge(kind, "run", killed)
        times = [line for line in self.ground.lines("by-hand") if line == [token]]
        assert len(times) <= 1, f"{token} ran {len(times)} times"
        assert codes[0] != 0 or times, f"{token} is said to have run"
        self._all()
        return killed

    def _attach(self, kind: Kind) -> Killed | None:
        agent = self.chance.choice(self.ground.names)
        with Audience(self.ground, agent) as audience:
            killed = self._strike(kind, "attach", lambda: True, (agent,))
            if killed is not None and killed.kind == "holder" and killed.who == agent:
                audience.check_told()
            elif killed is not None:
                audience.check_going_on()
            self._converge(kind, "attach", killed)
            if killed is not None and not (killed.kind == "holder" and killed.who == agent):
                audience.check_browser(daemon_died=killed.kind == "daemon")
        self._all()
        return killed

    def _destroy(self, kind: Kind) -> Killed | None:
        command = self.ground.start("destroy", "--force", "--yes")
        killed = self._strike(kind, "destroy", lambda: command.poll() is None, self.ground.names)
        command.communicate(timeout=120)
        begin = time.monotonic()
        self.ground.run("destroy", "--force", "--yes")
        self._took("destroy", kind, killed, time.monotonic() - begin)
        left = [name for name in self.ground.names if sentinels.place(self.ground, name).exists()]
        assert not left, f"not removed: {left}"
        gone = set(self.ground.live().values()) & set(self.ground.names)
        assert not gone, f"still running: {gone}"
        for name, sown in self.sown.items():
            sentinels.recover(self.ground, name, sown)
        sentinels.forget_rescues(self.ground)
        self.sown = {}
        self.laws.processes()
        self.laws.repository(worktrees=0)
        self.laws.identities(live=False)
        self.laws.audit()
        self.laws.logs()
        return killed

    def _strike(
        self, kind: Kind, phase: str, going: Callable[[], bool], prefer: Collection[str] = ()
    ) -> Killed | None:
        delay = self.chance.uniform(0.0, _LONGEST[phase])
        killed = strike(self.ground, kind, self.chance, delay, going, prefer=prefer)
        if killed is None:
            return None
        if killed.kind == "git":
            self.gits[killed.who] += 1
        self.laws.killed |= {killed.session} - {""}
        self.laws.gits += killed.gits
        tally = self.tallies[kind, phase]
        tally.kills += killed.during
        tally.between += not killed.during
        return killed

    def _converge(self, kind: Kind, phase: str, killed: Killed | None) -> None:
        """Let the policy bring back whose holder was killed, and then apply."""
        if (
            killed is not None
            and killed.session
            and phase in {"run", "attach"}
            and killed.who in self.ground.names
        ):
            self._comes_back(killed)
        begin = time.monotonic()
        self.ground.run("apply", "--yes")
        self._took(phase, kind, killed, time.monotonic() - begin)
        self._up()

    def _comes_back(self, killed: Killed) -> None:
        """An agent is started again by its policy; a run of it is not."""
        rows = self.ground.asked("SELECT role FROM sessions WHERE id = ?", killed.session)
        if rows != [("agent",)]:
            return

        def back() -> bool:
            return self.ground.session(killed.who) not in {None, killed.session}

        wait_for(back, f"{killed.who} to be started again by its policy", 60)

    def _took(self, phase: str, kind: Kind, killed: Killed | None, seconds: float) -> None:
        assert seconds <= self.converges, f"converged in {seconds:.1f} s"
        if killed is not None:
            self.tallies[kind, phase].converged.append(seconds)

    def _up(self) -> None:
        missing = [name for name in self.ground.names if self.ground.session(name) is None]
        assert not missing, f"not running: {missing}"

    def _all(self) -> None:
        """Check every law while all agents are up."""
        self.laws.processes()
        self.laws.repository(worktrees=len(self.ground.names))
        self.laws.identities(live=True)
        self.laws.nothing_to_do()
        for name, sown in self.sown.items():
            sentinels.compare(self.ground, name, sown)
        self.laws.logs()
        self.laws.hooks()
        self.laws.secrets()
        self.laws.prompts()
        self.laws.messages()
        self.laws.fires()
        self.laws.audit()
        self.laws.traffic.check()

    def _begin_anew(self) -> None:
        """After a broken law that is only noted: take everything away, so that the next round is new."""
        self.sown = {}
        self.ground.run("destroy", "--force", "--yes", check=None)

    def show(self) -> None:
        """Print the tables."""
        whole = Tally()
        rows = []
        for phase in PHASES:
            for kind in KINDS:
                tally = self.tallies[kind, phase]
                whole.add(tally)
                rows.append((phase, kind, *tally.figures()))
        rows.append(("all", "all", *whole.figures()))
        table.show(("during", "killed", "kills", "too late", "converged", "median s", "longest s"), rows)
        found = self.laws.figures
        said = self.laws.traffic.said
        fires = f"{found.fires} fires ({found.events} of mails and texts)"
        gits = ", ".join(f"{name} {count}" for name, count in self.gits.most_common())
        table.show(
            ("law", "figure", "of"),
            [
                ("orphans", found.orphans, "every process after each kill"),
                (
                    "lost bytes or messages",
                    found.lost,
                    f"{found.bytes:,} bytes of logs, {found.messages} messages",
                ),
                (
                    "doubled",
                    found.doubled,
                    f"{fires}, {found.prompts} prompts, {found.reports} reports of hooks",
                ),
                ("secrets kept", found.secrets, "all that were taken"),
                ("audit verified", found.audits, "times"),
                ("laws broken", len(self.broken), "; ".join(self.broken)[:300]),
                ("bytes a killed holder had not read", found.tail, "at most, of one session"),
                ("mails and texts refused", len(said.refused), "while their agents were destroyed"),
                ("answers of the API", sum(said.statuses.values()), dict(sorted(said.statuses.items()))),
                ("git commands killed", sum(self.gits.values()), gits),
            ],
        )


def run(kills: int, agents: int, seed: int, *, going_on: bool = False, converges: float = CONVERGES) -> Run:
    """Kill so many times, and return what came of it; the first broken law ends it unless `going_on`.

    Raises:
        BrokenError: a law does not hold; the ground stays for somebody to look at.
    """
    print(f"{kills} kills among {agents} agents, seed {seed}", flush=True)
    with Ground(agents=agents) as ground:
        ground.open()
        with Town(ground) as town:
            town.log_in()
            ground.run("apply", "--yes")
            boxes = mailboxes(ground)
            pace = max(0.3, _ORDERS / len(boxes))
            traffic = Traffic(town, ground.api, boxes, ground.names[2:4], pace=pace)
            made = Run(ground, Laws(ground, town, traffic), random.Random(seed), going_on, converges)
            try:
                with traffic:
                    ground.run("destroy", "--force", "--yes")
                    made.rounds(kills)
                made.finish()
            except BaseException:
                ground.kept = True
                print(f"seed {seed}; everything is left in {ground.folder}", flush=True)
                raise
        made.show()
    return made


def mailboxes(ground: Ground) -> list[Mailbox]:
    """Return where everybody can be written to; all agents are there."""
    rows = ground.json("identity", "list")
    rows += ground.json("identity", "list", "-f", str(ground.beside / "constellation.yaml"))
    return [Mailbox(row["agent"], row["address"], row["phone"]) for row in rows if row["agent"] != "clock"]


def _over(command: subprocess.Popen[str]) -> int:
    command.communicate(timeout=120)
    return command.returncode
