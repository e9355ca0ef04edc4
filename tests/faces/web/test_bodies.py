"""Bodies and queries; tests/reliability/test_web_faults.py sends those that are slow or huge."""

import json
from typing import TypedDict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.web.bodies import DEEPEST, parse, read_query
from constellagent.faces.web.problems import HttpError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


class Query(TypedDict, total=False):
    """Parameters."""

    path: str
    names: list[str]


@given(JSON)
def test_json_is_taken_as_it_is(value: object) -> None:
    """What is JSON comes back as the same value."""
    assert parse(json.dumps(value).encode()) == value


@given(st.binary())
def test_e10_any_bytes_are_json_or_refused(data: bytes) -> None:
    """No bytes are a defect."""
    try:
        parse(data)
        status = 200
    except HttpError as error:
        status = error.status
    assert status in {200, 400}


def test_e10_depth_has_a_limit() -> None:
    """As deep as allowed passes, one more does not."""
    assert parse(b"[" * DEEPEST + b"]" * DEEPEST)
    with pytest.raises(HttpError, match="in each other"):
        parse(b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1))


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1"])
def test_a_body_is_utf_8_and_nothing_else(coding: str) -> None:
    """No other way to write the same text is guessed."""
    with pytest.raises(HttpError, match="not JSON"):
        parse('{"a": "\xe4"}'.encode(coding))
    with pytest.raises(HttpError, match="not JSON"):
        parse(b'{"a": "\xed\xb2\x80"}')  # a lone surrogate is written as an escape
    assert parse(b'{"a": "\\udc80"}') == {"a": "\udc80"}


def test_bytes_in_a_query_become_surrogates() -> None:
    """A path that is no UTF-8 reaches the handler as `os.fsdecode` would say it."""
    assert read_query("path=a%ffb%C3%A9+c", Query) == {"path": "a\udcffb\u00e9 c"}
    assert read_query("", Query) == {}
    assert read_query("", None) == {}


def test_a_parameter_may_come_twice_only_where_it_is_a_list() -> None:
    """Of two values of one thing nobody could say which is meant."""
    assert read_query("names=a&names=b", Query) == {"names": ["a", "b"]}
    for text in ("path=a&path=b", "more=1"):
        with pytest.raises(HttpError) as caught:
            read_query(text, Query)
        assert caught.value.status == 422
    with pytest.raises(HttpError, match="no parameters"):
        read_query("path=a", None)
    with pytest.raises(HttpError, match="more than"):
        read_query("&".join(["names=a"] * 201), Query)
