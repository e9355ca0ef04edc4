"""What `doctor` says of the kinds of agent: is its program here, which version, what works, how to log in.

A program that is not here is a problem only where the file of this folder declares agents of its kind. None
is ever started but to say its version.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, NamedTuple

from constellagent.agents.kind import Kind, Task
from constellagent.agents.start import KINDS, NOWHERE, kind_of
from constellagent.errors import ConstellagentError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli.checks import Check, Level
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.validate import read
from constellagent.faces.cli.versions import Told, standing, versions
from constellagent.runtime.paths import Paths
from constellagent.spec.load import load
from constellagent.spec.models import Agent

PATIENCE = 3.0
"""Seconds for the daemon to say where agents find their programs."""


class Seen(NamedTuple):
    """One kind as it is here.

    Attributes:
        kind: which.
        agents: that the file of this folder declares of it, by name.
        shell: its program on the PATH of this shell, empty where it is not there.
        kept: its program on the PATH of these agents; empty where it is not there, None where that is not
            known.
    """

    kind: Kind
    agents: Mapping[str, Agent]
    shell: str
    kept: str | None

    @property
    def place(self) -> str:
        """The program that agents would run, empty for none."""
        return self.kept or self.shell


def every(paths: Paths) -> Iterator[Check]:
    """Yield which kinds can be started, and then one check of each."""
    seen = look(paths)
    there = [one for one in seen if one.place]
    if there:
        yield Check("agents", "ok", ", ".join(one.kind.name for one in there))
    else:
        advice = "`kind: command` runs any other"
        yield Check("agents", "warn", "none of the agents' programs is on PATH", advice)
    told = versions({one.kind.name: (one.place, *one.kind.facts.version) for one in there})
    for one in seen:
        yield check(one, told[one.kind.name], paths) if one.place else absent(one)


def look(paths: Paths) -> list[Seen]:
    """Return how every kind with a program of its own stands here, in the order of the table."""
    file = _file()
    declared = _declared(file)
    kept = _kept(paths, file) if declared else {}
    found = []
    for kind in KINDS.values():
        if kind.program:
            agents = {name: spec for name, spec in declared.items() if kind_of(spec) is kind}
            places = [kept[name] for name in agents if name in kept]
            # An agent that does not find it counts more than those that do.
            where = min(places) if places else None
            found.append(Seen(kind, agents, shutil.which(kind.program) or "", where))
    return found


def absent(seen: Seen) -> Check:
    """Say that a kind cannot be started, which matters where agents of it are declared."""
    kind = seen.kind
    if not seen.agents:
        return Check(kind.name, "ok", "not installed; no agent declared here needs it", "", _details(seen))
    found = f"{kind.program} is not on PATH, and {_names(seen.agents)} cannot start without it"
    return Check(
        kind.name, "fail", found, f"{kind.facts.install}, then `constellagent apply`", _details(seen)
    )


def check(seen: Seen, told: Told, paths: Paths) -> Check:
    """Say which version is there, and what of it works; what is wrong comes before how to log in."""
    kind, where = seen.kind, standing(told.version, seen.kind.facts.tested)
    words = [f"{told.version or 'version unknown'} at {seen.place}"]
    if kind.facts.tested is not None:
        words.append(f"tested: {_span(kind.facts.tested)}")
    words.append(f"works: {_works(kind)}")
    found = "; ".join(words)
    details = _details(seen) | {"version": told.version, "standing": where}
    wrong = list(_wrong(seen, told, where, paths))
    level: Level = "warn" if wrong else "ok"
    advice = "\n".join([*wrong, f"to log in: {kind.facts.log_in}"])
    return Check(kind.name, level, found, advice, details)


def judged(kind: Kind) -> bool:
    """Whether the result of a run that nobody watches is read from what the program writes."""
    task = Task(prompt="x", headless=True)
    return bool(kind.start(Agent.model_validate({"kind": kind.name}), task, NOWHERE, None).stream)


def _wrong(seen: Seen, told: Told, where: str, paths: Paths) -> Iterator[str]:
    """Yield what is wrong with a program that is there, each with what to do."""
    kind = seen.kind
    if seen.kept == "":
        yield (
            f"{_names(seen.agents)} cannot find it: their PATH is that of the last apply; "
            "run `constellagent apply` in this shell"
        )
    if told.fault:
        yield f"{told.fault}; run `{kind.program} {' '.join(kind.facts.version)}` to see why"
    if where in {"older", "newer"} and kind.facts.tested is not None:
        wanted = kind.facts.tested[1]
        yield f"{where} than what is tested; should it misbehave: {_pinned(kind.facts.install, wanted)}"
    if kind.name == "codex":
        yield from _codex_sandbox(seen, paths)


def _codex_sandbox(seen: Seen, paths: Paths) -> Iterator[str]:
    """Yield where codex's own folder lies below the temporary one: it makes no sandbox for commands there."""
    profiles = {spec.options.profile for spec in seen.agents.values()} or {"person"}
    own = Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex")
    temporary = Path(tempfile.gettempdir()).resolve()
    for profile, folder, name in (
        ("person", own, "CODEX_HOME"),
        ("agent", paths.profiles, "CONSTELLAGENT_HOME"),
    ):
        if profile in profiles and folder.resolve().is_relative_to(temporary):
            yield (
                f"{folder} lies below the temporary folder {temporary}, where its sandbox does not work; "
                f"set {name} or TMPDIR to another place"
            )


def _file() -> str | None:
    try:
        return constellation_file(None)
    except ConstellagentError:
        return None


def _declared(file: str | None) -> Mapping[str, Agent]:
    """Return the agents of the file that run the program of their kind; `validate` is for what is wrong."""
    if file is None:
        return {}
    try:
        agents = load(read(file), file).constellation.agents
    except ConstellagentError:
        return {}
    return {name: spec for name, spec in agents.items() if spec.command is None and kind_of(spec).program}


def _kept(paths: Paths, file: str | None) -> Mapping[str, str]:
    """Return where agents find their program, as the running daemon knows it; never starts one.

    It is part of a plan, which may wait for a provider far away; after `PATIENCE` nothing is known of it.
    """
    answers: SimpleQueue[Mapping[str, str]] = SimpleQueue()

    def ask(file: str) -> None:
        with suppress(ConstellagentError), BlockingClient.connect(paths.control_socket) as client:
            reply = client.plan({"file": file, "env_names": [], "keep_env": True})
            answers.put(reply.get("programs", {}))
            return
        answers.put({})

    if file is None:
        return {}
    Thread(target=ask, args=(file,), daemon=True).start()
    try:
        return answers.get(timeout=PATIENCE)
    except Empty:
        return {}


def _details(seen: Seen) -> dict[str, Any]:
    kind = seen.kind
    return {
        "kind": kind.name,
        "program": kind.program,
        "path": seen.shell,
        "agents_path": seen.kept,
        "agents": list(seen.agents),
        "version": "",
        "standing": "unknown",
        "tested": None if kind.facts.tested is None else [*kind.facts.tested],
        "hooks": kind.hooks,
        "resume": kind.keeps_conversations,
        "mcp": kind.mcp,
        "judged_runs": judged(kind),
        "needs_profile": kind.needs_profile,
        "log_in": kind.facts.log_in,
        "install": kind.facts.install,
    }


def _works(kind: Kind) -> str:
    own = " (with `profile: agent`)" if kind.needs_profile else ""
    names = (
        ("hooks" + own, kind.hooks),
        ("resume", kind.keeps_conversations),
        ("MCP" + own, kind.mcp),
        ("judged runs", judged(kind)),
    )
    return ", ".join(name for name, works in names if works) or "start and typing only"


def _span(tested: tuple[str, str]) -> str:
    return tested[0] if tested[0] == tested[1] else f"{tested[0]} to {tested[1]}"


def _pinned(install: str, version: str) -> str:
    return f"{install}{'==' if install.startswith('pip ') else '@'}{version}"


def _names(agents: Mapping[str, Agent] | Sequence[str]) -> str:
    return ", ".join(agents)
