"""The check of arguments, judged by a real validator of JSON Schema."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import UsageError
from constellagent.faces.mcp.serve import TOOLS
from constellagent.faces.mcp.shapes import accept

_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 1000),
    st.floats(allow_nan=False, min_value=-10, max_value=1e4),
    st.text(max_size=5),
    st.just("x" * 2000),
    st.lists(st.one_of(st.text(max_size=3), st.integers()), max_size=3),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1),
)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """Some tool, with some arguments under its own names, and sometimes others."""
    name = draw(st.sampled_from(sorted(TOOLS)))
    names = st.sampled_from([*TOOLS[name].takes, "other"])
    return name, draw(st.dictionaries(names, _VALUES, max_size=5))


@given(calls())
def test_accepts_what_the_schema_accepts(call: tuple[str, dict[str, Any]]) -> None:
    """Our own check and a real validator agree on every call, and what is accepted has every default."""
    name, arguments = call
    tool = TOOLS[name]
    valid = jsonschema.Draft202012Validator(tool.input_schema()).is_valid(arguments)
    # JSON Schema counts 5.0 as a whole number; a model that writes it is asked to write 5.
    whole = any(
        shape["type"] == "integer" and isinstance(arguments.get(key), float)
        for key, shape in tool.takes.items()
    )
    try:
        accepted = accept(tool, arguments)
    except UsageError:
        assert not valid or whole
        return
    assert valid
    assert accepted.keys() >= {key for key, shape in tool.takes.items() if "default" in shape}
    assert accepted.items() >= arguments.items()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"limit": 0}, "limit must be between 1 and 100"),
        ({"limit": True}, "limit must be of type integer"),
        ({"wait_seconds": 601}, "wait_seconds must be between 0 and 600"),
        ({"match": "x" * 201}, "match must be at most 200 characters long"),
        ({"unread": True}, "takes no argument 'unread'"),
    ],
)
def test_says_what_is_wrong(arguments: dict[str, Any], told: str) -> None:
    """The message names the argument and what it must be."""
    with pytest.raises(UsageError, match=told):
        accept(TOOLS["ravi_inbox_email"], arguments)


def test_says_what_is_missing() -> None:
    """A missing argument is named with its description."""
    with pytest.raises(UsageError, match="needs to: The recipient's address"):
        accept(TOOLS["ravi_email_send"], {"subject": "x", "body": "y"})
    with pytest.raises(UsageError, match="body must be not empty"):
        accept(TOOLS["ravi_email_send"], {"to": "a", "subject": "x", "body": ""})
    with pytest.raises(UsageError, match="cc must be a list, each of type string"):
        accept(TOOLS["ravi_email_send"], {"to": "a", "subject": "x", "body": "y", "cc": [1]})
