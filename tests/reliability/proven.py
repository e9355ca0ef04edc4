"""Which tests prove which promise: found by the id in their names, and written down in COVERAGE.md.

python -m tests.reliability.proven          prints the page
python -m tests.reliability.proven --write  writes it
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from tests.checkout import ROOT
from tests.reliability.promises import PROMISES, TABLES, Promise

PAGE = ROOT / "tests" / "reliability" / "COVERAGE.md"
_NAME = re.compile(r"test_([a-g][0-9]{1,2})_\w+")
_INTRODUCTION = """\
# What is promised, and which tests prove it

Each promise has an id. A test that proves it has the id in its name: `pytest -k test_c5_` runs those of C5.
Tests marked *long* are not part of every run; `pytest -m long` runs them. Figures were measured on two cores
with other work beside it; what a machine does not reach is said with what it does.
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
    """

    row: str
    file: str
    name: str
    long: bool


@cache
def proofs() -> dict[str, list[Proof]]:
    """Return all tests that have an id in their names, by id, those of every run first."""
    found: dict[str, list[Proof]] = {}
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        text = file.read_text()
        if _NAME.search(text) is None:
            continue
        where = file.relative_to(ROOT).as_posix()
        for proof in _of(ast.parse(text), where):
            found.setdefault(proof.row, []).append(proof)
    return {row: sorted(tests, key=lambda one: (one.long, one.file)) for row, tests in found.items()}


def _of(tree: ast.Module, file: str) -> Iterator[Proof]:
    whole = any(
        isinstance(node, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in node.targets)
        and _says_long(node.value)
        for node in tree.body
    )
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            match = _NAME.fullmatch(node.name)
            if match is not None:
                long = whole or any(_says_long(one) for one in node.decorator_list)
                yield Proof(match[1].upper(), file, node.name, long)


def _says_long(node: ast.expr) -> bool:
    """Whether a mark, or one of a list of them, is that of long tests; those of parameters are not asked."""
    marks = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
    return any(ast.unparse(mark).removeprefix("pytest.") == "mark.long" for mark in marks)


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
        files.setdefault(test.file.removeprefix("tests/"), []).append(
            f"{short} *(long)*" if test.long else short
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
