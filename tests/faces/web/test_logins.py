"""Codes and the logins that they become."""

from pathlib import Path

import pytest

from constellagent.faces.web.logins import CODE_LIFE, LONGEST, MOST, UNUSED, USE_KEPT, Logins
from constellagent.faces.web.problems import HttpError
from constellagent.runtime import tasks
from tests.faces.web.set_clock import SetClock


async def made(folder: Path, clock: SetClock) -> Logins:
    """Return the logins of a folder."""
    logins = Logins(folder, clock)
    await logins.load()
    return logins


async def test_e5_a_code_is_good_for_a_minute_and_once(tmp_path: Path) -> None:
    """After that it is as any other text."""
    clock = SetClock()
    logins = await made(tmp_path, clock)
    code, expires = logins.code("read")
    assert expires == clock.now() + CODE_LIFE
    login = await logins.enter(code)
    caller = logins.caller(*login)
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
    login = await logins.enter(logins.code("admin")[0])
    again = await made(tmp_path, clock)
    caller = again.caller(*login)
    assert caller is not None
    assert caller.scope == "admin"
    await again.leave(caller.id)
    assert again.caller(*login) is None
    assert (await made(tmp_path, clock)).caller(*login) is None


async def test_a_cookie_counts_only_with_the_secret_of_its_page(tmp_path: Path) -> None:
    """Not alone, not with that of another login, and not in its place."""
    logins = await made(tmp_path, SetClock())
    first, second = [await logins.enter(logins.code("admin")[0]) for _ in range(2)]
    for page in ("", "1", second.page, first.cookie, first.page[:-1]):
        assert logins.caller(first.cookie, page) is None
    assert logins.caller(first.page, first.page) is None
    assert logins.caller(*first)


async def test_a_login_says_when_it_ends(tmp_path: Path) -> None:
    """A week after its last use, a month after it began; one that has ended has ended long ago."""
    clock = SetClock()
    logins = await made(tmp_path, clock)
    login = await logins.enter(logins.code("read")[0])
    caller = logins.caller(*login)
    assert caller is not None
    assert logins.ends(caller.id) == clock.now() + UNUSED
    await logins.leave(caller.id)
    assert logins.ends(caller.id) == 0.0


async def test_that_a_use_cannot_be_noted_lets_people_in_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said in the log, once for each try, and nothing else happens."""
    clock = SetClock()
    logins = await made(tmp_path / "web", clock)
    login = await logins.enter(logins.code("read")[0])
    (tmp_path / "web").rename(tmp_path / "gone")
    (tmp_path / "web").write_text("no folder")
    clock.advance(USE_KEPT)
    assert logins.caller(*login)
    while tasks._running:
        await next(iter(tasks._running))
    assert "when a login was used was not noted" in caplog.text


async def test_a_login_ends_unused_and_in_any_case(tmp_path: Path) -> None:
    """A week without use ends it; with use it lasts a month, restarts or not."""
    clock = SetClock()
    logins = await made(tmp_path, clock)
    used, unused = [await logins.enter(logins.code("admin")[0]) for _ in range(2)]
    for _ in range(int(LONGEST / UNUSED)):
        clock.advance(UNUSED - 1)
        assert logins.caller(*used)
    assert logins.caller(*unused) is None
    while tasks._running:
        await next(iter(tasks._running))
    logins = await made(tmp_path, clock)
    assert logins.caller(*used)
    clock.advance(LONGEST - int(LONGEST / UNUSED) * (UNUSED - 1))
    assert logins.caller(*used) is None


async def test_only_so_many_are_kept(tmp_path: Path) -> None:
    """The oldest make room."""
    logins = await made(tmp_path, SetClock())
    made_ones = [await logins.enter(logins.code("read")[0]) for _ in range(MOST + 1)]
    assert logins.caller(*made_ones[0]) is None
    assert logins.caller(*made_ones[1])
    assert logins.caller(*made_ones[-1])
