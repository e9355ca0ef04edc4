"""The person's own files: what has become of them once agents have worked with the person's own profile.

With a profile of the agent's own the whole home must stay as it is, which `test_whole` looks at. With the
person's profile a program keeps its own state where it always does. Which files that are is told by the
program itself, run plainly in a home that is the same: no other may have changed, and in those nothing of the
person's may be missing and nothing of ours may have appeared.
"""

import json
import subprocess
import threading
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from ptyprocess import PtyProcess

from tests.e2e.agents.field import Field
from tests.e2e.agents.home import added, changed, look, populate
from tests.e2e.agents.witness import codex_words, speaking
from tests.programs import needs
from tests.reliability.lab import git

pytestmark = pytest.mark.timeout(240)

REWRITTEN = {
    "claude": {".claude.json"},  # counts its starts there, and what each project cost
    "codex": {".codex/config.toml"},  # notes there which hints it has shown
    "copilot": {".copilot/config.json"},  # notes there when it was first started, and says whose file it is
}
"""What a program writes anew at any start with the person's profile, with us and without."""
BESIDE = {
    "claude": (".claude/", ".cache/claude-cli-nodejs/"),
    "codex": (".codex/", ".cache/"),
    "copilot": (".copilot/", ".cache/copilot/", ".cache/Microsoft/"),
}
"""Below what it adds files of its own: conversations, logs, itself unpacked."""
PLAIN = {
    "claude": (("Plain.",), ("-p", "Plainly.")),
    "codex": (("--no-daemon", "Plain."), ("exec", "Plainly.")),
    "copilot": (("-i", "Plain."), ("-p", "Plainly.")),
}
"""How a person starts it, on a terminal and headless."""


@pytest.fixture(params=[pytest.param(kind, marks=needs(kind)) for kind in PLAIN])
def field(request: pytest.FixtureRequest) -> Iterator[Field]:
    """A place with one kind of agents."""
    with Field(request.param) as place:
        yield place


def test_only_the_program_itself_writes_its_own_state(field: Field) -> None:
    """Everything that we do changes no file that the program without us does not."""
    trusted = [field.repo, field.tree_of()]
    plain = field.folder / "plain"
    populate(plain, trusted, logins=False)
    populate(field.person, trusted, logins=False)
    before = look(field.person)
    assert look(plain) == before

    without_us(field, plain)
    with_us(field)

    after = look(field.person)
    allowed, ours = changed(before, look(plain)), changed(before, after)
    print(f"{field.kind}: written anew without us: {sorted(allowed)}; with us: {sorted(ours)}")
    new = added(before, after)
    print(
        f"{field.kind}: {len(before) - len(ours)} of {len(before)} files as before; {len(new)} new of its own"
    )
    assert ours <= allowed & REWRITTEN[field.kind]
    assert not [name for name in new if not name.startswith(BESIDE[field.kind])]
    for name in ours:
        keeps_what_was_said(name, plain, field)


def without_us(field: Field, home: Path) -> None:
    """Run the program as a person does: on a terminal for one turn, then headless."""
    program = str(field.folder / "bin" / field.kind)
    interactive, headless = PLAIN[field.kind]
    words = codex_words(field.model.url) if field.kind == "codex" else ()
    variables = speaking(field, profile="person")["env"]["set"]
    env = field.environment(**variables, HOME=str(home), TERM="xterm-256color")
    shown = PtyProcess.spawn(
        [program, *words, *interactive], cwd=str(field.repo), env=env, dimensions=(40, 120)
    )
    reader = threading.Thread(target=drained, args=(shown,), daemon=True)
    reader.start()
    field.wait_asked(lambda turns: any(turn.prompt.startswith("Plain.") and turn.tools for turn in turns))
    subprocess.run(
        [program, *words, *headless],
        cwd=field.repo,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=150,
        check=True,
    )
    shown.terminate(force=True)
    reader.join(10)


def drained(shown: PtyProcess) -> None:
    """Read what a terminal shows until it is gone."""
    with suppress(EOFError, OSError):
        while True:
            shown.read(1 << 16)


def with_us(field: Field) -> None:
    """Do all that starts the program, or looks at it, and take everything away again."""
    said = speaking(field, profile="person")
    said["options"] |= {"permissions": "edit", "unattended": "edit"}
    docs = {"prompt": "Work.\n!write n.txt hello\n!run git add n.txt && git commit -q -m by-agent", **said}
    field.declare_agents(docs=json.dumps(docs)[1:-1])
    field.run("doctor", check=None)
    field.run("plan")
    field.run("apply", "--yes")
    field.wait_state("docs", "done")
    assert git(field.tree_of(), "log", "-1", "--format=%ae").strip() == field.view()["address"]
    assert "goes on" in field.run("restart", "docs").stdout
    field.wait_state("docs", "waiting:idle prompt", "done")
    field.run("send", "docs", "More.")
    field.wait_asked(lambda turns: any(turn.prompt == "More." for turn in turns))
    field.wait_state("docs", "done")
    field.run("run", "docs", "Once.\n!say once")
    field.run("daemon", "stop", "--sessions", "--yes")


def keeps_what_was_said(name: str, plain: Path, field: Field) -> None:
    """Assert that a file that the program wrote anew says what the person said, and nothing of ours."""
    text = (field.person / name).read_text()
    assert str(field.home) not in text  # the state folder, below which all that is ours lies
    fresh = field.folder / "fresh"
    populate(fresh, [field.repo, field.tree_of()], logins=False)
    was, now = leaves(read(fresh / name)), leaves(read(field.person / name))
    moves = {key for key, value in was.items() if leaves(read(plain / name)).get(key) != value}
    kept = {key: value for key, value in was.items() if key not in moves}
    same = f"{len(kept)} of {len(was)} values as before"
    print(f"{field.kind}: {name}: {same}; moved without us too: {sorted(moves) or 'none'}")
    assert {key: now.get(key) for key in kept} == kept


def read(path: Path) -> Any:
    """Return what a file of configuration says."""
    text = path.read_text()
    if path.suffix == ".toml":
        return tomllib.loads(text)
    return json.loads("\n".join(line for line in text.splitlines() if not line.startswith("//")))


def leaves(value: Any, place: str = "") -> Mapping[str, Any]:
    """Return each single value by where it stands."""
    if isinstance(value, dict):
        inner = [leaves(item, f"{place}/{key}") for key, item in value.items()]
        return {key: item for each in inner for key, item in each.items()}
    return {place: value}
