"""Which tests prove which promise: found by the id in their names, and written down in COVERAGE.md.

python -m tests.reliability.proven          prints the page
python -m tests.reliability.proven --write  writes it
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.checkout import ROOT
from tests.reliability.promises import PROMISES, TABLES, Promise

_Function = ast.FunctionDef | ast.AsyncFunctionDef
PAGE = ROOT / "tests" / "reliability" / "COVERAGE.md"
_NAME = re.compile(r"test_([a-g][0-9]{1,2})_\w+")
_INTRODUCTION = """\
# What is promised, and which tests prove it

Each promise has an id. A test that proves it has the id in its name: `pytest -k test_c5_` runs those of C5.
Tests marked *long* are not part of every run; `pytest -m long` runs them. Those marked *needs* are left out
where something is not there: root for a small disk, a control group, another program. Most of them read
`/proc` and run on Linux only. Every promise that is not said to be unproven as a whole has a test that is
neither. Figures were measured on two cores with other work beside it; what a machine does not reach is said
with what it does. Long tests assert the figures of their promises for a quiet machine; where a test of every
run asserts a time at all, it leaves room for the other work of the machine that runs it.
This page is written by `python -m tests.reliability.proven --write` from the names of the tests and from
`tests/reliability/promises.toml`; a test fails where it is out of date.
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """One test.

    Attributes:
        row: the id of the promise, in capitals.
        file: where it is, below the repository.
        name: of its function.
        long: whether it is left out of an ordinary run.
        needs: whether it is left out where something beside the usual system is not there.
    """

    row: str
    file: str
    name: str
    long: bool
    needs: bool = False

    @property
    def everywhere(self) -> bool:
        """Whether it is part of every run."""
        return not self.long and not self.needs


@cache
def proofs() -> dict[str, list[Proof]]:
    """Return all tests that have an id in their names, by id, those of every run first."""
    found: dict[str, list[Proof]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        text = file.read_text()
        if _NAME.search(text) is None:
            continue
        where = file.relative_to(ROOT).as_posix()
        for proof in _of(ast.parse(text), where, _fixtures_of(file)):
            found.setdefault(proof.row, []).append(proof)
    return {
        row: sorted(tests, key=lambda one: (one.long, one.needs, one.file)) for row, tests in found.items()
    }


def without(found: Mapping[str, Sequence[Proof]], promises: Mapping[str, Promise]) -> list[str]:
    """Return the ids of the promises that have no test in every run, and do not say that they have none."""
    return [
        row
        for row, promise in promises.items()
        if not promise.untested and not any(test.everywhere for test in found.get(row, []))
    ]


def _fixtures_of(file: Path) -> list[_Function]:
    """Return what the `conftest.py` of a test's folder, and of those above it, have for it."""
    shared = (folder / "conftest.py" for folder in file.parents if folder.is_relative_to(ROOT / "tests"))
    return [one for each in shared if each.exists() for one in _functions(ast.parse(each.read_text()))]


def _functions(tree: ast.Module) -> list[_Function]:
    return [node for node in tree.body if isinstance(node, _Function)]


def _of(tree: ast.Module, file: str, fixtures: Sequence[_Function] = ()) -> Iterator[Proof]:
    functions = _functions(tree)
    named = _named(tree)
    shared = named.get("pytestmark", [])
    skipping = _skipping([*fixtures, *functions])
    for node in functions:
        match = _NAME.fullmatch(node.name)
        if match is not None:
            own = (mark for one in node.decorator_list for mark in _marks(one, named))
            marks = [*shared, *own]
            long = any(_says_long(one) for one in marks)
            needs = node.name in skipping or any(_says_needs(one) for one in marks)
            yield Proof(match[1].upper(), file, node.name, long, needs)


def _named(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """Return the marks that a file gives names to, `pytestmark` among them."""
    found: dict[str, list[ast.expr]] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found[target.id] = _marks(node.value, found)
    return found


def _marks(node: ast.expr, named: Mapping[str, list[ast.expr]]) -> list[ast.expr]:
    """Return a mark, those of a list, or those that a name stands for; those of parameters are not asked."""
    if isinstance(node, ast.List | ast.Tuple):
        return [mark for one in node.elts for mark in _marks(one, named)]
    return named.get(node.id, [node]) if isinstance(node, ast.Name) else [node]


def _says_long(mark: ast.expr) -> bool:
    return ast.unparse(mark).removeprefix("pytest.") == "mark.long"


def _says_needs(mark: ast.expr) -> bool:
    """Whether a mark leaves a test out for more than the kind of system; `sys.platform` is said of all."""
    said = ast.unparse(mark).removeprefix("pytest.")
    return said.startswith("mark.skipif(") and not said.startswith("mark.skipif(sys.platform ")


def _skipping(functions: Sequence[_Function]) -> set[str]:
    """Return those that call `pytest.skip`, or use one that does: as a fixture, or by calling it."""
    used = {one.name: {*_words(one)} for one in functions}
    found = {name for name, words in used.items() if "pytest.skip" in words}
    while more := {name for name, words in used.items() if words & found} - found:
        found |= more
    return found


def _words(function: _Function) -> Iterator[str]:
    """Return the names in a function, and of its parameters: a fixture is asked for by one."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)


def page() -> str:
    """Return the page."""
    found = proofs()
    parts = [_INTRODUCTION]
    for letter, title in TABLES.items():
        rows = {row: promise for row, promise in PROMISES.items() if row[0] == letter}
        parts.append(f"\n## {letter}: {title}\n\n| | promise | tests | figure |\n|---|---|---|---|\n")
        parts += [_row(row, promise, found.get(row, [])) for row, promise in rows.items()]
    parts.append("\n## Not proven, and why\n\n")
    parts += [f"- **{row}**: {promise.unproven}\n" for row, promise in PROMISES.items() if promise.unproven]
    return "".join(parts)


def _row(row: str, promise: Promise, tests: list[Proof]) -> str:
    files: dict[str, list[str]] = {}
    for test in tests:
        short = test.name.removeprefix(f"test_{row.lower()}_")
        marks = ", ".join(["long"] * test.long + ["needs"] * test.needs)
        files.setdefault(test.file.removeprefix("tests/"), []).append(
            f"{short} *({marks})*" if marks else short
        )
    told = "<br>".join(f"`{file}`: {', '.join(names)}" for file, names in files.items())
    return f"| {row} | {promise.text} | {told} | {promise.figure} |\n"


def main(args: list[str]) -> None:
    """Print the page, or write it."""
    if args == ["--write"]:
        PAGE.write_text(page())
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main(sys.argv[1:])
