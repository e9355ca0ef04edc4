"""Which agent is meant, and what its identity has."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from constellagent.errors import ConflictError, UnavailableError, UsageError
from constellagent.ravi.vault import RootKey
from constellagent.runtime.settings import Settings
from tests.ravi.provided import provided
from tests.runtime.belongings.conftest import Asking
from tests.runtime.working import working


async def test_every_agent_is_listed_with_its_counts(asking: Asking) -> None:
    """Unread mail and texts and what lies in the vault are counted; those put away are marked."""
    number = (await asking.about("two", "show"))["phone"]
    await asking.about("one", "send", to="two@a.test", subject="Plan", body="x")
    await asking.about("one", "send_sms", to=number, body="x")
    async with await asking.as_agent("two") as agent:
        await agent.secrets.set("KEY", "value")
        await agent.passwords.create("example.com")
        await agent.passwords.create("example.org")
    before = len(await asking.told("two"))
    one, two = await asking.lab.daemon.identities(asking.lab.file)
    assert (one["agent"], one["address"], one["unread_mails"]) == ("one", "one@a.test", 0)
    assert (two["unread_mails"], two["unread_texts"]) == (1, 1)
    assert (two["passwords"], two["secrets"], two["phone"]) == (2, 1, number)
    assert await asking.about("two", "show") == two
    assert len(await asking.told("two")) == before, "counting opens nothing, so there is nothing to tell of"
    await asking.about("one", "archive")
    assert [view["archived"] for view in await asking.lab.daemon.identities(asking.lab.file)] == [True, False]


async def test_who_is_meant_must_be_clear(asking: Asking) -> None:
    """Unknown agents, agents without an identity, unknown actions, missing parts: each is explained."""
    with pytest.raises(UsageError, match="did you mean"):
        await asking.about("onee", "inbox")
    with pytest.raises(UsageError, match="no action"):
        await asking.about("one", "explode")
    with pytest.raises(UsageError, match="thread needs: thread"):
        await asking.about("one", "thread")
    with pytest.raises(UsageError, match="import needs: path"):
        await asking.about("one", "import")
    asking.lab.declare("  three: {command: [sleep, '9']}\n", "identities: {domain: a.test}\n")
    with pytest.raises(ConflictError, match="no identity yet"):
        await asking.about("three", "inbox")
    assert (await asking.about("one", "show"))["address"] == "one@a.test", "also when no longer declared"


@pytest.fixture
async def hosted(home: Settings, tmp_path: Path) -> AsyncIterator[Asking]:
    """An agent whose identity is at another provider, which stands for the hosted one."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    async with provided(elsewhere, RootKey(bytes(range(32)), "a test")) as far:
        settings = home.model_copy(update={"ravi_api_url": far.url, "ravi_api_key": SecretStr(far.key)})
        async with working(settings, tmp_path / "repo") as lab:
            lab.declare(
                "  one: {command: [sleep, '9'], autostart: false}\n", "identities: {provider: ravi}\n"
            )
            result = await lab.apply()
            assert result["exit_code"] == 0, result
            yield Asking(lab)


async def test_a_hosted_identity_is_told_of_here(hosted: Asking) -> None:
    """What a person does with a hosted identity is in the local audit, values as fingerprints only."""
    address = (await hosted.about("one", "show"))["address"]
    await hosted.about("one", "send", to=address, subject="Plan", body="x")
    (thread,) = await hosted.about("one", "inbox")
    await hosted.about("one", "thread", thread=thread["thread"])
    assert await hosted.about("one", "secrets", reveal=True) == []
    assert [line[:2] for line in await hosted.told("one")] == [
        ("person", "mail.sent"),
        ("person", "mail.list"),
        ("person", "mail.read"),
        ("person", "secrets.list"),
    ]
    (view,) = await hosted.lab.daemon.identities(hosted.lab.file)
    assert (view["provider"], view["unread_mails"], view["passwords"]) == ("ravi", 1, None)


async def test_nothing_is_asked_of_it_that_could_not_be_told(hosted: Asking) -> None:
    """Where the audit cannot be written, a hosted mailbox is not opened."""
    await hosted.lab.daemon._provider.stop()
    with pytest.raises(UnavailableError):
        await hosted.about("one", "inbox")


async def test_what_only_the_local_provider_can(hosted: Asking, tmp_path: Path) -> None:
    """Export and import are refused with the reason."""
    file = str(tmp_path / "x.age")
    with pytest.raises(ConflictError, match="hosted"):
        await hosted.about("one", "export", path=file, passphrase="plain words of a person 4711")
    with pytest.raises(ConflictError, match="hosted"):
        await hosted.about("one", "import", path=file, passphrase="x")
