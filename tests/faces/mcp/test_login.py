"""As whom the server speaks."""

import json
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.mcp.login import Fence, find
from constellagent.ravi.client import RaviClient
from tests.ravi.provided import Provided

URL = "http://127.0.0.1:1"


def key(environ: dict[str, str], start: Path) -> str:
    """Return the key that is found."""
    found = find(environ, start)
    assert found is not None
    return found.key


def test_the_session_comes_first(tmp_path: Path) -> None:
    """The variables of the session win over a folder above."""
    (tmp_path / ".ravi").mkdir()
    (tmp_path / ".ravi" / "config.json").write_text(json.dumps({"identity_key": "ravi_id_folder"}))
    environ = {"RAVI_API_URL": URL, "RAVI_API_KEY": "ravi_id_session", "HOME": "/nowhere"}
    assert key(environ, tmp_path) == "ravi_id_session"
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert key({"RAVI_API_URL": URL, "HOME": "/nowhere"}, below) == "ravi_id_folder"


def test_the_humans_own_account_is_never_used(tmp_path: Path) -> None:
    """What lies in the home folder is not looked at; without anything else there is nobody to speak as."""
    (tmp_path / ".ravi").mkdir()
    (tmp_path / ".ravi" / "config.json").write_text(json.dumps({"identity_key": "ravi_id_human"}))
    with pytest.raises(UsageError, match="no identity"):
        find({"HOME": str(tmp_path)}, tmp_path)
    assert find({"HOME": str(tmp_path)}, tmp_path, needed=False) is None


def test_a_management_key_is_refused(tmp_path: Path) -> None:
    """A key that opens everything is refused, wherever it comes from, without being repeated."""
    with pytest.raises(UsageError, match="management key") as raised:
        find({"RAVI_API_KEY": "ravi_mgmt_canary", "HOME": "/nowhere"}, tmp_path, needed=False)
    assert "canary" not in f"{raised.value} {raised.value.hint}"
    (tmp_path / ".ravi").mkdir()
    (tmp_path / ".ravi" / "config.json").write_text(json.dumps({"management_key": "ravi_mgmt_canary"}))
    with pytest.raises(UsageError, match="management key"):
        find({"HOME": "/nowhere"}, tmp_path)


def test_a_file_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    """A broken configuration is no reason to speak as somebody else."""
    (tmp_path / ".ravi").mkdir()
    (tmp_path / ".ravi" / "config.json").write_text("{")
    with pytest.raises(UsageError, match="cannot be read"):
        find({"HOME": "/nowhere"}, tmp_path)


async def test_a_wide_key_in_disguise_is_refused(local: Provided) -> None:
    """A key that opens several identities is refused at the first use, whatever it begins with."""
    for name in ("alice", "robert"):
        await local.identity(email_identifier=name)
    async with RaviClient(local.url, local.key) as client:
        with pytest.raises(UsageError, match="opens 2 identities"):
            await Fence(client).client()


async def test_a_provider_that_is_away_costs_one_answer_only(local: Provided) -> None:
    """Where the provider could not be asked, the next use asks again."""
    row = await local.identity(email_identifier="alice")
    async with RaviClient(local.url, await local.identity_key(row["uuid"]), timeout=5) as client:
        fence = Fence(client)
        await local.provider.stop()
        with pytest.raises(ConstellagentError):
            await fence.client()
