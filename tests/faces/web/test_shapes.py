"""The shapes as they are checked and described."""

from typing import Any, Literal, NotRequired, TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.web.problems import HttpError
from constellagent.faces.web.shapes import body_check, list_parameters, parameters, query_check, schemas


class Inner(TypedDict):
    """What is inside."""

    name: str


class Shape(TypedDict):
    """All kinds of keys."""

    text: str
    count: NotRequired[int]
    share: NotRequired[float]
    flag: NotRequired[bool]
    kind: NotRequired[Literal["a", "b"]]
    inner: NotRequired[list[Inner]]
    maybe: NotRequired[str | None]
    free: NotRequired[dict[str, Any]]


class Query(TypedDict, total=False):
    """Parameters."""

    text: str
    count: int
    share: float
    flag: bool
    kind: Literal["a", "b"]
    names: list[str]


@given(st.text(alphabet=st.characters(codec=None, categories=None) | st.characters(categories=["Cs"])))
def test_text_survives(text: str) -> None:
    """Any text comes through as it is, lone surrogates among it."""
    assert body_check(Shape)({"text": text}) == {"text": text}
    assert query_check(Query)({"text": text}) == {"text": text}


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"text": 1}, "text"),
        ({"text": "x", "count": "1"}, "count"),
        ({"text": "x", "count": True}, "count"),
        ({"text": "x", "flag": 1}, "flag"),
        ({"text": "x", "kind": "c"}, "kind"),
        ({"text": "x", "inner": [{"name": 1}]}, "inner.0.name"),
        ({"text": "x", "inner": [{"name": "x", "more": 1}]}, "inner.0.more"),
        ({"text": "x", "share": float("inf")}, "share"),
        ({}, "text"),
        ({"text": "x", "more": 1}, "more"),
        ([], ""),
    ],
)
def test_a_body_fits_to_the_letter(value: Any, path: str) -> None:
    """Each key that does not fit is named, and nothing is turned into what would."""
    with pytest.raises(HttpError) as caught:
        body_check(Shape)(value)
    assert caught.value.status == 422
    assert [one["path"] for one in caught.value.more["problems"]] == [path]  # type: ignore[attr-defined]


def test_a_body_that_fits_is_taken() -> None:
    """Every kind of value, and a whole number where a broken one may stand."""
    value = {"text": "x", "count": 1, "share": 2, "flag": True, "kind": "a", "inner": [{"name": "y"}]}
    assert body_check(Shape)({**value, "maybe": None, "free": {"a": [1]}})["share"] == 2.0


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("count", "12", 12),
        ("count", "-1", -1),
        ("share", "1.5", 1.5),
        ("share", "2", 2.0),
        ("flag", "true", True),
        ("flag", "false", False),
        ("kind", "a", "a"),
        ("text", "true", "true"),
    ],
)
def test_a_parameter_is_written_in_one_way(name: str, text: str, value: object) -> None:
    """The text of a parameter becomes a value of its kind."""
    assert query_check(Query)({name: text}) == {name: value}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("count", " 1"),
        ("count", "01"),
        ("count", "1_0"),
        ("count", "1.0"),
        ("count", "9" * 20),
        ("count", ""),
        ("count", "\u0661"),
        ("share", "nan"),
        ("share", "1e5"),
        ("share", "inf"),
        ("flag", "1"),
        ("flag", "yes"),
        ("flag", "True"),
        ("kind", "c"),
        ("more", "x"),
    ],
)
def test_another_way_of_writing_it_is_refused(name: str, text: str) -> None:
    """What is accepted is exactly what is described."""
    with pytest.raises(HttpError, match=name):
        query_check(Query)({name: text})


def test_shapes_are_described() -> None:
    """Names, docstrings, required keys and closed objects; parameters one by one."""
    found, components = schemas([Shape])
    assert found[Shape] == {"$ref": "#/components/schemas/Shape"}
    assert components["Shape"]["required"] == ["text"]
    assert components["Shape"]["additionalProperties"] is False
    assert components["Inner"]["description"] == "What is inside."
    named = {
        name: (required, schema["type"]) for name, required, schema in parameters(Query) if "type" in schema
    }
    assert named["count"] == (False, "integer")
    assert named["flag"] == (False, "boolean")
    assert list_parameters(Query) == {"names"}
    assert parameters(None) == []
