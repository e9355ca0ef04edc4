"""Identities and their messages over the API."""

from typing import Any

from constellagent.faces.web.routes.belonging import ROUTES
from tests.faces.web.asking import DOCS, FILE, ONE, Api


def asked(action: str, **more: Any) -> dict[str, Any]:
    """Return a question about the identity of `docs`."""
    return {"file": FILE, "agent": "docs", "action": action, **more}


async def test_identities_are_listed_and_shown(api: Api) -> None:
    """All of a constellation, or the one of an agent."""
    api.control.identity_views = [{"name": "docs"}]  # type: ignore[typeddict-item] # enough to see it
    api.control.answers = {"show": {"name": "docs"}}
    assert (await api.get(f"{ONE}/identities"))["data"] == [{"name": "docs"}]
    assert await api.get(f"{DOCS}/identity") == {"name": "docs"}
    assert api.last("identity") == asked("show")


async def test_an_inbox_comes_in_parts(api: Api) -> None:
    """Newest first; the cursor leads on, whatever came in between."""
    threads = [{"thread": f"t{number}", "at": f"2026-01-{number:02}T00:00:00Z"} for number in range(1, 6)]
    api.control.answers = {"inbox": threads}
    first = await api.get(f"{DOCS}/mail", limit="2", unread="true")
    assert api.last("identity") == asked("inbox", unread=True)
    assert [one["thread"] for one in first["data"]] == ["t5", "t4"]
    api.control.answers = {"inbox": [*threads, {"thread": "t9", "at": "2026-02-01T00:00:00Z"}]}
    second = await api.get(f"{DOCS}/mail", limit="2", cursor=first["next"])
    assert [one["thread"] for one in second["data"]] == ["t3", "t2"]
    last = await api.get(f"{DOCS}/mail", limit="2", cursor=second["next"])
    assert ([one["thread"] for one in last["data"]], last["next"]) == (["t1"], "")


async def test_conversations_are_read(api: Api) -> None:
    """Mails of a thread, texts of a conversation."""
    api.control.answers = {
        "thread": [{"id": 1}],
        "sms": [{"conversation": "k", "at": "2026"}],
        "conversation": [{"id": 2}],
    }
    assert (await api.get(f"{DOCS}/mail/t%2F1"))["data"] == [{"id": 1}]
    assert api.last("identity") == asked("thread", thread="t/1")
    assert (await api.get(f"{DOCS}/texts"))["data"] == [{"conversation": "k", "at": "2026"}]
    assert api.last("identity") == asked("sms", unread=False)
    assert (await api.get(f"{DOCS}/texts/k"))["data"] == [{"id": 2}]
    assert api.last("identity") == asked("conversation", conversation="k")


async def test_a_code_is_looked_for_without_waiting(api: Api) -> None:
    """The newest code of the last hour, or of the time that is given, is answered at once."""
    api.control.answers = {"otp": [{"code": "123456"}]}
    assert (await api.get(f"{DOCS}/codes"))["data"] == [{"code": "123456"}]
    assert api.last("identity") == asked("otp", sender="", wait=0.0, max_age=3600.0)
    await api.get(f"{DOCS}/codes", sender="shop", max_age="60")
    assert api.last("identity") == asked("otp", sender="shop", wait=0.0, max_age=60.0)
    await api.ask("GET", f"{DOCS}/codes", query={"max_age": "-1"}, status=422)


async def test_mail_and_texts_are_sent(api: Api) -> None:
    """In the agent's name; a mail may go to several."""
    api.control.answers = {"send": {"id": 1}, "send_sms": {"id": 2}}
    mail = {"to": "you@acme.test", "subject": "Hi", "body": "Hello"}
    assert await api.post(f"{DOCS}/mail", mail, 201) == {"id": 1}
    assert api.last("identity") == asked("send", cc=[], bcc=[], **mail)
    await api.post(f"{DOCS}/mail", {**mail, "cc": ["b@acme.test"]}, 201)
    assert api.last("identity")["cc"] == ["b@acme.test"]
    assert await api.post(f"{DOCS}/texts", {"to": "+15550100", "body": "Hi"}, 201) == {"id": 2}
    assert api.last("identity") == asked("send_sms", to="+15550100", body="Hi")
    await api.ask("POST", f"{DOCS}/mail", body={**mail, "body": "x" * 600_000}, status=422)


async def test_nothing_secret_can_be_asked_for(api: Api) -> None:
    """There is no operation that shows a secret or a password, and no body that asks for one."""
    for path in ("secrets", "passwords", "secret", "password"):
        await api.ask("GET", f"{DOCS}/{path}", status=404)
    await api.ask("GET", f"{DOCS}/identity", query={"reveal": "true"}, status=422)
    assert api.control.requests("identity") == []


async def test_a_limit_is_that_of_one_answer(api: Api) -> None:
    """None, and more than one answer holds, are refused by name."""
    api.control.answers = {"inbox": []}
    for limit in ("0", "-1", "1001", "1.0"):
        told = await api.ask("GET", f"{DOCS}/mail", query={"limit": limit}, status=422)
        assert [one["path"] for one in told.json["details"]["problems"]] == ["limit"]
    for limit in ("1", "1000"):
        await api.get(f"{DOCS}/mail", limit=limit)


def test_messages_and_codes_are_not_for_who_may_only_look() -> None:
    """They open accounts elsewhere; the agent's own token reads its own."""
    open_to_readers = {route.path.rpartition("/")[2] for route in ROUTES if route.scope == "read"}
    assert open_to_readers == {"identities", "identity"}
    assert all(route.own for route in ROUTES if route.path.rpartition("/")[2] != "identities")
