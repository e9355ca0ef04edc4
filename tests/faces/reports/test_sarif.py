"""SARIF 2.1.0."""

import json
import os
from pathlib import PurePath
from typing import Any
from urllib.parse import unquote_to_bytes

import jsonschema
from hypothesis import given

from constellagent.faces.reports import sarif
from constellagent.faces.reports.outcome import Outcome
from constellagent.plan.findings import RULES
from tests.faces.reports.outcomes import EMPTY, ERROR, FILE, OUTCOMES, PATHS

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
REGION = {
    "type": "object",
    "required": ["startLine"],
    "additionalProperties": False,
    "properties": {
        "startLine": {"type": "integer", "minimum": 1},
        "startColumn": {"type": "integer", "minimum": 1},
    },
}
PLACE = {
    "type": "object",
    "required": ["artifactLocation"],
    "additionalProperties": False,
    "properties": {
        "artifactLocation": {
            "type": "object",
            "required": ["uri"],
            "properties": {"uri": {"type": "string", "pattern": "^[A-Za-z0-9%/:._~@!$&'()*+,;=-]*$"}},
        },
        "region": REGION,
    },
}
RULE = {
    "type": "object",
    "required": ["id"],
    "additionalProperties": False,
    "properties": {
        "id": {"type": "string"},
        "name": {"type": "string"},
        "shortDescription": TEXT,
        "fullDescription": TEXT,
        "help": TEXT,
        "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
    },
}
RESULT = {
    "type": "object",
    "required": ["message"],
    "additionalProperties": False,
    "properties": {
        "ruleId": {"type": "string"},
        "ruleIndex": {"type": "integer", "minimum": 0},
        "level": LEVEL,
        "message": {"type": "object", "required": ["text"]},
        "locations": {
            "type": "array",
            "items": {"type": "object", "properties": {"physicalLocation": PLACE}},
        },
        "partialFingerprints": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
RUN = {
    "type": "object",
    "required": ["tool"],
    "additionalProperties": False,
    "properties": {
        "tool": {
            "type": "object",
            "required": ["driver"],
            "properties": {
                "driver": {
                    "type": "object",
                    "required": ["name"],
                    "properties": {"rules": {"type": "array", "uniqueItems": True, "items": RULE}},
                }
            },
        },
        "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
        "results": {"type": "array", "items": RESULT},
    },
}
REQUIRED = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": RUN},
    },
}
"""The parts of the standard's schema that a log of ours has, with what it requires of them."""


def results(*outcomes: Outcome) -> list[dict[str, Any]]:
    """Return the results of a log that keeps the schema."""
    log = json.loads(json.dumps(sarif.document(outcomes)))
    jsonschema.validate(log, REQUIRED)
    found: list[dict[str, Any]] = log["runs"][0]["results"]
    return found


def test_each_finding_is_a_result() -> None:
    """With its rule, its level and its region; a problem of the file has no rule, and here no region."""
    error, warning, info, bad = results(FILE, EMPTY)
    assert (error["ruleId"], error["ruleIndex"], error["level"]) == ("CS003", 2, "error")
    assert error["locations"] == [
        {
            "physicalLocation": {
                "artifactLocation": {"uri": "c.yaml"},
                "region": {"startLine": 3, "startColumn": 7},
            }
        }
    ]
    assert (warning["level"], warning["message"]["text"]) == ("warning", "a/n: 100% too often\nwrite less")
    assert info["level"] == "note"
    assert "ruleId" not in bad
    assert bad["locations"] == [{"physicalLocation": {"artifactLocation": {"uri": "sub%20dir/d.yaml"}}}]


def test_the_tool_knows_its_rules() -> None:
    """Every rule has words that help and its own level."""
    (run,) = sarif.document([])["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert rules[2]["name"] == "NeverFires"
    assert {rule["defaultConfiguration"]["level"] for rule in rules} == {"error", "warning", "note"}


def test_a_fingerprint_stays_while_the_line_moves() -> None:
    """It is that of the rule and the schedule, counted where one has several."""
    moved = ERROR.__class__("CS003", "error", "a/m", 30, 1, "other words")
    twice = Outcome("c.yaml", ("a/m",), (ERROR, moved), 0, ())
    prints = [result["partialFingerprints"]["schedule/v1"] for result in results(twice)]
    assert len(set(prints)) == 2
    assert results(FILE)[0]["partialFingerprints"]["schedule/v1"] == prints[0]
    assert (
        results(Outcome("c.yaml", (), (moved,), 0, ()))[0]["partialFingerprints"]["schedule/v1"] == prints[0]
    )


@given(PATHS)
def test_paths_are_uris(path: str) -> None:
    """A relative path stays relative, whatever is in it, and is read back as the same bytes."""
    found = sarif.uri(path.lstrip("/"))
    assert not found.startswith("/")
    assert ":" not in found
    assert unquote_to_bytes(found) == os.fsencode(PurePath(path.lstrip("/")).as_posix())


def test_an_absolute_path_is_a_file_uri() -> None:
    """A file that lies elsewhere is named as such."""
    assert sarif.uri("/tmp/a b.yaml") == "file:///tmp/a%20b.yaml"


@given(OUTCOMES)
def test_any_words_keep_the_schema(outcomes: list[Outcome]) -> None:
    """The log of any outcome has what the standard requires."""
    assert len(results(*outcomes)) == sum(len(outcome.findings) for outcome in outcomes)
