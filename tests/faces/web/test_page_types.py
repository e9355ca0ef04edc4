"""The types of the page, which are written from the API's description."""

import pytest

from constellagent.faces.web.serving import description
from tests.golden_option import comparing
from tests.page_types import FILE, FOLDER, render, type_of


def test_the_types_of_the_page_are_fresh(request: pytest.FixtureRequest) -> None:
    """The page's sources hold exactly what the description says."""
    comparing(request, FOLDER)(FILE, render(description()))


def test_types_are_those_of_typescript() -> None:
    """Each kind of schema becomes the type that JSON has in a page."""
    assert type_of({"type": "array", "items": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}) == (
        "(number | null)[]"
    )
    assert type_of({"enum": ["a", "b"], "type": "string"}) == '"a" | "b"'
    assert type_of({"const": True}) == "true"
    assert type_of({"$ref": "#/components/schemas/X"}) == "X"
    assert type_of({"type": "object", "additionalProperties": {"type": "string"}}) == "Record<string, string>"
    assert type_of({}) == "unknown"
