"""What Codex is configured for a run, and in a profile of its own."""

import re
import tomllib
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.kind import Place, Tools
from tests.agents.codex_starts import OWN, PLACE, begin, configured

SEEN = re.compile(r"sha256:[0-9a-f]{64}")


def test_hooks_call_our_program_and_these_only_are_trusted() -> None:
    """Each event has our hook, and each of ours its mark of trust; the review of others is not bypassed."""
    words = begin().argv
    hooks = configured(words)["hooks"]
    state = hooks.pop("state")

    ours = {"type": "command", "command": "/home/bin/constellagent-hook codex", "timeout": 3}
    assert {event: groups[0]["hooks"] for event, groups in hooks.items()} == {
        event: [ours]
        for event in ("SessionStart", "UserPromptSubmit", "PermissionRequest", "PostToolUse", "Stop")
    }
    assert len(state) == 6
    assert all(SEEN.fullmatch(entry["trusted_hash"]) for entry in state.values())
    assert "--dangerously-bypass-hook-trust" not in words


def test_the_mark_of_trust_is_the_one_that_it_writes_itself() -> None:
    """A person's yes to this very hook made 0.169.0 write this digest into its configuration."""
    state = configured(begin().argv)["hooks"]["state"]

    digest = "sha256:379982ee29734119305da7ab3d13c3d88e9e4992454f5b72d451626f6d168eaf"
    assert state["/<session-flags>/config.toml:stop:0:0"] == {"trusted_hash": digest}


@pytest.mark.parametrize("headless", [False, True])
def test_the_environment_is_written_to_no_file(headless: bool) -> None:
    """Its snapshots of the shell would hold every secret of the session, where others may read."""
    told = configured(begin(headless=headless).argv)
    assert told["features"] == {"shell_snapshot": False}


def test_instructions_are_a_file_that_a_hook_prints() -> None:
    """They come beside the person's own, and no word of the start holds them."""
    start = begin()

    tell = configured(start.argv)["hooks"]["SessionStart"][1]["hooks"][0]["command"]
    assert tell == "/bin/cat /home/sessions/s1/agent/instructions.md"
    assert start.files == {"instructions.md": "You are `docs`.\n"}
    assert not any("You are" in word for word in start.argv)
    assert "SessionStart" in configured(begin(tools=Tools(instructions="x")).argv)["hooks"]


@pytest.mark.parametrize(
    ("options", "mode"),
    [({}, "auto"), ({"permissions": "ask"}, "auto"), ({"permissions": "edit"}, "approve")],
)
def test_the_identitys_tools_get_their_variables_by_name(options: dict[str, Any], mode: str) -> None:
    """The server gets what it needs from the environment; no value is among the words."""
    server = configured(begin(**options).argv)["mcp_servers"]["constellagent"]

    assert server == {
        "command": "/home/bin/constellagent-mcp",
        "args": ["--here"],
        "env_vars": ["RAVI_API_KEY"],
        "default_tools_approval_mode": mode,
        "startup_timeout_sec": 60,
    }
    assert "mcp_servers" not in configured(begin(tools=Tools()).argv)


def test_a_run_waits_for_the_identitys_tools() -> None:
    """It has one turn, which must not begin without them; a session is not held up by them."""
    assert configured(begin(headless=True).argv)["mcp_servers"]["constellagent"]["required"] is True
    assert "required" not in configured(begin().argv)["mcp_servers"]["constellagent"]


def test_the_persons_configuration_is_used_as_it_is() -> None:
    """With the person's profile there is no folder of ours, and nothing to write into one."""
    start = begin()

    assert (dict(start.env), dict(start.seeds)) == ({}, {})


def test_a_profile_of_its_own_trusts_its_worktree() -> None:
    """Its folder is named, and a new configuration says that the worktree is trusted."""
    start = begin(place=OWN)

    text = start.seeds["config.toml"](None)
    assert start.env == {"CODEX_HOME": "/home/profiles/docs"}
    assert tomllib.loads(text)["projects"] == {"/repo.worktrees/docs": {"trust_level": "trusted"}}
    assert start.seeds["config.toml"](text) == text


@pytest.mark.parametrize("text", ["a = [", 'projects = "none"', "projects = {}", "projects = {x = {}}"])
def test_a_profile_that_nothing_can_be_added_to_is_left(text: str) -> None:
    """What cannot be read, or has a form that nothing can be appended to, stays as it is."""
    assert begin(place=OWN).seeds["config.toml"](text) == text


@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), st.integers(), max_size=4),
    st.text(st.characters(codec="utf-8"), min_size=1),
)
def test_a_seed_keeps_what_is_there(before: dict[str, int], folder: str) -> None:
    """Whatever the folder is called, its trust is added, and nothing else changes."""
    text = "".join(f"{key} = {value}\n" for key, value in before.items() if key != "projects") + "# mine\n"
    place = Place(PLACE.folder, PurePosixPath("/w") / folder.replace("\0", ""), profile=OWN.profile)

    seeded = begin(place=place).seeds["config.toml"](text)

    assert seeded.startswith(text.rstrip())
    assert tomllib.loads(seeded) == {
        **tomllib.loads(text),
        "projects": {str(place.worktree): {"trust_level": "trusted"}},
    }


def test_a_profile_of_its_own_needs_no_login_but_a_key() -> None:
    """With a key among the variables it asks for no login; the key itself is in no word."""
    env = {**OWN.env, "OPENAI_API_KEY": "sk-secret", "OPENAI_BASE_URL": "http://127.0.0.1:1/v1"}
    words = begin(place=Place(OWN.folder, OWN.worktree, OWN.git, env, OWN.profile)).argv

    told = configured(words)
    provider = told["model_providers"][told["model_provider"]]
    assert (provider["env_key"], provider["base_url"]) == ("OPENAI_API_KEY", "http://127.0.0.1:1/v1")
    assert not any("sk-secret" in word for word in words)
    assert "model_provider" not in configured(begin(place=OWN).argv)
