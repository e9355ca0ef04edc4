"""Codes and the logins that they become."""

from pathlib import Path

import pytest

from constellagent.faces.web.logins import CODE_LIFE, LONGEST, MOST, UNUSED, Logins
from constellagent.faces.web.problems import HttpError
from constellagent.runtime import tasks
from tests.faces.web.set_clock import SetClock


async def made(folder: Path, clock: SetClock) -> Logins:
    """Return the logins of a folder."""
    logins = Logins(folder, clock)
    await logins.load()
    return logins


async def test_a_code_is_good_for_a_minute_and_once(tmp_path: Path) -> None:
    """After that it is as any other text."""
    clock = SetClock()
    logins = await made(tmp_path, clock)
    code, expires = logins.code("read")
    assert expires == clock.now() + CODE_LIFE
    cookie = await logins.enter(code)
    caller = logins.caller(cookie)
    assert caller is not None
    assert (caller.scope, caller.via) == ("read", "cookie")
    late, _ = logins.code("admin")
    clock.advance(CODE_LIFE)
    for wrong in (code, late, "", "x"):
        with pytest.raises(HttpError) as caught:
            await logins.enter(wrong)
        assert caught.value.status == 401


async def test_a_login_survives_the_daemon_and_not_its_logout(tmp_path: Path) -> None:
    """The next daemon knows the cookie; after a logout none does."""
    clock = SetClock()
    logins = await made(tmp_path, clock)
    cookie = await logins.enter(logins.code("admin")[0])
    again = await made(tmp_path, clock)
    caller = again.caller(cookie)
    assert caller is not None
    assert caller.scope == "admin"
    await again.leave(caller.id)
    assert again.caller(cookie) is None
    assert (await made(tmp_path, clock)).caller(cookie) is None


async def test_a_login_ends_unused_and_in_any_case(tmp_path: Path) -> None:
    """A week without use ends it; with use it lasts a month, restarts or not."""
    clock = SetClock()
    logins = await made(tmp_path, clock)
    used, unused = [await logins.enter(logins.code("admin")[0]) for _ in range(2)]
    for _ in range(int(LONGEST / UNUSED)):
        clock.advance(UNUSED - 1)
        assert logins.caller(used)
    assert logins.caller(unused) is None
    while tasks._running:
        await next(iter(tasks._running))
    logins = await made(tmp_path, clock)
    assert logins.caller(used)
    clock.advance(LONGEST - int(LONGEST / UNUSED) * (UNUSED - 1))
    assert logins.caller(used) is None


async def test_only_so_many_are_kept(tmp_path: Path) -> None:
    """The oldest make room."""
    logins = await made(tmp_path, SetClock())
    cookies = [await logins.enter(logins.code("read")[0]) for _ in range(MOST + 1)]
    assert logins.caller(cookies[0]) is None
    assert logins.caller(cookies[1])
    assert logins.caller(cookies[-1])
