"""Passwords and secrets of an agent, as a person looks at them."""

import json

import pytest

from constellagent.errors import ConstellagentError
from tests.runtime.belongings.conftest import Asking


async def stored(asking: Asking) -> None:
    """Let the agent store two of each."""
    async with await asking.as_agent("one") as agent:
        for key in ("A_KEY", "B_KEY"):
            await agent.secrets.set(key, f"canary of {key}", notes="canary")
        for domain in ("a.example", "b.example"):
            await agent.passwords.create(domain, password=f"canary of {domain}")


async def test_nothing_is_given_out_unless_asked_for(asking: Asking) -> None:
    """Without `reveal` no answer holds a value or a note, not even to be masked later."""
    await stored(asking)
    answers = [
        await asking.about("one", "secrets"),
        await asking.about("one", "secret", key="a_key"),
        await asking.about("one", "passwords"),
        await asking.about("one", "password", entry="a.example"),
    ]
    assert "canary" not in json.dumps(answers)
    assert [row["key"] for row in answers[0]] == ["A_KEY", "B_KEY"]
    assert {row["domain"] for row in answers[2]} == {"a.example", "b.example"}
    assert answers[1]["value"] is None
    assert answers[3]["password"] is None


async def test_what_is_revealed_is_told_of(asking: Asking) -> None:
    """Each revealed value has a line of its own in the audit, by the person."""
    await stored(asking)
    assert (await asking.about("one", "secret", key="b_key", reveal=True))["value"] == "canary of B_KEY"
    found = await asking.about("one", "secrets", reveal=True)
    assert [row["value"] for row in found] == ["canary of A_KEY", "canary of B_KEY"]
    login = await asking.about("one", "password", entry="www.a.example", reveal=True)
    assert login["password"] == "canary of a.example"
    assert (await asking.about("one", "password", entry=login["uuid"]))["uuid"] == login["uuid"]
    assert len(await asking.about("one", "passwords", reveal=True)) == 2

    told = await asking.told("one")
    by_person = [action for actor, action, _ in told if actor == "person"]
    assert by_person.count("passwords.get") == 3
    assert by_person.count("secrets.get") >= 3
    assert "canary" not in str(told)


async def test_what_is_not_there_is_said_with_what_is(asking: Asking) -> None:
    """An unknown name or site lists where to look; several are told apart by uuid."""
    await stored(asking)
    with pytest.raises(ConstellagentError, match="no secret C_KEY"):
        await asking.about("one", "secret", key="c_key")
    with pytest.raises(ConstellagentError, match="no passwords") as raised:
        await asking.about("one", "password", entry="c.example")
    assert "a.example" in raised.value.hint
    async with await asking.as_agent("one") as agent:
        await agent.passwords.create("a.example", username="other", password="x")
    with pytest.raises(ConstellagentError, match="2 passwords"):
        await asking.about("one", "password", entry="a.example")
