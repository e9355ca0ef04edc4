"""What a tool says of itself."""

import jsonschema
import pytest

from constellagent.faces.mcp.serve import TOOLS, describe
from constellagent.faces.mcp.tool import Tool

_META = jsonschema.Draft202012Validator


@pytest.mark.parametrize("tool", TOOLS.values(), ids=TOOLS)
def test_every_tool_is_fit_to_be_read_by_a_model(tool: Tool) -> None:
    """Schemas are valid, every argument is described, and the description is more than a name."""
    listed = describe(tool)
    for schema in (listed.input_schema, listed.output_schema or {}):
        _META.check_schema(schema)
    assert listed.input_schema["additionalProperties"] is False
    assert all(shape.get("description") for shape in (*tool.takes.values(), *tool.gives.values()))
    assert tool.optional <= tool.takes.keys()
    assert len(tool.about) > 20
    assert not (tool.reads and (tool.destroys or tool.outside))


def test_the_list_of_tools_is_the_one_that_was_promised() -> None:
    """The names that agents are told of exist."""
    promised = {
        "ravi_get_email", "ravi_get_phone", "ravi_get_owner", "ravi_inbox_email", "ravi_inbox_sms",
        "ravi_otp", "ravi_email_send", "ravi_email_reply", "ravi_sms_send", "ravi_passwords_list",
        "ravi_passwords_get", "ravi_passwords_create", "ravi_passwords_update", "ravi_passwords_delete",
        "ravi_passwords_generate", "ravi_secrets_list", "ravi_secrets_get", "ravi_secrets_set",
        "ravi_secrets_delete", "ravi_contacts_search",
    }  # fmt: skip
    assert promised <= TOOLS.keys()
