"""The asyncio client of the daemon against the real server."""

import pytest

from constellagent.errors import BusyError, UnavailableError
from constellagent.faces.client import DaemonClient
from constellagent.runtime.control import PROTOCOL, ApplyRequest, Control
from constellagent.runtime.paths import Paths
from tests.faces.fake_control import FakeControl

ORDER = ApplyRequest(file="/f", approved="h", env={})


async def test_apply_streams_events_then_the_result(served: Paths, control: FakeControl) -> None:
    """Events come in order, and the result last."""
    texts = [f"step {number}" for number in range(50)]
    control.items = [{"event": {"subject": "", "text": text, "level": "info", "data": {}}} for text in texts]
    items = [item async for item in DaemonClient(served.control_socket).apply(ORDER)]
    assert [item["event"]["text"] for item in items[:-1]] == texts
    assert items[-1]["result"] == control.result


async def test_apply_ends_with_the_error_that_it_raised(served: Paths, control: FakeControl) -> None:
    """An apply that is refused raises the same error on the other side."""
    control.fail("apply", BusyError("busy", owner="apply by pid 7"))
    with pytest.raises(BusyError) as caught:
        _ = [item async for item in DaemonClient(served.control_socket).apply(ORDER)]
    assert caught.value.owner == "apply by pid 7"


async def test_other_protocol_is_named(served: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client of another protocol says what to do, and can still ask who runs and end it."""
    monkeypatch.setattr("constellagent.faces.client.PROTOCOL", PROTOCOL + 1)
    client = DaemonClient(served.control_socket)
    with pytest.raises(UnavailableError) as caught:
        await client.status(None)
    assert "constellagent daemon stop" in caught.value.hint
    assert (await client.info())["pid"] == 42
    await client.shutdown(stop_sessions=False)


async def test_every_method_reaches_the_control(served: Paths, control: FakeControl) -> None:
    """Each method arrives with its parameters and returns what the control answered."""
    client: Control = DaemonClient(served.control_socket)
    assert await client.plan({"file": "/f", "env_names": ["A"]}) == control.plan_answer
    assert await client.status("/f") == []
    assert await client.adopt("/f", "docs", "/w", None) == control.adopted
    assert await client.trust("/f", revoke=True) == "hash-1"
    assert await client.session("/f", "docs") == control.session_answer
    await client.send("/f", "docs", "zażółć\udcff", enter=False)
    assert await client.stop("/f", "docs") == "stopped"
    assert await client.run({"file": "/f", "agent": "docs"}) == control.session_answer
    assert await client.identities("/f") == control.identity_views
    assert await client.identity({"file": "/f", "agent": "docs", "action": "sms"}) == []
    assert await client.audit({"file": "/f", "agent": None, "after": {"u": 1}, "limit": 1}) == []
    assert await client.audit_verify() == control.audit_report
    assert await client.provider({"action": "status"}) == []
    assert await client.schedule({"file": "/f", "action": "list"}) == []
    assert await client.race({"file": "/f", "action": "list"}) == []
    assert control.asked == [
        ("plan", {"request": {"file": "/f", "env_names": ["A"]}}),
        ("status", {"file": "/f"}),
        ("adopt", {"file": "/f", "agent": "docs", "path": "/w", "identity": None}),
        ("trust", {"file": "/f", "revoke": True}),
        ("session", {"file": "/f", "subject": "docs"}),
        ("send", {"file": "/f", "agent": "docs", "text": "zażółć\udcff", "enter": False}),
        ("stop", {"file": "/f", "subject": "docs"}),
        ("run", {"request": {"file": "/f", "agent": "docs"}}),
        ("identities", {"file": "/f"}),
        ("identity", {"request": {"file": "/f", "agent": "docs", "action": "sms"}}),
        ("audit", {"request": {"file": "/f", "agent": None, "after": {"u": 1}, "limit": 1}}),
        ("audit_verify", {}),
        ("provider", {"request": {"action": "status"}}),
        ("schedule", {"request": {"file": "/f", "action": "list"}}),
        ("race", {"request": {"file": "/f", "action": "list"}}),
    ]


async def test_nobody_listening_is_unavailable(paths: Paths) -> None:
    """Without a daemon every call is an UnavailableError that names the socket."""
    with pytest.raises(UnavailableError, match=r"daemon\.sock"):
        await DaemonClient(paths.control_socket).info()
