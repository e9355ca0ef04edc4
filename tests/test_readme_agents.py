"""docs/agents.md cannot lie: what it calls proven names a test of the tree, and its commands are run."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from constellagent.agents.start import KINDS
from constellagent.faces.cli.kind_checks import judged
from constellagent.spec.load import load
from tests import readme_tour
from tests.checkout import ROOT, Clone, clone_tree, lived_in
from tests.programs import PROGRAMS
from tests.readme_proofs import PROOFS, named
from tests.readme_tables import AGENTS

TEXT = AGENTS.read_text(encoding="utf-8")
KNOWN = {name: kind for name, kind in KINDS.items() if kind.program}


@cache
def _tests(file: str) -> set[str]:
    """Return the names of the tests in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in tree.body if isinstance(node, functions) and node.name.startswith("test_")}


@cache
def _kinds(file: str) -> set[str]:
    """Return the kinds that a file of tests names, itself or by a list that it has from elsewhere."""
    text = (ROOT / file).read_text(encoding="utf-8")
    module = importlib.import_module(file.removesuffix(".py").replace("/", "."))
    lists = [value for value in vars(module).values() if isinstance(value, tuple | dict)]
    recorded = {one.kind for one in getattr(module, "RECORDINGS", ())}
    return recorded | {kind for kind in KNOWN if f'"{kind}"' in text or any(kind in value for value in lists)}


def test_every_kind_has_a_cell_in_every_row() -> None:
    """A kind that comes or goes does so in the table of what is proven, too."""
    for what, cells in PROOFS.items():
        assert cells.keys() == KNOWN.keys(), what


@pytest.mark.parametrize(("kind", "test"), sorted(set(named())))
def test_what_is_proven_names_its_test(kind: str, test: str) -> None:
    """The test is there, and its file knows that kind."""
    file, _, name = test.partition("::")

    assert name in _tests(file)
    assert kind in _kinds(file), f"{file} does not run {kind}"


@pytest.mark.parametrize(
    ("what", "offers"),
    [
        ("tells its state by hooks", {name for name, kind in KNOWN.items() if kind.hooks}),
        ("reads its own inbox by MCP", {name for name, kind in KNOWN.items() if kind.mcp}),
        (
            "`restart` goes on with its conversation",
            {name for name, kind in KNOWN.items() if kind.keeps_conversations},
        ),
        ("a run ends with a verdict", {name for name, kind in KNOWN.items() if judged(kind)}),
        (
            "nothing is typed behind a draft",
            {name for name, kind in KNOWN.items() if kind.signs.draft},
        ),
    ],
)
def test_what_is_offered_is_what_the_kind_says(what: str, offers: set[str]) -> None:
    """Hooks, MCP, conversations, verdicts and drafts are offered by those kinds whose module has them."""
    assert {kind for kind, cell in PROOFS[what].items() if cell.grade != "not offered"} == offers


def test_a_condition_is_told_where_a_kind_has_one() -> None:
    """What works only with a profile of the agent's own says so."""
    for name, kind in KNOWN.items():
        for what in ("tells its state by hooks", "reads its own inbox by MCP"):
            assert ("profile: agent" in PROOFS[what][name].note) == kind.needs_profile, (name, what)


@pytest.mark.parametrize("kind", KNOWN)
def test_the_tested_versions_are_those_that_tests_install(kind: str) -> None:
    """The oldest and the newest version of a kind are pinned, and nothing in the table is newer."""
    facts = next(one.facts for name, one in KNOWN.items() if name == kind)
    pinned = [one.version for one in PROGRAMS if one.kind == kind]

    assert facts.tested == (pinned[-1], pinned[0])


def test_the_examples_load() -> None:
    """Every YAML block is a whole constellation without a problem in it."""
    blocks = [block.text for block in readme_tour.blocks(TEXT) if block.language == "yaml"]

    assert blocks
    for block in blocks:
        load(block.encode(), "docs/agents.md")


@pytest.fixture
def stranger() -> Iterator[Clone]:
    """A fresh clone in which nothing was applied yet; its path is short, as a person's is."""
    with (
        TemporaryDirectory(dir=Path("/tmp").resolve()) as folder,
        lived_in(clone_tree(Path(folder))) as clone,
    ):
        yield clone


@pytest.mark.timeout(600)
def test_its_commands_do_what_is_shown(stranger: Clone) -> None:
    """Each command of the document, run in order in a fresh clone, says what is shown."""
    tour = list(readme_tour.steps(TEXT))
    assert tour

    readme_tour.take(stranger, tour)
