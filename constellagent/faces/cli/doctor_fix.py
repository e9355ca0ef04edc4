"""`constellagent doctor --fix`: say what would be mended, ask, mend it while no daemon runs, and tell."""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from constellagent.errors import ConstellagentError, UnavailableError
from constellagent.faces import launching
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import approval, screen
from constellagent.faces.cli.checks import Check, Level
from constellagent.faces.cli.daemon import end
from constellagent.faces.cli.place import constellation_file
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.control import ApplyRequest
from constellagent.runtime.locks import exclusive
from constellagent.runtime.mending.finding import Errand, Finding
from constellagent.runtime.mending.grounds import Surroundings
from constellagent.runtime.mending.mending import Mending
from constellagent.runtime.paths import Paths
from constellagent.runtime.settings import Settings

_ROUNDS = 3
"""How often all is looked at: what one area mends shows another what to mend."""


class Told(NamedTuple):
    """What became of one finding: `mended`, `declined`, `left` (only named, or not safe), or `failed`."""

    finding: Finding
    outcome: str
    said: str = ""


def found() -> list[Finding]:
    """Look at everything; changes nothing."""
    return asyncio.run(_mending().everything())


def as_check(finding: Finding) -> Check:
    """Return a finding as `doctor` lists it."""
    offer = f"`constellagent doctor --fix` would {finding.offer}" if finding.offer else ""
    advice = "\n".join(line for line in (offer, finding.advice) if line)
    amiss = bool(finding.offer or finding.advice or finding.unknown)
    level: Level = "fail" if finding.grave else "warn" if amiss else "ok"
    details = {"area": finding.area, "kind": finding.kind, "subject": finding.subject, "safe": finding.safe}
    return Check(
        "found", level, f"{finding.kind}: {finding.found}", advice, {**details, "offer": finding.offer}
    )


def fix(paths: Paths, *, yes: bool, as_json: bool) -> int:
    """Mend what a person agrees to; returns the exit code.

    Raises:
        UnavailableError: this is an agent's session, or the daemon does not start again.
        BusyError: an apply is going on.
    """
    _refuse_inside()
    mending = _mending()
    asked = _Asked(yes=yes)
    left = asyncio.run(mending.everything())
    told: list[Told] = []
    failure: UnavailableError | None = None
    if [one for one in left if asked.agrees(one)]:  # a person is asked about all, before the daemon ends
        errands: list[tuple[Finding, Errand]] = []
        try:
            with _alone(paths, errands):
                left = asyncio.run(_rounds(mending, asked, told, errands))
            told += [_run(paths, errand, one) for one, errand in errands]
        except UnavailableError as error:
            failure = error
    seen = {one.finding for one in told}
    told += [Told(one, asked.outcome(one)) for one in left if one not in seen and not asked.agrees(one)]
    _say(told, as_json=as_json)
    if failure is not None:
        raise failure
    return int(any(one.outcome != "mended" and one.finding.offer for one in told))


class _Asked:
    """Who said yes to what: `--yes` to all that is safe, a person on the terminal to each one."""

    def __init__(self, *, yes: bool) -> None:
        self._yes = yes
        self._terminal = sys.stdin.isatty() and sys.stderr.isatty()
        self._answers: dict[Finding, bool] = {}

    def agrees(self, finding: Finding) -> bool:
        if not finding.offer:
            return False
        if finding not in self._answers:
            self._answers[finding] = self._answer(finding)
        return self._answers[finding]

    def outcome(self, finding: Finding) -> str:
        return "declined" if finding.offer and self._terminal and not self._yes else "left"

    def _answer(self, finding: Finding) -> bool:
        if self._yes and finding.safe:
            return True
        if self._yes or not self._terminal:
            return False
        screen.tell(f"{finding.kind}: {screen.clean(finding.found)}")
        if finding.advice:
            screen.tell(f"  {screen.clean(finding.advice)}")
        return approval.ask(f"{screen.clean(finding.offer).capitalize()}?", otherwise="give --yes")


async def _rounds(
    mending: Mending, asked: _Asked, told: list[Told], errands: list[tuple[Finding, Errand]]
) -> list[Finding]:
    """Mend area by area, until nothing more turns up that is agreed to; returns what is left by then."""
    done: set[Finding] = set()
    seen: dict[str, list[Finding]] = {}
    for _ in range(_ROUNDS):
        before = len(done)
        for area in mending.areas:
            seen[area] = await mending.look(area)
            for finding in seen[area]:
                if finding in done or not asked.agrees(finding):
                    continue
                done.add(finding)
                if finding.later:
                    errand = mending.errand(finding)
                    errands += [(finding, errand)] if errand else []
                else:
                    told.append(await _mend(mending, finding))
        if len(done) == before:
            break
    return [finding for area in mending.areas for finding in seen[area]]


async def _mend(mending: Mending, finding: Finding) -> Told:
    screen.tell(f"{screen.clean(finding.found)}: {screen.clean(finding.offer)}")
    try:
        return Told(finding, "mended", await mending.mend(finding))
    except ConstellagentError as error:
        return Told(finding, "failed", f"{error.message}{f' ({error.hint})' if error.hint else ''}")


@contextmanager
def _alone(paths: Paths, errands: list[tuple[Finding, Errand]]) -> Iterator[None]:
    """End the daemon, hold its lock, and start it again where it ran or is needed for an errand.

    Raises:
        BusyError: an apply is going on.
        UnavailableError: it does not start again.
    """
    _refuse_applies(paths)
    ran = _stop(paths)
    paths.locks.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with exclusive(paths.daemon_lock, "doctor --fix", hint="a command started the daemon; try again"):
            yield
    finally:
        if ran or errands:
            screen.tell("starting the daemon again")
            launching.reach(paths).close()


def _stop(paths: Paths) -> bool:
    """End the daemon where one runs, also one that does not answer; sessions go on."""
    pid = None
    try:
        with BlockingClient.connect(paths.control_socket) as client:
            pid = client.pid
            client.shutdown(stop_sessions=False)
    except UnavailableError:
        pid = pid or launching.owner(paths)
    if pid is None:
        return False
    screen.tell(f"ending the daemon (pid {pid}) meanwhile; sessions go on")
    end(pid)
    return True


def _refuse_applies(paths: Paths) -> None:
    """Refuse to take the daemon away from an apply.

    Raises:
        BusyError: one is going on.
    """
    for lock in sorted(paths.locks.glob("apply-*")):
        with exclusive(lock, "doctor --fix", hint="wait until it is done"):
            pass


def _refuse_inside() -> None:
    launching.refuse_inside_session(os.environ)


def _run(paths: Paths, errand: Errand, finding: Finding) -> Told:
    """Let the daemon do what only it can do."""
    try:
        with launching.reach(paths) as client:
            said = _adopt(client, errand) if errand.identity else _apply(client, errand)
    except ConstellagentError as error:
        return Told(finding, "failed", f"{error.message}{f' ({error.hint})' if error.hint else ''}")
    return Told(finding, "mended", said)


def _adopt(client: BlockingClient, errand: Errand) -> str:
    return "; ".join(client.adopt(str(errand.file), errand.agent, None, errand.identity))


def _apply(client: BlockingClient, errand: Errand) -> str:
    """Apply one agent in the content that was approved before, with the variables of that apply.

    The daemon reads the file itself, and refuses any other content: since the look it may have changed.

    Raises:
        ConstellagentError: it failed.
    """
    order = ApplyRequest(
        file=str(errand.file), approved=errand.approved, env={}, keep_env=True, agents=[errand.agent]
    )
    failed: dict[str, str] = {}
    for item in client.apply(order):
        failed = item["result"]["failed"] if "result" in item else failed
    if failed:
        raise ConstellagentError("; ".join(f"{name}: {why}" for name, why in failed.items()))
    return f"applied {errand.agent}"


def _mending() -> Mending:
    here: Path | None = None
    try:
        here = Path(constellation_file(None)).resolve()
    except ConstellagentError:
        here = None
    return Mending(Surroundings(Settings(), SystemClock(), here))


def _say(told: list[Told], *, as_json: bool) -> None:
    if as_json:
        names = ("area", "kind", "subject", "found", "offer", "advice", "safe")
        rows = [{name: getattr(one.finding, name) for name in names} for one in told]
        screen.say_json(
            [row | {"outcome": one.outcome, "said": one.said} for row, one in zip(rows, told, strict=True)]
        )
        return
    if not told:
        screen.say("nothing to mend")
    for one in told:
        colour = {"mended": "green", "failed": "red"}.get(one.outcome, "yellow")
        words = screen.paint(f"{one.outcome:<8}", colour, sys.stdout)
        screen.say(f"{words}  {one.finding.kind}: {screen.clean(one.said or one.finding.found)}")
        rest = one.finding.offer if not one.said and not one.finding.safe else ""
        for line in (
            f"on a terminal it asks: {rest}" if rest else "",
            one.finding.advice if not one.said else "",
        ):
            if line:
                screen.say(f"{'':10}{screen.clean(line)}")
