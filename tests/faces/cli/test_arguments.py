"""The quick reader of a command line, held against typer, the careful one."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.cli import app, arguments
from constellagent.faces.cli.declare import Agents, Argument, File, Json, Option, Rest

Call = dict[str, Any]

USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]
"""Typer gives the class of all its usage errors no public name."""


def one_of_each(
    first: Annotated[str, Argument("FIRST", "A required one.")],
    second: Annotated[str | None, Argument("SECOND", "One that may be left out.")] = None,
    *,
    file: File = None,
    count: Annotated[int, Option(("--count", "-n"), "A number.", "N")] = 7,
    span: Annotated[float | None, Option(("--span",), "A fraction.", "S")] = None,
    names: Annotated[list[str] | None, Option(("--name",), "Repeatable.", "NAME")] = None,
    as_json: Json = False,
) -> int:
    """Take one parameter of each kind."""
    raise AssertionError((first, second, file, count, span, names, as_json))


def many(agents: Agents = None, *, file: File = None, as_json: Json = False) -> int:
    """Take any number of words."""
    raise AssertionError((agents, file, as_json))


def some(
    first: Annotated[str, Argument("FIRST", "One.")],
    words: Annotated[list[str], Argument("WORD", "At least one.")],
) -> int:
    """Take two words or more."""
    raise AssertionError((first, words))


def by_typer(function: Callable[..., int], words: Sequence[str]) -> Call | None:
    """Return what typer gives the function for these words, None where it refuses them."""
    got: list[Call] = []
    adapted = app._adapt(function, None)

    def catch(**values: Any) -> int:
        got.append(values)
        return 0

    catch.__annotations__ = adapted.__annotations__
    vars(catch)["__signature__"] = vars(adapted)["__signature__"]
    tree = typer.Typer(rich_markup_mode=None, add_completion=False)
    tree.command()(catch)
    try:
        tree(list(words), standalone_mode=False)
    except USAGE_ERROR:
        return None
    return got[0] if got else None


PLAIN = ("a", "b", "12", "1.5", "-", "", "a=b", "-1", "-x", "-h", "--zzz")
FLAGS = (
    *("--json", "--json=1", "-f", "-f=c", "--file", "--file=c.yaml", "--count", "--count=3", "-n", "-n3"),
    *("--span", "--span=x", "--name", "--name=", "--name=z"),
)
WORDS = st.lists(
    st.sampled_from([*PLAIN, *FLAGS]),
    max_size=6,
)


@pytest.mark.parametrize("function", [one_of_each, many, some], ids=lambda function: function.__name__)
@given(words=WORDS)
def test_reads_as_typer_does(function: Callable[..., int], words: list[str]) -> None:
    """Whatever the quick reader accepts, typer reads the same; whatever it leaves, typer decides about."""
    quick = arguments.read(function, words)
    if quick is not None:
        assert by_typer(function, words) == quick


def test_takes_the_plain_cases() -> None:
    """A well-formed call does not need typer."""
    plain = {
        "first": "a",
        "second": None,
        "file": None,
        "count": 7,
        "span": None,
        "names": None,
        "as_json": False,
    }
    words = ["--name", "x", "a", "--name=y", "b", "-n", "3", "--span", "1.5", "-f", "c.yaml", "--json"]
    given = {"second": "b", "file": "c.yaml", "count": 3, "span": 1.5, "names": ["x", "y"], "as_json": True}
    assert arguments.read(one_of_each, ["a"]) == plain
    assert arguments.read(one_of_each, words) == plain | given


@pytest.mark.parametrize(
    "flags", ["-h", "--zzz", "--count x", "--file", "--json=1", "-n3", "b c", "--name -x"]
)
def test_leaves_the_rest_to_typer(flags: str) -> None:
    """A mistake, a request for help and an odd spelling are not decided here."""
    assert arguments.read(one_of_each, ["a", *flags.split()]) is None
    assert arguments.read(one_of_each, []) is None


def test_rest_is_not_a_word() -> None:
    """What follows `--` is given apart, so the parameter for it is never filled from the words."""

    def runs(
        agent: Annotated[str, Argument("AGENT", "Who.")], argv: Annotated[list[str] | None, Rest("A")] = None
    ) -> int:
        raise AssertionError((agent, argv))

    assert arguments.read(runs, ["docs"]) == {"agent": "docs", "argv": None}
    assert arguments.read(runs, ["docs", "x"]) is None
