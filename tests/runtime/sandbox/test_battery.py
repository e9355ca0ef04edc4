"""Tests for what the battery is asked, and for what its answers mean."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.sandbox import battery, places
from constellagent.runtime.sandbox.battery import Scene, judge, questions, started
from constellagent.runtime.sandbox.traps import Traps
from constellagent.runtime.sandbox_views import LineView
from tests.runtime.sandbox.yard import CONSTELLATION, Yard

WORD = "constellagent-verify-1"


def answered(**changes: Any) -> bytes:
    """Return the line of an answer, as a terminal shows it."""
    answer = {"name": "n", "kind": "kept", "failure": "", "tried": 1, "reached": [], "wrote": [], "said": ""}
    return f"{WORD} {json.dumps({**answer, **changes})}\r\n".encode()


def judged(kind: str = "kept", **changes: Any) -> LineView:
    """Return what one answer means."""
    (line,) = judge(WORD, answered(kind=kind, **changes), {"n": kind})
    return line


@pytest.mark.parametrize(
    ("kind", "tried", "reached", "outcome"),
    [
        ("kept", 3, [], "pass"),
        ("kept", 3, ["a"], "fail"),
        ("kept", 0, [], "nothing to try"),
        ("works", 1, ["a"], "pass"),
        ("works", 1, [], "fail"),
        ("shared", 1, ["a"], "not promised"),
        ("shared", 1, [], "pass"),
    ],
)
def test_what_is_reached_means_what_its_kind_says(
    kind: str, tried: int, reached: list[str], outcome: str
) -> None:
    """The impossible must not be reached, the necessary must, and what is shared is only told."""
    assert judged(kind, tried=tried, reached=reached)["outcome"] == outcome


def test_what_could_not_be_tried_has_failed() -> None:
    """Not knowing is not holding: nor is an answer that never came."""
    assert judged(failure="KeyError: x")["outcome"] == "fail"
    (missing,) = judge(WORD, b"Traceback\n", {"n": "kept"})
    assert (missing["outcome"], missing["tried"]) == ("fail", 0)


def test_a_file_that_arrived_outside_fails_the_line_and_is_removed(tmp_path: Path) -> None:
    """One that was made in a folder of the sandbox's own did not arrive."""
    arrived = tmp_path / "x"
    arrived.touch()

    line = judged(wrote=[str(arrived), str(tmp_path / "y")])

    assert (line["outcome"], line["reached"]) == ("fail", [f"{arrived} was written"])
    assert not arrived.exists()


@given(st.binary())
def test_no_output_makes_a_line_hold(output: bytes) -> None:
    """Whatever a terminal shows beside the answers, nothing is taken for one."""
    (line,) = judge(WORD, output, {"n": "kept"})
    assert line["outcome"] == "fail"


@given(st.one_of(st.none(), st.integers(), st.lists(st.integers()), st.dictionaries(st.text(), st.none())))
def test_an_answer_of_another_shape_is_none(value: Any) -> None:
    """It does not end the reading."""
    (line,) = judge(WORD, f"{WORD} {json.dumps(value)}\n".encode(), {"n": "kept"})
    assert line["outcome"] == "fail"


async def test_it_is_asked_about_everything_that_is_outside(yard: Yard) -> None:
    """The places of the state, of others and of the person, as they are, without what is the agent's."""
    (yard.folder / "person" / ".ssh").mkdir()
    (yard.folder / "person" / ".ssh" / "id").write_text("secret")
    (yard.folder / "person" / ".aws").mkdir()
    yard.paths.database.touch()
    ground = await yard.ground()
    scene = Scene(
        paths=yard.paths,
        ground=ground,
        person=yard.folder / "person",
        session="s1",
        worktrees=(yard.tree("one"), yard.tree("two")),
        branches=("agents/two",),
        profiles=yard.paths.profiles / CONSTELLATION / "one",
        pids=(os.getpid(), 1 << 30),
        env={"HOME": "/", "GIT_AUTHOR_EMAIL": "one@acme.test"},
    )

    told = questions(scene, Traps(WORD, (Path("/tmp/there"),), 80, "key"))

    assert told["siblings"] == [str(yard.tree("two"))]
    assert told["admins"] == [str(yard.admin("two"))]
    hidden = [place for place in told["hidden"] if place not in places.MACHINE]
    assert hidden == [str(yard.folder / "person" / ".ssh")]
    assert told["state"]["database"] == [str(yard.paths.database)]
    assert str(yard.tree("one")) not in json.dumps(told["state_folders"])
    assert told["main"] == [str(yard.repo)]
    assert told["processes"] == [(os.getpid(), started(os.getpid()))]
    assert {"HOME", "CONSTELLAGENT_SESSION"} <= set(told["variables"])
    assert (told["author"], told["listener"], told["network"]) == ("one@acme.test", 80, "host")
    assert (told["rows"], told["columns"]) == (battery.ROWS, battery.COLUMNS)
    assert json.loads(json.dumps(told))["nonce"] == WORD
