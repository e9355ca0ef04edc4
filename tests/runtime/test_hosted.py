"""The hosted provider over real sockets: which key is used, TLS, redirects, pauses while it is down."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from constellagent.errors import ConflictError, ConstellagentError, UnavailableError, UsageError
from constellagent.ravi.client import RaviClient
from constellagent.runtime import hosted as hosted_module
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.hosted import Hosted, Reach
from constellagent.runtime.settings import Settings
from tests.certificates import Authority, authority
from tests.ravi.scripted import HANG, answer, scripted
from tests.runtime.conftest import StillClock

KEY = "ravi_mgmt_x"


def keeping(key: str) -> Callable[[], Awaitable[str]]:
    """Return what gives the key that a constellation was applied with."""

    async def kept() -> str:
        return key

    return kept


NOTHING = keeping("")


@asynccontextmanager
async def hosted(url: str, *, key: str | None = None, bundle: Path | None = None) -> AsyncIterator[Hosted]:
    """Give the hosted provider with these settings."""
    secret = None if key is None else SecretStr(key)
    settings = Settings(ravi_api_url=url, ravi_api_key=secret, ravi_ca_bundle=bundle)
    made = Hosted(settings, SystemClock())
    try:
        yield made
    finally:
        await made.close()


@pytest.fixture(autouse=True)
def person(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder in which nobody is logged in."""
    folder = tmp_path / "person"
    (folder / ".ravi").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(folder))
    return folder


async def test_each_place_of_the_key_in_its_order(person: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Setting, shell, what the last apply kept, login; the file is read at the time of need."""
    async with scripted(answer(200, [])) as script:

        async def used(made: Hosted, shell: str, kept: str) -> str:
            await (await made.client(shell, keeping(kept))).list_identities()
            return script.heads[-1].lower().partition("authorization: bearer ")[2].partition("\r\n")[0]

        async with hosted(script.url, key="k-set") as made:
            assert await used(made, "k-shell", "k-kept") == "k-set"
        async with hosted(script.url) as made:
            assert await used(made, "k-shell", "k-kept") == "k-shell"
            assert await used(made, "", "k-kept") == "k-kept"
            with pytest.raises(UnavailableError, match="no management key"):
                await made.client("", NOTHING)
            file = person / ".ravi" / "config.json"
            file.write_text(json.dumps({"management_key": "k-login"}))
            file.chmod(0o644)
            assert await used(made, "", "") == "k-login"
            assert await used(made, "", "") == "k-login"
            assert [r.getMessage() for r in caplog.records if "mode 0644" in r.getMessage()] == [
                f"{file} has mode 0644: others may read the key"
            ]
            with pytest.raises(ConflictError, match="one identity only"):
                await made.client("ravi_id_x", NOTHING)
        assert "k-login" not in caplog.text


async def test_one_client_for_a_key() -> None:
    """Askers at the same time share the connections of one client."""
    async with hosted("https://ravi.example", key=KEY) as made:
        clients = await asyncio.gather(*(made.client("", NOTHING) for _ in range(5)))
        assert len({id(client) for client in clients}) == 1
        assert made.host == "ravi.example"


@pytest.fixture
def ours(tmp_path: Path) -> Authority:
    """A private authority."""
    return authority(tmp_path)


@pytest.mark.parametrize(
    ("host", "lasts", "itself"),
    [
        ("127.0.0.1", timedelta(days=30), False),
        ("ravi.example", timedelta(days=40_000), False),
        ("127.0.0.1", timedelta(days=40_000), True),
    ],
    ids=["expired", "wrong host", "self-signed"],
)
async def test_g8_a_certificate_that_proves_nothing_is_refused(
    ours: Authority, host: str, lasts: timedelta, itself: bool
) -> None:
    """Even with the authority trusted: no request is sent, and the identities are out of reach."""
    context = ours.context(host, lasts=lasts, itself=itself)
    async with (
        scripted(answer(200, []), context=context) as script,
        hosted(script.url, key=KEY, bundle=ours.bundle) as made,
    ):
        client = await made.client("", NOTHING)
        with pytest.raises(UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.create_identity(name="docs")
        assert script.asked == []


async def test_g8_a_private_authority_is_trusted_only_where_it_is_set(ours: Authority) -> None:
    """Its bundle opens the connection; without it the same server is refused."""
    async with scripted(answer(200, []), context=ours.context()) as script:
        async with hosted(script.url, key=KEY) as made:
            assert await made.trouble("", NOTHING)
            assert script.asked == []
        async with hosted(script.url, key=KEY, bundle=ours.bundle) as made:
            assert await made.trouble("", NOTHING) == ""
            assert script.asked == ["GET /api/identities/"]


@pytest.mark.parametrize(
    "url", ["http://ravi.example", "http://10.0.0.7:80", "ftp://ravi.example", "ravi.example"]
)
async def test_g8_an_address_that_would_give_the_key_away_is_refused(url: str) -> None:
    """Unencrypted only to this machine; the trouble says what to write instead."""
    async with hosted(url, key=KEY) as made:
        with pytest.raises(UsageError):
            await made.client("", NOTHING)
        assert "https://" in await made.trouble("", NOTHING)


async def test_g8_a_redirect_never_carries_the_key(ours: Authority) -> None:
    """Neither to another host nor to the same: it is said, and the other server is never asked."""
    async with scripted(answer(200, [])) as other:
        for code in (301, 302, 307, 308):
            away = answer(code, headers=f"Location: {other.url}/api/identities/\r\n")
            async with (
                scripted(away, context=ours.context()) as script,
                hosted(script.url, key=KEY, bundle=ours.bundle) as made,
            ):
                client = await made.client("", NOTHING)
                with pytest.raises(UnavailableError) as raised:
                    await client.list_identities()
                assert "CONSTELLAGENT_RAVI_API_URL" in raised.value.hint
        assert other.heads == []


async def test_g6_pauses_grow_while_it_is_down(clock: StillClock) -> None:
    """1 s doubling to 60 s between two questions, however often the status is looked at; then it is up."""
    async with scripted(answer(401, {"detail": "revoked"})) as script, RaviClient(script.url, KEY) as client:
        reach = Reach(client, clock)
        gaps = []
        for _ in range(9):
            asked, begin = len(script.asked), clock.time
            while len(script.asked) == asked:
                assert clock.time - begin <= 61
                trouble = await reach.trouble()
                assert "revoked" in trouble
                assert "ravi auth login" in trouble
                clock.time += 0.5
            gaps.append(clock.time - 0.5 - begin)
        assert [round(gap + 0.5 if n else gap) for n, gap in enumerate(gaps)] == [
            0,
            1,
            2,
            4,
            8,
            16,
            32,
            60,
            60,
        ]
        script.answers = [answer(200, [])]
        clock.time += 60
        assert await reach.trouble() == ""
        assert await reach.trouble() == ""
        clock.time += 14
        asked = len(script.asked)
        assert await reach.trouble() == ""
        assert len(script.asked) == asked
        script.answers = [answer(403, {"detail": "closed"})]
        clock.time += 2
        assert "closed" in await reach.trouble()
        clock.time += 1
        script.answers = [answer(200, [])]
        assert await reach.trouble() == ""


async def test_g6_a_status_does_not_wait_for_a_provider_that_hangs(
    clock: StillClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is given up after a moment, and askers at the same time share it."""
    monkeypatch.setattr(hosted_module, "_PATIENCE", 2.0)
    async with scripted(HANG) as script, RaviClient(script.url, KEY) as client:
        reach = Reach(client, clock)
        async with asyncio.timeout(30):
            said = await asyncio.gather(*(reach.trouble() for _ in range(4)))
        assert len(set(said)) == 1
        assert "no answer from 127.0.0.1" in said[0]
        assert len(script.asked) == 1


async def test_a_key_that_cannot_be_opened_is_trouble() -> None:
    """What the vault refuses is told like a provider out of reach."""

    async def sealed_elsewhere() -> str:
        raise ConstellagentError("sealed with another root key", hint="use the old one")

    async with hosted("https://ravi.example") as made:
        assert await made.trouble("", sealed_elsewhere) == "sealed with another root key; use the old one"
