"""Everything at once for a long time: does anything grow, does the API keep answering, is anything lost?"""

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from tests.bench.measure import quantile
from tests.proof import table
from tests.proof.asker import __file__ as _asker
from tests.proof.house import House, check_numbers
from tests.proof.kills import mailboxes
from tests.proof.laws import Laws
from tests.proof.samples import Sample, Sampler, write
from tests.proof.slopes import Slope, slope
from tests.proof.traffic import Mailbox, Traffic
from tests.proof.visits import Visits
from tests.reliability.lab import wait_for
from tests.reliability.town import Town

P99 = 0.25
"""Seconds within which 99 of 100 answers of the API must be there."""

BOUNDS: dict[str, tuple[Callable[[Sample], float], float, str]] = {
    "daemon, resident memory": (lambda sample: sample.daemon_rss, 24.0, "MB"),
    "daemon, proportional memory": (lambda sample: sample.daemon_pss, 24.0, "MB"),
    "daemon, open files": (lambda sample: sample.daemon_files, 6.0, ""),
    "daemon, threads": (lambda sample: sample.daemon_threads, 4.0, ""),
    "daemon, processes below it": (lambda sample: sample.children, 4.0, ""),
    "holders, proportional memory of all": (lambda sample: sample.holders_pss, 12.0, "MB"),
    "holder, resident memory, median": (lambda sample: sample.holder_rss, 0.5, "MB"),
    "holders, open files of all": (lambda sample: sample.holder_files, 12.0, ""),
}
"""What must not grow, and by how much it may at most in an hour, where it grows for certain."""

PER_MESSAGE = 0.064
"""MB of disk that each mail, text, run, report and secret may take, beside the output of sessions."""
FEWEST = 6
"""Samples from which anything can be told; a slow machine takes longer for them than is asked for."""
SLACK = 16.0
"""MB that the journals of the databases may take until they are folded in."""


class Asker:
    """The process that asks the API, and what it found."""

    def __init__(self, house: House, pause: float) -> None:
        """Start it."""
        argv = [sys.executable, "-I", _asker, str(house.api.port), str(pause)]
        self._process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin is not None
        self._process.stdin.write(f"{house.api.admin}\n")
        self._process.stdin.flush()
        self.waits: list[float] = []
        self.statuses: dict[str, int] = {}

    def __enter__(self) -> Self:
        """Be used in a `with` statement."""
        return self

    def __exit__(self, *_: object) -> None:
        """End it, and take what it found."""
        said, _err = self._process.communicate(timeout=60)
        found = json.loads(said)
        self.waits, self.statuses = found["waits"], found["statuses"]


@dataclass
class Soak:
    """One soak and its verdicts.

    Attributes:
        loose: how many times larger the bounds are: a short form can tell a leak from its noise less well.
        failed: what did not hold.
    """

    house: House
    minutes: float
    viewers: int
    every: float
    loose: float = 1.0
    p99: float = P99
    failed: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    rows: list[tuple[object, ...]] = field(default_factory=list)

    def run(self) -> None:
        """Let it go on for so long, and judge it."""
        house = self.house
        first = {name: house.session(name) for name in house.lasting}
        lasting = frozenset(session for session in first.values() if session)
        listeners = house.tempers["type"]
        with Town(house) as town:
            town.log_in()
            boxes = [box for box in mailboxes(house) if not box.agent.startswith("wake")]
            with Traffic(town, house.api, self._chosen(boxes), listeners, pace=1.0) as traffic:
                laws = Laws(house, town, traffic, every_minute=self._every_minute())
                with Visits(house, house.lasting, self.viewers, stay=self._stay()) as visits:
                    warm_up = min(300.0, 12 * self.minutes)
                    print(f"warming up for {warm_up:.0f} s", flush=True)
                    time.sleep(warm_up)
                    with Sampler(house, self.every, lasting) as sampler, Asker(house, 0.1) as asker:
                        self._wait(60 * self.minutes, sampler, visits)
                self.samples = sampler.samples
                self._judge_growth()
                self._judge_disk(laws)
                self._judge_answers(asker)
                self._judge_visits(visits, sampler)
            self._judge_losses(laws, first)

    def _every_minute(self) -> tuple[str, ...]:
        return ("clock/tick", "clock/tock", *(f"{name}/tick" for name in self.house.tempers["wake"]))

    def _chosen(self, boxes: list[Mailbox]) -> list[Mailbox]:
        """Every second box, and those where mail wakes somebody."""
        return [box for n, box in enumerate(boxes) if n % 2 == 0 or box.agent in {"clerk", "pager"}]

    def _stay(self) -> tuple[float, float]:
        return (4.0, 20.0) if self.minutes > 2 else (1.5, 4.0)

    def _wait(self, seconds: float, sampler: Sampler, visits: Visits) -> None:
        end, told = time.monotonic() + seconds, time.monotonic()
        while time.monotonic() < end or len(sampler.samples) < FEWEST:
            time.sleep(min(1.0, max(0.1, end - time.monotonic())))
            assert not sampler.failed, sampler.failed
            if time.monotonic() > told + 60:
                told = time.monotonic()
                newest = sampler.samples[-1]
                size = f"daemon {newest.daemon_rss:.1f} MB, {newest.daemon_files} files"
                holders = f"holders {newest.holders_pss:.0f} MB, {visits.counts.total()} visits"
                print(f"  {newest.at / 60:4.1f} min: {size}, {holders}", flush=True)

    def _say(self, what: str, figure: str, bound: str, *, holds: bool) -> None:
        self.rows.append((what, figure, bound, "ok" if holds else "FAILED"))
        if not holds:
            self.failed.append(f"{what}: {figure}, allowed {bound}")

    def _judge_growth(self) -> None:
        times = [sample.at for sample in self.samples]
        for what, (figure, bound, unit) in BOUNDS.items():
            found = slope(times, [figure(sample) for sample in self.samples])
            limit = bound * self.loose
            self._say(what, _grown(found, unit), f"+{limit:g} {unit}/h".strip(), holds=found.within(limit))
        used = (self.samples[-1].daemon_cpu - self.samples[0].daemon_cpu) / (times[-1] - times[0])
        self._say("daemon, share of a core", f"{used:.0%}", "told only", holds=True)

    def _judge_disk(self, laws: Laws) -> None:
        grown = self.samples[-1].disk - self.samples[0].disk
        hours = (self.samples[-1].at - self.samples[0].at) / 3600
        events = (
            len(laws.traffic.said.taken)
            + len(self.house.fired())
            + len(self.house.lines("secrets"))
            + len(self.house.lines("hooks"))
        )
        allowed = SLACK + events * PER_MESSAGE
        self._say(
            "disk, beside the output of sessions",
            f"+{grown:.1f} MB ({grown / hours:.0f} MB/h) with {events} events",
            f"{allowed:.0f} MB",
            holds=grown <= allowed,
        )
        logs = [sample.disk_logs for sample in self.samples]
        most = 1.5 * (4 * (self.house.agents + 8))
        self._say(
            "disk, output of sessions",
            f"{logs[0]:.1f} to {logs[-1]:.1f} MB",
            f"{most:.0f} MB",
            holds=max(logs) <= most,
        )

    def _judge_answers(self, asker: Asker) -> None:
        waits = asker.waits
        p99 = quantile(waits, 0.99)
        figure = (
            f"{len(waits)} answers: median {statistics.median(waits) * 1000:.0f} ms, "
            f"p99 {p99 * 1000:.0f} ms, longest {max(waits) * 1000:.0f} ms"
        )
        self._say("API", figure, f"p99 {self.p99 * 1000:.0f} ms", holds=p99 <= self.p99)
        odd = {status: count for status, count in asker.statuses.items() if status != "200"}
        self._say("API, other statuses than 200", str(odd or "none"), "none", holds=not odd)

    def _judge_visits(self, visits: Visits, sampler: Sampler) -> None:
        said = ", ".join(f"{kind} {count}" for kind, count in sorted(visits.counts.items()))
        failed = "; ".join(visits.failed[:3])
        self._say(
            "visits",
            f"{said}{f'; {len(visits.failed)} failed: {failed}' if failed else ''}",
            "none fails",
            holds=not failed,
        )
        lived = {sample.holders for sample in sampler.samples}
        self._say(
            "holders that lasted",
            str(sorted(lived)),
            str(len(self.house.lasting)),
            holds=lived == {len(self.house.lasting)},
        )

    def _judge_losses(self, laws: Laws, first: dict[str, str | None]) -> None:
        for what, law in (
            ("senders", laws.traffic.check),
            ("mails and texts", laws.messages),
            ("fires", laws.fires),
            ("runs", laws.settle),
            ("fires, once more", laws.fires),
            ("hooks", laws.hooks),
            ("secrets", laws.secrets),
            ("prompts", laws.prompts),
            ("output, byte for byte", laws.logs),
            ("numbered lines", lambda: self._numbers(first)),
            ("processes", laws.processes),
            ("audit", laws.audit),
            ("something of each", laws.something),
        ):
            try:
                law()
            except AssertionError as error:
                self._say(what, str(error)[:300], "", holds=False)
            else:
                self._say(what, self._figure(what, laws), "nothing lost, nothing twice", holds=True)

    def _figure(self, what: str, laws: Laws) -> str:
        found = laws.figures
        figures = {
            "mails and texts": found.messages,
            "fires, once more": found.fires,
            "hooks": found.reports,
            "secrets": found.secrets,
            "prompts": found.prompts,
        }
        return str(figures.get(what, ""))

    def _numbers(self, first: dict[str, str | None]) -> None:
        """What floods and crashes is whole as far as it is kept; who was to last has its first session."""
        now = {name: self.house.session(name) for name in self.house.lasting}
        assert now == first, (
            f"not the session that began: {[name for name in now if now[name] != first[name]]}"
        )
        for name in (*self.house.tempers["flood"], *self.house.tempers["crash"]):
            rows = self.house.asked(
                "SELECT id, ended_at FROM sessions WHERE subject = ? ORDER BY rowid DESC LIMIT 2", name
            )
            for session, ended in rows:
                lines = check_numbers(self.house.home / "sessions" / session / "log")
                begun = name in self.house.lasting or ended is not None  # else it may have begun just now
                assert lines > 1 or not begun, f"{name}: session {session} has {lines} lines"


def run(
    minutes: float,
    agents: int,
    viewers: int,
    *,
    every: float = 10.0,
    loose: float = 1.0,
    p99: float = P99,
    file: Path | None = None,
) -> Soak:
    """Soak for so many minutes after a warm-up, print the table, and return the verdicts."""
    with House(agents=agents) as house:
        house.open()
        house.run("apply", "--yes")
        wait_for(lambda: all(house.session(name) for name in house.names), "all agents to run", 60)
        made = Soak(house, minutes, viewers, every, loose, p99)
        try:
            made.run()
        except BaseException:
            house.kept = True
            print(f"everything is left in {house.folder}", flush=True)
            raise
        finally:
            if file is not None and made.samples:
                write(file, made.samples)
        house.kept = bool(made.failed)
        table.show(("what", "figure", "allowed", "verdict"), made.rows)
        if house.kept:
            print(f"everything is left in {house.folder}", flush=True)
    return made


def _grown(found: Slope, unit: str) -> str:
    said = f"{found.middle:.1f} {unit}".strip()
    how = "grows" if found.significant else "flat"
    return f"{said}; {how}: {found.per_hour:+.2f}/h [{found.low:+.2f}, {found.high:+.2f}]"
