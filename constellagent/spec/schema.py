"""The JSON Schema of constellation.yaml, generated from the models, so that editors complete and check it.

It says what one value may be; rules between parts of a file are only in `spec.load`.
"""

import json
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from constellagent.spec.durations import format_duration
from constellagent.spec.models import Constellation

ID = "constellation.schema.json"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Generator(GenerateJsonSchema):
    """Writes defaults in the words of the file."""

    def encode_default(self, dft: Any) -> Any:
        return format_duration(dft) if isinstance(dft, timedelta) else super().encode_default(dft)


def json_schema() -> dict[str, Any]:
    """Return the schema as a value."""
    generated = Constellation.model_json_schema(schema_generator=_Generator)
    _tidy(generated)
    head = {"$schema": DIALECT, "$id": ID, "title": "constellation.yaml"}
    return {**head, **{key: value for key, value in generated.items() if key not in head}}


def render() -> str:
    """Return the schema as the text of its file."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _tidy(schema: Any) -> None:
    """Close maps whose keys have a form, and drop titles that only repeat a key."""
    if isinstance(schema, list):
        for part in schema:
            _tidy(part)
    if not isinstance(schema, dict):
        return
    if "patternProperties" in schema:
        schema["additionalProperties"] = False
    if isinstance(schema.get("title"), str):
        del schema["title"]
    for part in schema.values():
        _tidy(part)
