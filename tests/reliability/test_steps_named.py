"""Every durable change has its name, and every name its place in a test: read from the code itself."""

import ast
import functools
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import pytest

import constellagent
from constellagent.failpoints import FilePoint
from constellagent.ravi.points import ProviderPoint
from constellagent.runtime.points import Point
from constellagent.runtime.ports import Step
from tests.reliability.steps import file_writes
from tests.reliability.steps.places import PLACES
from tests.reliability.steps.scenes import SCENES

PACKAGE = Path(constellagent.__file__).parent
ENUMERATIONS = (Step, Point, ProviderPoint, FilePoint)
_WRITES = re.compile(r"^\s*(INSERT (OR|INTO)|UPDATE \w+ SET|DELETE FROM|REPLACE INTO)\b")

Function = ast.FunctionDef | ast.AsyncFunctionDef

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
            if isinstance(node, ast.Call) and re.search(
                r"(^|\.)(around|reach|step)$", ast.unparse(node.func)
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
    """Each point has a scene in which the daemon dies there; those of files, a scene for each commit."""
    placed = [point for points in PLACES.values() for point in points]
    assert len(placed) == len(set(placed))
    assert set(placed) == {*Step, *Point, *ProviderPoint}
    assert PLACES.keys() == SCENES.keys()


def writes(function: Function, constants: set[str]) -> bool:
    """Say whether a function has a statement in it that changes a database."""
    return any(
        (isinstance(node, ast.Constant) and isinstance(node.value, str) and _WRITES.match(node.value))
        or (isinstance(node, ast.Name) and node.id in constants)
        for node in ast.walk(function)
    )


_OF_OS = frozenset(
    {"replace", "rename", "renames", "link", "symlink", "unlink", "remove", "rmdir", "removedirs"}
    | {"fsync", "truncate", "ftruncate"}
)
_OF_SHUTIL = frozenset({"rmtree", "move", "copy", "copy2", "copyfile", "copytree"})
_OF_PATHS = frozenset(
    ("write_text", "write_bytes", "rename", "unlink", "symlink_to", "hardlink_to", "rmdir", "touch")
)


def writes_file(function: Function) -> bool:
    """Say whether a function makes, changes or removes a file itself; `write_private` has its own point."""
    return any(isinstance(node, ast.Call) and _of_file(node) for node in ast.walk(function))


def _of_file(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return ast.unparse(call.func) == "open" and _to_write(call, 1)
    owner, name = ast.unparse(call.func.value), call.func.attr
    if owner == "os":
        return name in _OF_OS or (name == "open" and "O_CREAT" in ast.unparse(call))
    if owner in {"shutil", "tarfile"}:  # archives are of streams here
        return owner == "shutil" and name in _OF_SHUTIL
    if name in {"replace", "touch"}:  # a text's takes two, a moment's or a tuple's names, a watch's an agent
        return len(call.args) == (name == "replace") and not (call.keywords and name == "replace")
    return name in _OF_PATHS or (name == "open" and _to_write(call, 0))


def _to_write(call: ast.Call, at: int) -> bool:
    """Say whether the mode of an `open`, the argument at that place, is one to write."""
    modes = [*call.args[at : at + 1], *(word.value for word in call.keywords if word.arg == "mode")]
    return any(
        isinstance(mode, ast.Constant) and re.fullmatch(r"[rbt]*[wax+][rwabt+x]*", str(mode.value))
        for mode in modes
    )


def unnamed(tree: ast.Module, excused: Collection[str] = ()) -> set[str]:
    """Return the functions of a module that change a database without a point, or a reason."""
    constants = {
        ast.unparse(node.targets[0])
        for node in tree.body
        if isinstance(node, ast.Assign)
        and any(
            isinstance(n, ast.Constant) and isinstance(n.value, str) and _WRITES.match(n.value)
            for n in ast.walk(node)
        )
    }
    return _pointless(tree, lambda function: writes(function, constants), excused)


def _pointless(tree: ast.Module, wanted: Callable[[Function], bool], excused: Collection[str]) -> set[str]:
    """Return the wanted functions of a module that have no point of theirs, nor all who call them."""
    outer = list(_outer(tree.body))
    safe = set(excused) | {
        one.name
        for one in outer
        if "around(" in " ".join(map(ast.unparse, one.decorator_list)) or "reach(" in ast.unparse(one)
    }
    named_by = [(one, _names(one)) for one in outer]
    callers = {
        one.name: {other.name for other, names in named_by if other is not one and one.name in names}
        for one in outer
    }
    while True:
        more = {name for name, by in callers.items() if name.startswith("_") and by and by <= safe} - safe
        if not more:
            return {one.name for one in outer if wanted(one)} - safe
        safe |= more


def _outer(body: Sequence[ast.stmt]) -> Iterator[Function]:
    """Yield the functions and methods that stand in no other function."""
    for node in body:
        if isinstance(node, Function):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from _outer(node.body)


def _names(function: Function) -> set[str]:
    """Return what a function names: whatever it calls is among it."""
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Name | ast.Attribute)
    }


def test_every_write_has_a_name_or_a_reason() -> None:
    """No function changes a database without a point of its own, or one of who calls it, or a reason."""
    found = {
        place: left
        for place, tree in modules("INSERT|UPDATE|DELETE|REPLACE")
        if not place.startswith("runtime/mending/")  # see BESIDE
        and (left := unnamed(tree, BY_THE_COMMIT.get(place, ())))
    }
    assert found == {}
    for place, tree in modules("sqlite3|[.]execute"):
        names = {function.name for function in _outer(tree.body)}
        assert BY_THE_COMMIT.get(place, set()) <= names, f"what is excused in {place} is gone"


def test_every_file_written_has_a_name_or_a_reason() -> None:
    """No function makes, changes or removes a file without a point, or a reason that still holds for it."""
    found = {
        place: left
        for place, tree in modules()
        if place.startswith(("runtime/", "ravi/", "durable"))
        and not place.startswith(file_writes.ALONE)
        and (left := _pointless(tree, writes_file, ()))
    }
    new = {place: left for place, names in found.items() if (left := names - file_writes.excused(place))}
    assert new == {}, "give it a point (`around`), or a reason in tests/reliability/steps/file_writes.py"
    for reason, places in file_writes.REASONS.items():
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
    assert unnamed(ast.parse(source)) == {"put"}
    assert (
        unnamed(
            ast.parse(
                f"@around(Point.X)\n{source.partition(chr(10))[2]}".replace("_INSERT", "'UPDATE t SET x'")
            )
        )
        == set()
    )
    inner = "def _in(db):\n    db.execute('DELETE FROM t')\n@around(P.X)\ndef a(db): _in(db)\n"
    assert unnamed(ast.parse(inner)) == set()
    assert unnamed(ast.parse(f"{inner}def b(db): _in(db)\n")) == {"_in"}


@pytest.mark.parametrize(
    "body",
    [
        "path.write_text('x')",
        "new.replace(path)",
        "os.replace(new, path)",
        "os.fsync(descriptor)",
        "os.open(path, os.O_WRONLY | os.O_CREAT)",
        "path.unlink(missing_ok=True)",
        "path.touch()",
        "path.open('ab')",
        "open(path, mode='w')",
        "shutil.rmtree(path)",
    ],
)
def test_the_gate_finds_a_file_that_is_written(body: str) -> None:
    """Each way to change a file is found, and is none with a point."""
    source = f"def put(path):\n    {body}\n"
    assert _pointless(ast.parse(source), writes_file, ()) == {"put"}
    assert _pointless(ast.parse(f"@around(Point.X)\n{source}"), writes_file, ()) == set()


@pytest.mark.parametrize(
    "body", ["text.replace('a', 'b')", "moment.replace(tzinfo=UTC)", "path.open('rb')", "open(path)"]
)
def test_the_gate_lets_reading_pass(body: str) -> None:
    """What only looks like it, or reads, needs no point."""
    assert _pointless(ast.parse(f"def look(path):\n    {body}\n"), writes_file, ()) == set()
