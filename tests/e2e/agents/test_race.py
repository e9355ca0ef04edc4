"""Three real coding agents on one prompt: compared, one kept, and the worktrees gone."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.e2e.agents.field import Field
from tests.e2e.agents.witness import speaking
from tests.programs import needs
from tests.reliability.lab import git

KINDS = ("claude", "codex", "copilot")
TELL_USAGE = {"claude", "codex"}
"""The kinds that say what they used, whoever the model is of."""
PROMPT = "Work.\n!write n.txt hello\n!run git add n.txt && git commit -q -m by-agent\n!say finished\n"

pytestmark = [pytest.mark.long, pytest.mark.timeout(300), *(needs(kind) for kind in KINDS)]


@pytest.fixture
def field() -> Iterator[Field]:
    """A place with one agent of each kind, named as its kind."""
    with Field(KINDS[0]) as place:
        blocks = ""
        for kind in KINDS:
            programs.link(kind, place.folder / "bin")
            place.kind = kind
            block = {"kind": kind, "autostart": False, **speaking(place, profile="person")}
            blocks += f"  {kind}: {json.dumps(block)}\n"
        place.write(f"agents:\n{blocks}")
        place.run("apply", "--yes")
        yield place


def test_three_kinds_race_and_one_is_kept(field: Field) -> None:
    """Each commits as itself on a branch of its own; the one that is kept is in the base, and all is tidy."""
    (field.folder / "prompt.md").write_text(PROMPT)
    ran = field.run("run", "--agents", ",".join(KINDS), "--prompt-file", str(field.folder / "prompt.md"))

    assert "over, 3 of 3 succeeded" in ran.stdout, ran.stdout + ran.stderr
    (listed,) = field.json("race", "list")
    view = field.json("race", "show", listed["race"])
    assert view["overlaps"] == [{"path": "n.txt", "agents": list(KINDS)}]
    for run in view["runs"]:
        kind = run["agent"]
        assert (run["state"], run["commits"], run["files"], run["added"]) == ("succeeded", 1, 1, 1), run
        assert (run["usage"] is not None) >= (kind in TELL_USAGE)
        said = git(field.repo, "log", "-1", "--format=%an %s", run["branch"]).strip()
        assert said == f"{kind} by-agent"
        shown = field.run("diff", kind, "--run", run["run"][:8]).stdout
        assert "+hello" in shown

    kept = field.run("race", "keep", listed["race"], "codex", "--yes")

    assert (field.repo / "n.txt").read_text() == "hello\n"
    assert git(field.repo, "log", "-1", "--format=%an", "main").strip() == "codex", kept.stdout
    assert not any(Path(run["path"]).exists() for run in view["runs"])
    branches = git(field.repo, "for-each-ref", "--format=%(refname:short)", "refs/heads/races").split()
    assert branches == sorted(run["branch"] for run in view["runs"])
    assert field.json("race", "show", listed["race"])["kept"] == "codex"
