"""The local provider, as a person looks at it."""

import httpx
import pytest

from constellagent.errors import ConflictError, UsageError
from tests.runtime.belongings.conftest import Asking


async def test_where_it_is_and_what_waits(asking: Asking) -> None:
    """Addresses, relay, held mail; mail can be given up once, and not sent without a relay."""
    daemon = asking.lab.daemon
    await asking.about("one", "send", to="jo@example.com", subject="Out", body="x")
    status = await daemon.provider({"action": "status"})
    assert status["outbox"] == {"held": 1}
    assert (status["relay"], status["identities"]) == ("", 2)
    assert status["smtp"].startswith("smtp://127.0.0.1:")
    async with httpx.AsyncClient(timeout=30, trust_env=False) as http:
        answer = await http.post(status["sms"], json={})
    assert answer.status_code == 422

    (row,) = await daemon.provider({"action": "outbox"})
    assert (row["agent"], row["to"], row["state"]) == ("one", "jo@example.com", "held")
    with pytest.raises(ConflictError, match="relay"):
        await daemon.provider({"action": "retry", "row": row["row"]})
    await daemon.provider({"action": "drop", "row": row["row"]})
    assert await daemon.provider({"action": "outbox"}) == []
    with pytest.raises(UsageError, match="no mail"):
        await daemon.provider({"action": "drop", "row": row["row"]})


async def test_the_login_with_a_code_is_allowed(asking: Asking) -> None:
    """One login is answered after a person gave its code, once; another one is not."""
    daemon = asking.lab.daemon
    url = (await daemon.provider({"action": "status"}))["api"]
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as http:
        with pytest.raises(UsageError, match="no login waits") as none:
            await daemon.provider({"action": "allow_login", "code": "BCDF-GHJK"})
        assert "ravi auth login" in none.value.hint
        mine, other = [(await http.post("/api/auth/device/")).json() for _ in range(2)]

        async def status(login: dict[str, str]) -> int:
            sent = {"device_code": login["device_code"]}
            return (await http.post("/api/auth/device/token/", json=sent)).status_code

        assert await status(mine) == 400
        with pytest.raises(UsageError, match="of the 2 that wait the newest began"):
            await daemon.provider({"action": "allow_login", "code": ""})
        done = await daemon.provider({"action": "allow_login", "code": mine["user_code"]})
        assert "every identity" in done["done"][0]
        assert [await status(mine), await status(other), await status(mine)] == [200, 400, 400]
        with pytest.raises(UsageError, match="of the 1 that wait"):
            await daemon.provider({"action": "allow_login", "code": mine["user_code"]})


async def test_a_relay_is_kept_for_the_next_start(asking: Asking) -> None:
    """A person hears from when on it counts; what is no SMTP server is refused."""
    daemon = asking.lab.daemon
    done = await daemon.provider({"action": "relay", "url": "smtp://me@mail.test", "password": "hunter2"})
    assert "smtp://me@mail.test is kept" in done["done"][0]
    assert "hunter2" not in str(done)
    with pytest.raises(UsageError, match="not that of an SMTP server"):
        await daemon.provider({"action": "relay", "url": "https://mail.test"})
    assert "no relay" in (await daemon.provider({"action": "relay", "url": ""}))["done"][0]


async def test_an_unknown_question(asking: Asking) -> None:
    """What the provider does not know is the caller's mistake."""
    with pytest.raises(UsageError, match="knows no"):
        await asking.lab.daemon.provider({"action": "explode"})  # type: ignore[typeddict-item] # what an odd client sends
