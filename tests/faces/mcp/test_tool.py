"""What a tool says of itself."""

from typing import Any

import jsonschema
import pytest

from constellagent.faces.mcp.serve import FLEET_TOOLS, TOOLS, describe
from constellagent.faces.mcp.tool import Tool

_META = jsonschema.Draft202012Validator
_EVERY: dict[str, Tool[Any]] = {**TOOLS, **FLEET_TOOLS}


@pytest.mark.parametrize("tool", _EVERY.values(), ids=_EVERY)
def test_every_tool_is_fit_to_be_read_by_a_model(tool: Tool[Any]) -> None:
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


def test_the_tools_of_a_fleet() -> None:
    """Those that act are not among those that only look, and no name is that of an identity's tool."""
    reads = {name for name, tool in FLEET_TOOLS.items() if tool.reads}
    assert reads == {"fleet_list_agents", "fleet_read_screen", "fleet_wait", "fleet_diff"}
    assert FLEET_TOOLS.keys() - reads == {"fleet_send", "fleet_run", "fleet_stop"}
    assert all(name.startswith("fleet_") for name in FLEET_TOOLS)
    assert not FLEET_TOOLS.keys() & TOOLS.keys()
