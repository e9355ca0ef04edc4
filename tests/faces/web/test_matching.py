"""Paths and the operations that they mean."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.web.matching import Table, decoded
from constellagent.faces.web.problems import HttpError


@dataclass(frozen=True)
class One:
    """An operation."""

    path: str


def table() -> Table[One]:
    """Return a table with names, parameters, and both in one place."""
    made: Table[One] = Table()
    for method, path in (
        ("GET", "/runs"),
        ("GET", "/runs/{run}"),
        ("POST", "/runs/{run}/stop"),
        ("DELETE", "/runs/{run}"),
        ("GET", "/runs/newest"),
        ("GET", "/agents/{agent}/texts/{conversation}"),
    ):
        made.add(method, One(path))
    return made


def test_a_path_is_found_with_its_parameters() -> None:
    """Parameters are decoded after the path was cut, so an encoded slash is part of a name."""
    assert table().find("GET", "/runs") == (One("/runs"), {})
    assert table().find("HEAD", "/runs/a%2Fb") == (One("/runs/{run}"), {"run": "a/b"})
    assert table().find("GET", "/agents/x/texts/%2B1%20%ff")[1] == {"agent": "x", "conversation": "+1 \udcff"}
    assert table().find("GET", "/runs/..")[1] == {"run": ".."}


def test_a_name_wins_over_a_parameter() -> None:
    """Where both fit, and only there: with another ending the parameter is tried."""
    assert table().find("GET", "/runs/newest")[0] == One("/runs/newest")
    assert table().find("POST", "/runs/newest/stop")[1] == {"run": "newest"}


@pytest.mark.parametrize(
    "path", ["", "/", "runs", "/runs/", "/run", "/runs/x/", "/runs//stop", "//runs", "/RUNS"]
)
def test_another_path_is_unknown(path: str) -> None:
    """Nothing is made to fit."""
    with pytest.raises(HttpError) as caught:
        table().find("GET", path)
    assert caught.value.status == 404


def test_another_method_is_told_which_there_are() -> None:
    """405 comes with the methods of the path."""
    with pytest.raises(HttpError) as caught:
        table().find("PUT", "/runs/x")
    assert (caught.value.status, caught.value.headers) == (405, {"Allow": "DELETE, GET, HEAD"})


def test_the_same_place_twice_is_a_mistake() -> None:
    """Names of parameters make no difference between two operations."""
    made = table()
    with pytest.raises(ValueError, match="two operations"):
        made.add("GET", One("/runs/{other}"))


@given(st.text())
def test_any_path_finds_or_fails_in_one_way(path: str) -> None:
    """No path is a defect."""
    try:
        table().find("GET", path)
        status = 200
    except HttpError as error:
        status = error.status
    assert status in {200, 404, 405}
    assert isinstance(decoded(path), str)
