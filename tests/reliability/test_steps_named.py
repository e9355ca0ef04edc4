"""Every durable change has its name, and every name its place in a test: read from the code itself."""

import ast
import functools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import constellagent
from constellagent.failpoints import FilePoint
from constellagent.ravi.points import ProviderPoint
from constellagent.runtime.points import Point
from constellagent.runtime.ports import Step
from tests.reliability.steps import changes, file_writes
from tests.reliability.steps.places import FILES, PLACES
from tests.reliability.steps.scenes import SCENES

PACKAGE = Path(constellagent.__file__).parent
ENUMERATIONS = (Step, Point, ProviderPoint, FilePoint)
BY_THE_COMMIT = {
    "ravi/audit/heads.py": {"begin", "forget"},
    "ravi/local/arriving.py": {"take_in"},
    "ravi/local/mail/outbox.py": {"retry"},
    "ravi/local/mail/outgoing.py": {"claim", "settle"},
    "ravi/local/mail/uploads.py": {"announce", "take_in", "forgetting"},
    "runtime/store/alerts.py": {"drop"},
    "runtime/store/comments.py": {"sent"},
    "runtime/store/conversations.py": {"begin", "learn", "drop"},
    "runtime/store/hooks.py": {"add", "replace"},
    "runtime/store/ledger.py": {"stopping", "trim"},
    "runtime/store/paused.py": {"put", "drop"},
    "runtime/store/races.py": {"stays"},
    "runtime/store/schedules.py": {"cancel"},
    "runtime/store/sessions.py": {"drop", "recall", "reopen"},
    "runtime/store/usage.py": {"add", "begin"},
    "runtime/store/watermarks.py": {"put"},
}
"""Writes that are one transaction with nothing beside it: `FilePoint.COMMIT` is on both sides of them."""


BESIDE = {
    "runtime/mending/databases.py": "makes a new file while no daemon runs, and puts it in place whole",
}
"""Modules besides `durable` that open a database to write to it, and why that needs no point."""


@functools.cache
def modules(having: str = "") -> tuple[tuple[str, ast.Module], ...]:
    """Return the modules of the package in whose text that stands, by their place in it."""
    found = ((file, file.read_text(encoding="utf-8")) for file in sorted(PACKAGE.rglob("*.py")))
    return tuple(
        (file.relative_to(PACKAGE).as_posix(), ast.parse(text))
        for file, text in found
        if re.search(having, text)
    )


def named(tree: ast.AST) -> Iterator[str]:
    """Yield the members that a tree names: `Point.RECORD_PUT` and its like."""
    known = {enumeration.__name__ for enumeration in ENUMERATIONS}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in known:
            yield ast.unparse(node)


def passed() -> Counter[str]:
    """Count by member where the code passes it: at `around`, `reach`, or a `step` of the journal."""
    found: Counter[str] = Counter()
    for _, tree in modules("failpoints|journal|[.]step"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (
                changes.passes(node, "around", "reach") or changes.steps(node)
            ):
                found.update(set(named(node)))
            elif isinstance(node, ast.Assign) and "FilePoint" in ast.unparse(node.value):
                found.update(set(named(node.value)))
    return found


def test_every_name_is_somewhere_in_the_code() -> None:
    """Each member is passed by the code; one that stands for a single function, by one function."""
    found = passed()
    for enumeration in ENUMERATIONS:
        for member in enumeration:
            name = f"{enumeration.__name__}.{member.name}"
            assert found[name], f"{name} is reached nowhere"
            if enumeration in {Point, ProviderPoint}:
                assert found[name] == 1, f"{name} stands for {found[name]} functions"
    assert found.keys() == {f"{each.__name__}.{member.name}" for each in ENUMERATIONS for member in each}


def test_names_are_told_apart() -> None:
    """No two points have one name."""
    values = [member.value for enumeration in ENUMERATIONS for member in enumeration]
    assert len(values) == len(set(values))


def test_every_name_is_died_at() -> None:
    """Each point has a scene in which the daemon dies there; those of files, what `FILES` says of them."""
    placed = [point for points in PLACES.values() for point in points]
    assert len(placed) == len(set(placed))
    assert set(placed) | {*FILES} == {*Step, *Point, *ProviderPoint, *FilePoint}
    assert {*FILES} == {*FilePoint}
    for place in FILES.values():
        file, _, test = place.partition("::")
        assert f"def {test}(" in (PACKAGE.parent / file).read_text(encoding="utf-8"), f"{place} is gone"
    assert PLACES.keys() == SCENES.keys()


def test_every_write_has_a_name_or_a_reason() -> None:
    """No function changes a database without a point of its own, or one of who calls it, or a reason."""
    found = {
        place: left
        for place, tree in modules("INSERT|UPDATE|DELETE|REPLACE")
        if not place.startswith("runtime/mending/")  # see BESIDE
        and (left := changes.unnamed(tree, BY_THE_COMMIT.get(place, ())))
    }
    assert found == {}
    for place, tree in modules("sqlite3|[.]execute"):
        names = {function.name for function in changes.outermost(tree.body)}
        assert BY_THE_COMMIT.get(place, set()) <= names, f"what is excused in {place} is gone"


GATES: dict[str, tuple[Callable[[ast.Module], set[str]], dict[str, dict[str, set[str]]]]] = {
    "files": (changes.files, file_writes.REASONS),
    "git": (changes.through_git, file_writes.THROUGH_GIT),
}
"""What finds the changes of each kind, and which of them need no point."""


@pytest.mark.parametrize("kind", GATES)
def test_every_other_change_has_a_name_or_a_reason(kind: str) -> None:
    """No function changes a file, or lets git change something, without a point, or a reason that holds."""
    look, reasons = GATES[kind]
    found = {
        place: left
        for place, tree in modules()
        if not place.startswith(file_writes.ALONE) and (left := look(tree))
    }
    new = {
        place: left for place, names in found.items() if (left := names - file_writes.excused(place, reasons))
    }
    assert new == {}, "give it a point (`around`), or a reason in tests/reliability/steps/file_writes.py"
    for reason, places in reasons.items():
        for place, names in places.items():
            assert names <= found.get(place, set()), f"nothing in {place} is {reason!r} any more"


def test_databases_are_written_in_one_place() -> None:
    """Only what passes the points of every commit opens a database to write to it."""
    opened = {
        place
        for place, tree in modules("sqlite3")
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "sqlite3.connect"
    }
    readers = {place for place in opened if "mode=ro" in (PACKAGE / place).read_text(encoding="utf-8")}
    assert opened - readers <= {"durable.py", *BESIDE}
    assert "durable.py" in opened


def test_the_gate_can_fail() -> None:
    """A write without a point is found, and so is one behind a private function that others call."""
    source = '_INSERT = "INSERT INTO t"\ndef put(db):\n    db.execute(_INSERT)\n'
    assert changes.unnamed(ast.parse(source)) == {"put"}
    pointed = f"@around(Point.X)\n{source.partition(chr(10))[2]}".replace("_INSERT", "'UPDATE t SET x'")
    assert changes.unnamed(ast.parse(pointed)) == set()
    inner = "def _in(db):\n    db.execute('DELETE FROM t')\n@around(P.X)\ndef a(db): _in(db)\n"
    assert changes.unnamed(ast.parse(inner)) == set()
    assert changes.unnamed(ast.parse(f"{inner}def b(db): _in(db)\n")) == {"_in"}


@pytest.mark.parametrize(
    "statement",
    [
        "'INSERT OR IGNORE INTO t VALUES (1)'",
        "'UPDATE t SET x = 1'",
        "f'UPDATE {table} SET x = 1'",
        "f'{_WITH} UPDATE {table} SET x = 1'",
        "'UPDATE OR IGNORE t SET x = 1'",
        "'UPDATE t AS u SET x = 1'",
        "'UPDATE t ' + 'SET x = 1'",
        "f'DELETE FROM {table}'",
        "'WITH old AS (SELECT 1) DELETE FROM t'",
    ],
)
def test_the_gate_finds_a_statement_however_it_is_written(statement: str) -> None:
    """With a table that is put in, with an alias, in parts: it is found; and a point has its whole name."""
    source = f"def put(db, table):\n    db.execute({statement})\n"
    assert changes.unnamed(ast.parse(source)) == {"put"}
    assert changes.unnamed(ast.parse(f"{source}    outreach(1)\n    self.reach(2)\n")) == {"put"}
    assert changes.unnamed(ast.parse(f"@turnaround(Point.X)\n{source}")) == {"put"}
    assert changes.unnamed(ast.parse(f"{source}    reach('x')\n")) == set()


@pytest.mark.parametrize(
    "body",
    [
        "path.write_text('x')",
        "new.replace(path)",
        "os.replace(new, path)",
        "os.fsync(descriptor)",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "flags = os.O_RDWR | os.O_CREAT\n    os.open(path, flags, 0o600)",
        "os.open(path, _FLAGS | os.O_CLOEXEC)",
        "os.open(path, flags_from_elsewhere)",
        "path.unlink(missing_ok=True)",
        "path.touch()",
        "path.open('ab')",
        "open(path, mode='w')",
        "shutil.rmtree(path)",
    ],
)
def test_the_gate_finds_a_file_that_is_written(body: str) -> None:
    """Each way to change a file is found, and is none with a point."""
    source, flags = f"def put(path):\n    {body}\n", "_FLAGS = os.O_WRONLY | os.O_TRUNC\n"
    assert changes.files(ast.parse(flags + source)) == {"put"}
    assert changes.files(ast.parse(f"{flags}@around(Point.X)\n{source}")) == set()


@pytest.mark.parametrize(
    "body",
    [
        "text.replace('a', 'b')",
        "moment.replace(tzinfo=UTC)",
        "path.open('rb')",
        "open(path)",
        "os.open(path, os.O_RDONLY | os.O_CLOEXEC)",
        "flags = os.O_RDONLY | (os.O_NOFOLLOW if alone else 0)\n    os.open(path, flags)",
        "os.open(os.devnull, os.O_RDWR)",
    ],
)
def test_the_gate_lets_reading_pass(body: str) -> None:
    """What only looks like it, or reads, needs no point."""
    assert changes.files(ast.parse(f"def look(path):\n    {body}\n")) == set()


@pytest.mark.parametrize(
    "words",
    [
        "'update-ref', '-d', ref",
        "'worktree', 'remove', '--force', '--force', path",
        "'push', remote",
        "'branch', name",
        "'config', 'user.name', 'x'",
        "command",
        "*args",
    ],
)
def test_the_gate_finds_what_git_changes(words: str) -> None:
    """Each command that is not known to look is found, unless it is a step of a journal or has a point."""
    call = f"await self._git.run({words}, cwd=folder)"
    assert changes.through_git(ast.parse(f"async def put(self):\n    {call}\n")) == {"put"}
    assert changes.through_git(ast.parse(f"def put():\n    run(['git', '-C', x, {words}])\n")) == {"put"}
    stepped = f"async def put(self):\n    async with site.journal.step(Step.X, a):\n        {call}\n"
    assert changes.through_git(ast.parse(stepped)) == set()
    assert changes.through_git(ast.parse(f"{stepped}    {call}\n")) == {"put"}
    assert changes.through_git(ast.parse(f"@around(P.X)\nasync def put(self):\n    {call}\n")) == set()


@pytest.mark.parametrize(
    "body",
    [
        "git.run('rev-parse', ref)",
        "git.run('worktree', 'list')",
        "asyncio.run(x)",
        "args = ('log', a)\n    git.run(*args)",
    ],
)
def test_the_gate_lets_git_look(body: str) -> None:
    """A command that changes nothing needs no point."""
    assert changes.through_git(ast.parse(f"def look():\n    {body}\n")) == set()
