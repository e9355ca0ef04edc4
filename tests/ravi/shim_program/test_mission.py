"""Sessions as the manual of the desktop app shows them, line by line, by a shell."""

import json
import shutil
from pathlib import Path

import pytest

from tests.ravi.shim_program.running import Agent, Done, finished


async def script(agent: Agent, folder: Path, text: str) -> Done:
    """Run a script in the agent's session."""
    env = {
        "HOME": str(agent.shim.home),
        "PATH": f"{agent.shim.program.parent}:/usr/bin:/bin",
        "CONSTELLAGENT_IDENTITY": "ada",
        **agent.env,
    }
    return await finished(["/bin/sh", "-euc", text], env, folder)


async def test_addresses_and_inboxes(ada: Agent, tmp_path: Path) -> None:
    """`get` and `inbox`, also after `.ravi/config.json` was written as the manual says."""
    done = await script(
        ada,
        tmp_path,
        """
        mkdir .ravi
        echo '{"identity": "feature-auth-redesign"}' > .ravi/config.json
        ravi get email
        ravi get phone
        ravi inbox email --unread
        ravi inbox sms --unread
        ravi auth status
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")
    decoder, rest, found = json.JSONDecoder(), done.stdout.strip(), []
    while rest:
        value, end = decoder.raw_decode(rest)
        found.append(value)
        rest = rest[end:].strip()
    assert [found[0]["email"], found[1]["phone_number"], *found[2:4]] == [ada.address, ada.number, [], []]
    assert found[4] == {"authenticated": True, "identity": "ada"}


async def test_credentials(ada: Agent, tmp_path: Path) -> None:
    """A login and an API key, stored and read back."""
    done = await script(
        ada,
        tmp_path,
        """
        ravi passwords create --domain api.openai.com --username feature-agent --generate > made
        ravi passwords list > list
        ravi passwords get "$(ravi passwords list --plain | cut -f1)" > got
        ravi secrets set STRIPE_API_KEY sk_test_4242
        ravi secrets get STRIPE_API_KEY > secret
        """,
    )
    assert done.returncode == 0, done
    made, listed, got, secret = (
        json.loads((tmp_path / name).read_text()) for name in ("made", "list", "got", "secret")
    )
    assert made == got
    assert listed == [made]
    assert (made["username"], secret["value"]) == ("feature-agent", "sk_test_4242")


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
async def test_a_scheduled_agent_reads_its_instructions(ada: Agent, ben: Agent, tmp_path: Path) -> None:
    """The subject of the newest unread mail is the task; the report is mailed without a text."""
    await ada.gets_mail("Old task", "x", ben)
    await ada.gets_mail("Fix the build", "x", ben)
    done = await script(
        ada,
        tmp_path,
        f"""
        INSTRUCTIONS=$(ravi inbox email --unread --json | jq -r '.[0].subject')
        ravi email send --to {ben.address} --subject "Task complete: $INSTRUCTIONS"
        """,
    )
    assert done.returncode == 0, done
    (report,) = await ben.json("inbox", "email", "--unread")
    assert report["subject"] == "Task complete: Fix the build"


async def test_making_an_identity_is_refused(ada: Agent, tmp_path: Path) -> None:
    """What the manual does before a session exists, no session does."""
    done = await script(ada, tmp_path, 'ravi identity create "feature-auth-redesign"')
    assert done.returncode == 1
    assert "constellation.yaml" in json.loads(done.stderr)["error"]
