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


async def test_logins_are_allowed_for_a_while(asking: Asking) -> None:
    """A device login is answered after a person allowed it; not for longer than an hour."""
    daemon = asking.lab.daemon
    url = (await daemon.provider({"action": "status"}))["api"]
    async with httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as http:
        code = (await http.post("/api/auth/device/")).json()["device_code"]
        pending = await http.post("/api/auth/device/token/", json={"device_code": code})
        assert pending.status_code == 400
        await daemon.provider({"action": "allow_logins", "seconds": 60})
        allowed = await http.post("/api/auth/device/token/", json={"device_code": code})
        assert allowed.status_code == 200
    for seconds in (0, -1, 3601):
        with pytest.raises(UsageError, match="hour"):
            await daemon.provider({"action": "allow_logins", "seconds": seconds})


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
