"""Starting and stopping the provider, its port, and what it does with a wrong root key or a bad file."""

import asyncio
import os
import socket
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError, UnavailableError, UsageError, WorldError
from constellagent.ravi.local import LocalProvider
from constellagent.ravi.local.options import Options, Relay
from constellagent.ravi.local.store import Store
from constellagent.ravi.vault import RootKey, VaultError
from tests.ravi.provided import Provided, provided


async def test_owner_and_domains_are_told(local: Provided) -> None:
    """An owner is named; the default domain and those in use are listed, for an identity its own only."""
    owner = (await local.ask("GET", "/api/master/")).json()
    assert owner.keys() == {"first_name", "last_name"}
    mine = await local.identity(email_identifier="docs", domain="a.test")
    await local.identity(email_identifier="docs", domain="b.test")
    names = [row["domain"] for row in (await local.ask("GET", "/api/domains/")).json()]
    assert names == ["a.test", "b.test", "constellagent.test"]
    key = await local.identity_key(mine["uuid"])
    names = [row["domain"] for row in (await local.ask("GET", "/api/domains/", key=key)).json()]
    assert names == ["a.test", "constellagent.test"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
async def test_its_files_are_private_whatever_the_umask(
    tmp_path: Path, root_key: RootKey, umask: int
) -> None:
    """The database and what SQLite puts beside it get mode 0600."""
    old = os.umask(umask)
    try:
        async with provided(tmp_path, root_key) as running:
            await running.identity()
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in tmp_path.rglob("*")}
    finally:
        os.umask(old)
    assert modes.keys() >= {"provider.db", "provider.db-wal"}
    assert modes.pop("audit") == 0o700
    assert set(modes.values()) == {0o600}


async def test_it_listens_on_this_machine_only(tmp_path: Path, root_key: RootKey) -> None:
    """An address that others can reach is refused."""
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.com"):
        with pytest.raises(UsageError):
            await LocalProvider(tmp_path, root_key).start(host)


async def test_a_named_port_that_is_taken_is_said(tmp_path: Path, root_key: RootKey) -> None:
    """A port that the user named is not replaced by another."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UnavailableError, match=str(port)):
            await LocalProvider(tmp_path, root_key).start("127.0.0.1", port)


async def test_a_kept_port_that_is_taken_is_replaced(
    tmp_path: Path, root_key: RootKey, caplog: pytest.LogCaptureFixture
) -> None:
    """When somebody else took our port meanwhile, another is used, kept, and the log says so."""
    async with provided(tmp_path, root_key) as first:
        port = int(first.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port)):
        async with provided(tmp_path, root_key) as second:
            assert second.url != first.url
            assert (await second.ask("GET", "/api/identities/")).status_code == 200
    async with provided(tmp_path, root_key) as third:
        assert third.url == second.url
    assert str(port) in caplog.text


async def test_another_root_key_is_refused(tmp_path: Path, root_key: RootKey) -> None:
    """A database that belongs to another root key is not touched."""
    async with provided(tmp_path, root_key):
        pass
    with pytest.raises(VaultError, match="another root key"):
        await LocalProvider(tmp_path, RootKey(bytes(32), "another")).start()


@pytest.mark.parametrize("content", [b"no database" * 999, None])
async def test_a_bad_database_is_explained(tmp_path: Path, root_key: RootKey, content: bytes | None) -> None:
    """A damaged file, or a folder in its place, is an error that says so; it is not replaced."""
    file = tmp_path / "provider.db"
    if content is None:
        file.mkdir()
    else:
        file.write_bytes(content)
    with pytest.raises(ConstellagentError, match=r"provider\.db") as raised:
        await LocalProvider(tmp_path, root_key).start()
    assert raised.value.hint
    assert file.is_dir() if content is None else file.read_bytes() == content


async def test_a_newer_database_is_refused(tmp_path: Path, root_key: RootKey) -> None:
    """A file of a newer release is left alone."""
    connection = sqlite3.connect(tmp_path / "provider.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(ConstellagentError, match="newer release"):
        await LocalProvider(tmp_path, root_key).start()


async def test_the_store_never_runs_on_the_loops_thread(tmp_path: Path) -> None:
    """Calls run in the store's own thread, one at a time, and a slow one does not hold the loop."""
    store = Store(tmp_path / "s.db")
    await store.open()
    release = threading.Event()
    slow = asyncio.ensure_future(store.run(lambda _: release.wait(10)))
    assert await store_thread(store, release) != threading.get_ident()
    assert await slow
    await store.close()


async def store_thread(store: Store, release: threading.Event) -> int:
    """Ask for the store's thread while another call waits; only a loop that runs can release that one."""
    asked = asyncio.ensure_future(store.run(lambda _: threading.get_ident()))
    asyncio.get_running_loop().call_soon(release.set)
    return await asked


async def test_a_failed_call_leaves_nothing(tmp_path: Path) -> None:
    """What a call wrote before it failed is rolled back, and an SQL error is one of ours."""
    store = Store(tmp_path / "s.db")
    await store.open()

    def half(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO facts VALUES ('a', x'00')")
        raise KeyError

    with pytest.raises(KeyError):
        await store.run(half)
    with pytest.raises(ConstellagentError, match="no such table"):
        await store.run(lambda db: db.execute("INSERT INTO nowhere VALUES (1)"))
    assert await store.run(lambda db: db.execute("SELECT count(*) FROM facts").fetchone()[0]) == 0
    await store.close()
    await store.close()
    with pytest.raises(WorldError):
        await store.run(lambda _: None)


async def test_a_cancelled_call_is_finished_whole(tmp_path: Path) -> None:
    """A client that hangs up in the middle leaves a whole call behind, never half of one."""
    store = Store(tmp_path / "s.db")
    await store.open()
    begun, release = threading.Event(), threading.Event()

    def slow(db: sqlite3.Connection) -> None:
        begun.set()
        release.wait(10)
        db.execute("INSERT INTO facts VALUES ('a', x'00')")

    waiting = asyncio.ensure_future(store.run(slow))
    await asyncio.to_thread(begun.wait, 10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    release.set()
    assert await store.run(lambda db: db.execute("SELECT count(*) FROM facts").fetchone()[0]) == 1
    await store.close()


async def test_a_kept_relay_counts_from_the_next_start(tmp_path: Path, root_key: RootKey) -> None:
    """It is sealed with its password, gives way to what the options name, and can be forgotten."""
    relay = Relay("mail.test", 587, "starttls", "me", "canary-4711")
    async with provided(tmp_path, root_key) as running:
        await running.provider.keep_relay(relay)
        assert running.provider.office.options.relay is None
    assert b"canary-4711" not in (tmp_path / "provider.db").read_bytes()
    async with provided(tmp_path, root_key) as running:
        assert running.provider.office.options.relay == relay
    named = Relay("other.test", 465, "tls")
    async with provided(tmp_path, root_key, options=Options(relay=named)) as running:
        assert running.provider.office.options.relay == named
        await running.provider.keep_relay(None)
    async with provided(tmp_path, root_key) as running:
        assert running.provider.office.options.relay is None
