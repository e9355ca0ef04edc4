"""The API's description."""

import re
from pathlib import Path
from typing import Any

import pytest

from constellagent.faces.web.openapi import document, render
from constellagent.faces.web.routing import Call, Route
from constellagent.faces.web.serving import OPERATIONS, description
from tests.golden_option import comparing

FOLDER = Path(__file__).parents[3] / "schemas"


def test_e11_the_committed_description_is_fresh(request: pytest.FixtureRequest) -> None:
    """The file is what the routes say; `constellagent schema --api` writes it."""
    comparing(request, FOLDER)("openapi.json", render(description()))


def test_every_operation_is_described_once() -> None:
    """Each has a name of its own, a summary, a scope, and says how it fails."""
    found = [one for methods in description()["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in found}) == len(found) >= len(OPERATIONS)
    for one in found:
        assert one["summary"]
        assert one["description"]
        assert {"401", "403", "404", "422", "503", "500"} <= one["responses"].keys()


def test_every_reference_leads_somewhere() -> None:
    """Nothing refers to a shape that is not there, and no shape is there that nothing refers to."""
    told = render(description())
    there = set(description()["components"]["schemas"])
    named = set(re.findall(r'"#/components/schemas/(\w+)"', told))
    assert named <= there
    assert there - named <= {"ApplyResult"}


def test_links_name_operations_and_parameters_that_exist() -> None:
    """A stateful test follows them: each leads to an operation that has all the parameters it gives."""
    operations = {
        one["operationId"]: {parameter["name"] for parameter in one["parameters"]}
        for methods in description()["paths"].values()
        for one in methods.values()
    }
    links = [
        link
        for methods in description()["paths"].values()
        for one in methods.values()
        for answer in one["responses"].values()
        for link in answer.get("links", {}).values()
    ]
    assert len(links) > 10
    for link in links:
        assert link["parameters"].keys() <= operations[link["operationId"]]


def test_two_operations_with_one_name_are_refused() -> None:
    """A name that stands for two operations would leave one of them out of every generated client."""

    async def nothing(call: Call) -> Any:
        return call.body

    routes = [Route("GET", path, nothing, "x", None) for path in ("/run", "/runs/{run}")]
    with pytest.raises(ValueError, match="same name"):
        document(routes)
