"""Who the `ravi` command speaks as: the session's variables, else the folder, never the human."""

import json
import os
from pathlib import Path

import pytest

from constellagent.ravi.shim_program.login import Login
from tests.ravi.provided import Provided
from tests.ravi.shim_program.running import Shim, configure, session


async def test_the_folder_decides_without_variables(shim: Shim, local: Provided, tmp_path: Path) -> None:
    """From any depth below the worktree its own identity speaks; variables win over the folder."""
    row, other = await local.identity(), await local.identity()
    worktree = tmp_path / "work"
    configure(
        worktree,
        identity="docs",
        identity_name="docs",
        identity_uuid=row["uuid"],
        identity_key=await local.identity_key(row["uuid"]),
    )
    deep = worktree / "a" / "b"
    deep.mkdir(parents=True)
    url = {"RAVI_API_URL": local.url + "/"}
    found = await shim.run("get", "email", "--plain", env=url, cwd=deep)
    assert found.stdout.strip() == row["inbox"]
    status = json.loads((await shim.run("auth", "status", cwd=deep)).stdout)
    assert status == {"authenticated": True, "identity": "docs", "identity_uuid": row["uuid"]}
    env = session(local, await local.identity_key(other["uuid"]))
    assert (await shim.run("get", "email", "--plain", env=env, cwd=deep)).stdout.strip() == other["inbox"]


async def test_a_key_goes_where_its_file_says(shim: Shim, local: Provided, tmp_path: Path) -> None:
    """Outside a session the worktree's key reaches its own provider, and no other that a variable names."""
    row = await local.identity()
    key = await local.identity_key(row["uuid"])
    configure(tmp_path / "work", identity_key=key, api_url=local.url)
    for env in ({}, {"RAVI_API_URL": "http://127.0.0.1:9"}):
        found = await shim.run("get", "email", "--plain", env=env, cwd=tmp_path / "work")
        assert found.stdout.strip() == row["inbox"]


async def test_the_humans_account_is_never_used(shim: Shim, local: Provided, tmp_path: Path) -> None:
    """What lies in the home folder is not read: from home, below it, above it, or through a link to it."""
    configure(shim.home, management_key=local.key)
    below = shim.home / "src" / "deep"
    below.mkdir(parents=True)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".ravi").symlink_to(shim.home / ".ravi")
    for cwd in (shim.home, below, linked):
        got = await shim.run("get", "email", env={"RAVI_API_URL": local.url}, cwd=cwd)
        assert got.returncode == 1
        assert "not authenticated" in json.loads(got.stderr)["error"]
        status = await shim.run("auth", "status", cwd=cwd)
        assert (status.returncode, json.loads(status.stdout)) == (0, {"authenticated": False})


async def test_a_worktree_below_home_works(shim: Shim, local: Provided) -> None:
    """The walk ends at home, not before: a worktree that lies in it is found."""
    row = await local.identity()
    configure(shim.home / "work", identity_key=await local.identity_key(row["uuid"]))
    got = await shim.run("get", "email", "--plain", env={"RAVI_API_URL": local.url}, cwd=shim.home / "work")
    assert got.stdout.strip() == row["inbox"]


@pytest.mark.parametrize("content", ["{", "[]", "\xff", "[" * 100_000])
async def test_a_broken_file_is_said(shim: Shim, tmp_path: Path, content: str) -> None:
    """A file that cannot be read ends the walk with an error; nothing further up is used instead."""
    configure(tmp_path, identity_key="ravi_id_outer")
    configure(tmp_path / "work")
    (tmp_path / "work" / ".ravi" / "config.json").write_bytes(content.encode("latin-1"))
    got = await shim.run("auth", "status", cwd=tmp_path / "work")
    assert got.returncode == 1
    assert "cannot be read" in json.loads(got.stderr)["error"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
async def test_another_users_file_is_not_used(shim: Shim, tmp_path: Path) -> None:
    """A file that somebody else planted further up does not become the session's identity."""
    configure(tmp_path / "shared", identity_key="ravi_id_planted")
    os.chown(tmp_path / "shared" / ".ravi" / "config.json", 4711, 4711)
    got = await shim.run("auth", "status", cwd=tmp_path / "shared")
    assert got.returncode == 1
    assert "another user" in json.loads(got.stderr)["error"]


def test_the_key_is_not_shown() -> None:
    """A login in a traceback says who and where, not with what."""
    assert "hush" not in repr(Login("https://host", "hush", "docs"))


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:80", True),
        ("http://[::1]:80", True),
        ("https://localhost", True),
        ("https://api.ravi.app", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://[::1", False),
    ],
)
def test_it_is_known_what_is_local(url: str, local: bool) -> None:
    """The names of this machine are local, and nothing that only begins like them."""
    assert Login(url).is_local is local
