"""Who may run a file's commands, and what the started commands are given."""

from tests.e2e.place import Place, holding, refused

SPEAKER = """
    shell: env > env.part && mv env.part env.txt; exec sleep 600
    env: {pass: [WANTED_TOKEN, NOT_SET_HERE]}"""
CALLER = {
    "CLAUDECODE": "1",
    "CLAUDE_CODE_ENTRYPOINT": "cli",
    "CODEX_SANDBOX": "seatbelt",
    "TMUX": "/tmp/tmux",
    "SSH_AUTH_SOCK": "/tmp/agent.sock",
    "GIT_DIR": "/nonexistent",
    "GIT_AUTHOR_NAME": "The Caller",
    "AWS_SECRET_ACCESS_KEY": "callers-secret",
    "CONSTELLAGENT_RAVI_API_KEY": "ravi_mgmt_callers",
    "PYTHONWARNINGS": "default",
    "WANTED_TOKEN": "wanted-value",
}


def test_nothing_runs_without_a_yes(place: Place) -> None:
    """Without --yes and without a terminal apply shows the commands, does nothing and says what to do."""
    place.agent("{command: [touch, /tmp/never], setup: [[echo, hello]]}")
    done = place.run("apply", check=64)
    refused(done, "touch /tmp/never", "echo hello", "--yes", "constellagent trust")
    assert not place.tree_of().exists()
    assert place.identities() == []
    refused(place.run("trust", check=64), "--yes")
    refused(place.run("destroy", check=None))


def test_trust_is_bound_to_the_content(place: Place) -> None:
    """Trusted content is applied without a question; one changed byte in a command asks again."""
    place.agent()
    place.run("trust", "--yes")
    place.run("apply")
    assert place.view()["session"]["live"]
    place.agent('{command: [sleep, "601"]}')
    refused(place.run("apply", check=64), "sleep 601", "constellagent trust")
    place.run("apply", "--yes")
    place.agent()
    place.run("trust", "--revoke")
    refused(place.run("apply", check=64), "constellagent trust")


def test_a_withdrawn_approval_is_also_that_of_what_was_applied(place: Place) -> None:
    """What was applied is applied again without a question, but not once its approval was withdrawn."""
    place.agent()
    place.run("apply", "--yes")
    place.run("apply")
    place.run("trust", "--revoke")
    refused(place.run("apply", check=64), "constellagent trust")
    assert place.view()["session"]["live"]
    place.run("apply", "--yes")
    place.run("apply")


def test_b12_what_an_agent_is_given(place: Place) -> None:
    """An agent gets what its file passes on, and nothing else of the caller's or the daemon's environment."""
    place.agent(SPEAKER)
    planned = place.run("plan", check=0, **CALLER).stdout
    assert "NOT_SET_HERE" in planned
    assert "WANTED_TOKEN" not in planned
    place.run("apply", "--yes", check=0, **CALLER)
    text = place.waits_for(place.tree_of() / "env.txt")
    given = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    assert given["WANTED_TOKEN"] == "wanted-value"
    assert given["GIT_AUTHOR_NAME"] == "docs"
    assert given["GIT_AUTHOR_EMAIL"] == place.view()["address"]
    assert not (CALLER.keys() - {"WANTED_TOKEN", "GIT_AUTHOR_NAME"}) & given.keys()
    assert not {value for name, value in CALLER.items() if name != "WANTED_TOKEN"} & set(given.values()) - {
        "1"
    }
    for secret in ("wanted-value", "callers-secret", "ravi_mgmt_callers"):
        assert secret not in place.daemon_log()
        assert holding(place.home, secret.encode()) == []
