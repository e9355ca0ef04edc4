"""The README cannot lie: its tables come from the code, its picture from the package, and its tour is run.

The tables of docs/agents.md, docs/web.md and docs/api.md are made and compared with it.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from ruamel.yaml import YAML

import constellagent
from constellagent.spec.load import load
from tests import readme_page, readme_tour
from tests.checkout import EXAMPLE, ROOT, Clone, clone_tree, free_the_port, lived_in
from tests.readme_tables import AGENTS, API, PAGE, README, TABLES, rewrite

TEXT = README.read_text(encoding="utf-8")
_BLOCKS = readme_tour.blocks(TEXT)


def _blocks(language: str) -> list[str]:
    """Return the text of the blocks of one language, in order."""
    return [block.text for block in _BLOCKS if block.language == language]


def _workflows() -> list[tuple[str, dict[str, Any]]]:
    """Return the text and the content of each workflow for users."""
    found = [block.text for block in _BLOCKS if block.file.startswith(".github/workflows/")]
    return [(text, YAML(typ="safe", pure=True).load(text)) for text in found]


def test_the_tables_are_what_the_code_says(request: pytest.FixtureRequest) -> None:
    """Keys, defaults, commands, exit codes and settings are in the documents, as they are in the code."""
    found: list[str] = []
    for document in (README, AGENTS, PAGE, API):
        text = document.read_text(encoding="utf-8")
        if request.config.getoption("--update-golden", default=False):
            text = rewrite(text)
            document.write_text(text, encoding="utf-8")
        found += re.findall(r"^<!-- table: ([a-z ]+) -->$", text, re.MULTILINE)
        assert text == rewrite(text), "`pytest tests/test_readme.py --update-golden` rewrites the tables"

    assert sorted(found) == sorted(TABLES)


def test_the_page_is_as_large_as_is_said(request: pytest.FixtureRequest) -> None:
    """Each part of the page, compressed, has the size that docs/web.md tells, or nearly so."""
    if not readme_page.built():
        pytest.skip("the page was not built: CONSTELLAGENT_PAGE=require pip install -e . builds it")
    text = PAGE.read_text(encoding="utf-8")
    if request.config.getoption("--update-golden", default=False):
        text = readme_page.MEASURED.sub(lambda _: readme_page.size_table(), text)
        PAGE.write_text(text, encoding="utf-8")
    told, measured = readme_page.stated(text), readme_page.sizes()

    assert {*told} == {*measured, "all"}
    assert told["all"] == pytest.approx(sum(measured.values()), rel=0.1)
    for part, size in measured.items():
        assert told[part] == pytest.approx(size, rel=0.2, abs=5_000), part


def test_the_picture_is_the_packages_own() -> None:
    """The layers in the README are those that the package's docstring draws."""
    doc = constellagent.__doc__ or ""
    picture = "".join(line for line in doc.splitlines(keepends=True) if line.startswith("    "))

    assert f"```\n{picture}```" in TEXT


def test_setting_up_takes_one_line_each() -> None:
    """Trying it out and testing it are one line each, which needs nothing but Python."""
    lines = [block for block in _blocks("sh") if block.startswith("python3 -m venv .venv && ")]

    assert [block.count("\n") for block in lines] == [1, 1]
    assert "apply -f constellation.example.yaml" in lines[0]
    assert "pytest" in lines[1]


def test_the_language_examples_load() -> None:
    """Every YAML block that is no workflow is a whole constellation without a problem in it."""
    workflows = [text for text, _ in _workflows()]
    blocks = [text for text in _blocks("yaml") if text not in workflows]

    assert blocks
    for block in blocks:
        load(block.encode(), "README.md")


def test_links_lead_somewhere() -> None:
    """Every relative link names a file of this tree, and every link within a document one of its headings."""
    for document in (README, AGENTS, PAGE, API):
        text = document.read_text(encoding="utf-8")
        targets = [target for target in re.findall(r"\]\(([^)]+)\)", text) if "://" not in target]

        assert targets
        for target in targets:
            name, _, heading = target.partition("#")
            led = document.parent / name if name else document
            assert led.exists(), target
            assert not heading or heading in _headings(led.read_text(encoding="utf-8")), target


def _headings(text: str) -> set[str]:
    """Return the names by which links lead to the headings of a document."""
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.fixture
def stranger() -> Iterator[Clone]:
    """A fresh clone in which the quick start's last command was run; its path is short, as a person's is."""
    install, _, start = _blocks("sh")[0].rpartition(" && ")
    assert install == "python3 -m venv .venv && .venv/bin/pip install -q ."
    with (
        TemporaryDirectory(dir=Path("/tmp").resolve()) as folder,
        lived_in(clone_tree(Path(folder))) as clone,
    ):
        free_the_port(clone)
        clone.run(*start.removeprefix(".venv/bin/").split())
        yield clone


@pytest.mark.timeout(600)
def test_the_tour_happens_as_shown(stranger: Clone) -> None:
    """Each command of the tour, run in order in a fresh clone, says what is shown (`...` is anything)."""
    tour = list(readme_tour.steps(TEXT))
    assert tour

    readme_tour.take(stranger, tour)


def test_the_workflows_are_as_careful_as_ours() -> None:
    """They run when the file changes, have no rights to spare, and use the releases of actions as we do."""
    ours = (ROOT / ".github" / "workflows" / "ci.yaml").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"uses: (\S+)@\w+ # (v\d+)", ours))

    assert len(_workflows()) == 2
    for _, workflow in _workflows():
        assert workflow["on"] == {"pull_request": {"paths": ["constellation.yaml"]}}
        (job,) = workflow["jobs"].values()
        uses = [step["uses"].split("@") for step in job["steps"] if "uses" in step]
        theirs = {name: version for name, version in uses if name.startswith("actions/")}
        assert theirs.keys() == {"actions/checkout", "actions/setup-python"}
        assert theirs.items() <= pinned.items()
        uploads = any(name == "github/codeql-action/upload-sarif" for name, _ in uses)
        rights = {"contents": "read"} | ({"security-events": "write"} if uploads else {})
        assert workflow["permissions"] == rights


@pytest.fixture
def checkout(tmp_path: Path) -> Clone:
    """A user's checkout, with the example as its constellation file."""
    clone = clone_tree(tmp_path)
    (clone.repo / EXAMPLE).rename(clone.repo / "constellation.yaml")
    return Clone(clone.repo, {**clone.env, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")})


def _commands(workflow: dict[str, Any]) -> list[str]:
    (job,) = workflow["jobs"].values()
    install, *commands = [step["run"] for step in job["steps"] if "run" in step]
    assert install == "pip install constellagent"
    return commands


def test_the_workflows_commands_work(checkout: Clone, tmp_path: Path) -> None:
    """They pass for the example, tell what is to run, and leave the findings where the upload finds them."""
    for _, workflow in _workflows():
        for command in _commands(workflow):
            checkout.run("bash", "-eo", "pipefail", "-c", command)

    assert "watch/morning" in (tmp_path / "summary.md").read_text()
    (step,) = [
        step for _, w in _workflows() for j in w["jobs"].values() for step in j["steps"] if "if" in step
    ]
    found = json.loads((checkout.repo / step["with"]["sarif_file"]).read_text())
    assert found["version"] == "2.1.0"
    assert not Path(checkout.env["CONSTELLAGENT_HOME"]).exists(), (
        "a check needs no daemon and leaves no state"
    )


def test_the_workflows_fail_for_a_bad_schedule(checkout: Clone) -> None:
    """A schedule that never fires ends the job, with a note beside the line or in the file for the upload."""
    file = checkout.repo / "constellation.yaml"
    file.write_text(file.read_text().replace('cron: "0 9 * * 1-5"', 'cron: "0 9 30 2 *"'))

    said = [
        checkout.run("bash", "-eo", "pipefail", "-c", _commands(workflow)[0], status=1).stdout
        for _, workflow in _workflows()
    ]

    assert said[0].startswith("::error file=constellation.yaml,line=")
    assert "CS003" in (checkout.repo / "schedules.sarif").read_text()
