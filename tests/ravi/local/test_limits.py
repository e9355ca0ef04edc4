"""How much the embedded provider lets one identity and one key do."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ravi._request import request_json
from ravi.errors import RateLimitError

from constellagent.ravi.local import limits, tables
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.office import Office
from constellagent.ravi.local.options import Options
from constellagent.ravi.vault import RootKey
from tests.ravi.provided import Provided, provided

_START = 1_800_000_000.0


async def count(
    office: Office, call: Callable[[Office, sqlite3.Connection, int], object], identity: int
) -> object:
    """Count one thing of an identity in a transaction of its own."""
    return await office.store.run(lambda db: call(office, db, identity))


async def test_an_identity_sends_so_many_in_an_hour(tmp_path: Path, root_key: RootKey) -> None:
    """The next is refused with the seconds to wait, after which it succeeds; others are not concerned."""
    clock = [_START]
    options = Options(sends_per_hour=3)
    async with provided(tmp_path, root_key, options=options, now=lambda: clock[0]) as local:
        await local.identity()
        await local.identity()
        office = local.provider.office
        for _ in range(3):
            await count(office, limits.refuse_flood, 1)
            clock[0] += 600
        with pytest.raises(ApiError) as refused:
            await count(office, limits.refuse_flood, 1)
        wait = refused.value.retry_after
        assert refused.value.status == 429
        assert wait is not None
        assert 1800 <= wait <= 1860
        await count(office, limits.refuse_flood, 2)
        clock[0] += wait - 1
        with pytest.raises(ApiError):
            await count(office, limits.refuse_flood, 1)
        clock[0] += 1
        await count(office, limits.refuse_flood, 1)


async def test_what_fails_is_not_counted(tmp_path: Path, root_key: RootKey) -> None:
    """A send that is rolled back leaves the limit as it was, and a restart does not reset it."""
    options = Options(sends_per_hour=1)
    async with provided(tmp_path, root_key, options=options) as local:
        await local.identity()

        def fail(db: sqlite3.Connection) -> None:
            limits.refuse_flood(local.provider.office, db, 1)
            raise ApiError(400, "x", "x")

        for _ in range(3):
            with pytest.raises(ApiError, match="x"):
                await local.provider.office.store.run(fail)
        await count(local.provider.office, limits.refuse_flood, 1)
    async with provided(tmp_path, root_key, options=options) as local:
        with pytest.raises(ApiError, match="may send 1"):
            await count(local.provider.office, limits.refuse_flood, 1)


async def test_mails_and_texts_are_taken_in_each_by_their_own_count(
    tmp_path: Path, root_key: RootKey
) -> None:
    """A flood of one kind leaves room for the other."""
    async with provided(tmp_path, root_key, options=Options(received_per_minute=2)) as local:
        await local.identity()
        office = local.provider.office

        async def room(kind: str) -> bool:
            return await office.store.run(
                lambda db: limits.has_room(office, db, 1, "mail" if kind == "mail" else "sms")
            )

        assert [await room("mail") for _ in range(3)] == [True, True, False]
        assert [await room("sms") for _ in range(3)] == [True, True, False]


async def test_the_requests_of_a_key_are_limited(tmp_path: Path, root_key: RootKey) -> None:
    """The SDK waits as it is told and then succeeds; other keys, and requests without one, go on."""
    clock = [_START]
    options = Options(requests_per_minute=2)
    async with provided(tmp_path, root_key, options=options, now=lambda: clock[0]) as local:
        for _ in range(2):
            assert (await local.ask("GET", "/api/identities/")).status_code == 200
        refused = await local.ask("GET", "/api/identities/")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert refused.json()["retry_after_seconds"] == 60
        assert refused.json()["error"]["code"] == "rate_limit.exceeded"
        assert (await local.ask("GET", "/api/identities/", key="another")).status_code == 401
        for _ in range(3):
            assert (await local.ask("GET", "/api/identities/", key="")).status_code == 401
        clock[0] += 60 - 12
        slept = await use_sdk(local, clock)
        assert slept == [8.0, 4.0]


async def test_the_public_client_gives_up_in_its_own_words(tmp_path: Path, root_key: RootKey) -> None:
    """Where waiting does not help, the SDK raises its own error with the seconds from the header."""
    options = Options(requests_per_minute=0)
    async with provided(tmp_path, root_key, options=options, now=lambda: _START) as local:
        with pytest.raises(RateLimitError) as refused:
            await use_sdk(local, [0.0])
        assert refused.value.retry_after == 60.0


async def test_wrong_keys_do_not_fill_the_memory() -> None:
    """However many keys are tried, few are remembered; a clock that is set back locks nobody out."""
    counted: dict[bytes, tuple[float, int]] = {}
    for number in range(2 * limits._MOST_KEYS):
        limits._ask(counted, f"key {number}", 5, _START)
    assert len(counted) == limits._MOST_KEYS
    assert [limits._ask(counted, "one", 1, now) for now in (_START, _START + 1, _START - 3600)] == [
        0.0,
        59.0,
        0.0,
    ]


@given(
    most=st.integers(0, 5),
    steps=st.lists(st.floats(0, 30, allow_nan=False), max_size=60),
)
def test_no_minute_holds_more_than_is_allowed(most: int, steps: list[float]) -> None:
    """In any minute at most the limit is let through, and waiting as long as was said always helps."""
    db = counting()
    now, passed = _START, list[float]()
    for step in steps:
        now += step
        wait = limits._take(db, 1, "sms", most, 60.0, now)
        if not wait:
            passed.append(now)
            assert sum(now - 60 < moment for moment in passed) <= most
        elif most:
            assert 0 < wait <= 61
            db.execute("SAVEPOINT later")
            assert limits._take(db, 1, "sms", most, 60.0, now + wait) == 0
            db.execute("ROLLBACK TO later")
    db.close()


def test_a_limit_may_be_lowered() -> None:
    """Where more was let through than is allowed now, the wait is until enough of it is over."""
    db = counting()
    for second in range(5):
        assert limits._take(db, 1, "sms", 5, 60.0, _START + second) == 0
    assert limits._take(db, 1, "sms", 2, 60.0, _START + 5) == 3 + 61 - 5
    db.close()


def test_a_clock_that_was_set_back_locks_nobody_out() -> None:
    """What was counted in a future that never came is forgotten."""
    db = counting()
    assert limits._take(db, 1, "sms", 1, 60.0, _START + 86_400) == 0
    assert limits._take(db, 1, "sms", 1, 60.0, _START) == 0
    assert limits._take(db, 1, "sms", 1, 60.0, _START) > 0
    db.close()


def counting() -> sqlite3.Connection:
    """Return a database that counts, without the rest of the provider."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute(tables.TABLES[1])
    return db


async def use_sdk(local: Provided, clock: list[float]) -> list[float]:
    """Ask through the SDK's transport, letting its sleeps move the clock; return them."""
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    def ask() -> None:
        headers = {"Authorization": f"Bearer {local.key}"}
        with httpx.Client(base_url=f"{local.url}/api", headers=headers, timeout=30, trust_env=False) as http:
            request_json(http, "GET", "/identities/", sleep=sleep)

    await asyncio.to_thread(ask)
    return slept
