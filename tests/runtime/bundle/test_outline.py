"""The form of a file stays, and its words do not."""

import json

from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.bundle.outline import outline

SAID = {
    "version": 1,
    "name": "ourproduct",
    "timezone": "Europe/London",
    "owner": {"email": "kim@example.com", "phone": 442079460958},
    "identities": {"provider": "local", "phone": True, "domain": "ours.example"},
    "agents": {
        "docs": {
            "kind": "claude",
            "command": ["program", "--token", "word"],
            "prompt": "write the words",
            "env": {"pass": ["OPENAI"], "set": {"NAME": "value", "PIN": 1234}},
            "sandbox": {"kind": "bwrap", "network": "none"},
            "stop_grace": "5s",
            "restart": "a word that is no choice",
            "schedules": {"night": {"cron": "0 3 * * MON-FRI", "prompt": "go", "on": {"webhook": "ci"}}},
        }
    },
}


def test_what_stays_and_what_goes() -> None:
    """Names, numbers and choices stay; texts, commands, values and the owner are told by their length."""
    assert outline(SAID) == {
        "version": 1,
        "name": "<10 characters>",
        "timezone": "Europe/London",
        "owner": {"email": "<15 characters>", "phone": "<12 characters>"},
        "identities": {"provider": "local", "phone": True, "domain": "<12 characters>"},
        "agents": {
            "docs": {
                "kind": "claude",
                "command": "<list of 3>",
                "prompt": "<15 characters>",
                "env": {
                    "pass": ["<6 characters>"],
                    "set": {"NAME": "<5 characters>", "PIN": "<4 characters>"},
                },
                "sandbox": {"kind": "bwrap", "network": "none"},
                "stop_grace": "5s",
                "restart": "<24 characters>",
                "schedules": {
                    "night": {
                        "cron": "0 3 * * MON-FRI",
                        "prompt": "<2 characters>",
                        "on": {"webhook": "<2 characters>"},
                    }
                },
            }
        },
    }


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(min_size=3),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
        max_leaves=20,
    )
)
def test_anything_has_an_outline(value: object) -> None:
    """Whatever YAML can say becomes JSON, and nothing that stood below a prompt is in it."""
    json.dumps(outline(value))
    below = json.dumps(outline({"prompt": value}))
    assert not isinstance(value, str) or below == json.dumps({"prompt": f"<{len(value)} characters>"})
