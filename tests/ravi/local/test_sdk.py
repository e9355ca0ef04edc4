"""The public SDK, unmodified, judges the provider: every class of its errors, each provoked for real.

What it can do is in the files `test_sdk_…` beside this one.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import pytest
from ravi import Ravi, errors
from ravi.errors import (
    AuthenticationError,
    AuthorizationError,
    ConflictError,
    NetworkError,
    NotFoundError,
    ProviderError,
    RateLimitError,
    RaviError,
    ValidationError,
)

from constellagent.ravi.local.office import Office
from constellagent.ravi.local.options import Options
from constellagent.ravi.vault import RootKey
from tests.ravi.local.sdk_tour import carrier
from tests.ravi.provided import Provided, provided

T = TypeVar("T")


@contextmanager
def sdk(local: Provided, key: str) -> Iterator[Ravi]:
    """Point the SDK at the provider in the one way that it offers."""
    with carrier(local, key) as http:
        yield Ravi(api_key=key, http_client=http)


async def use(local: Provided, what: Callable[[Ravi], T], key: str | None = None) -> T:
    """Use the SDK, which is synchronous, beside the running provider."""

    def run() -> T:
        with sdk(local, key or local.key) as ravi:
            return what(ravi)

    return await asyncio.to_thread(run)


class Case(NamedTuple):
    """A call that is refused, and as what."""

    kind: type[RaviError]
    status: int
    code: str
    call: Callable[[Ravi], object]
    fenced: bool = False


CASES = {
    "another's identity": Case(
        AuthorizationError, 403, "auth.forbidden", lambda r: r.identities.get("other"), fenced=True
    ),
    "a management call": Case(
        AuthorizationError, 403, "auth.forbidden", lambda r: r.api_keys.identity.list(), fenced=True
    ),
    "no such identity": Case(NotFoundError, 404, "not_found", lambda r: r.identities.get("other")),
    "no such webhook": Case(NotFoundError, 404, "not_found", lambda r: r.webhooks.get(1)),
    "no such delivery": Case(
        NotFoundError, 404, "not_found", lambda r: r.webhooks.deliveries.get(1), fenced=True
    ),
    "an address that is taken": Case(
        ConflictError,
        409,
        "identity.address_taken",
        lambda r: r.identities.create(email_identifier="docs"),
    ),
    "a second number": Case(
        ConflictError,
        409,
        "identity.has_phone",
        lambda r: r.identities.provision_phone(r.identities.list()[0].uuid),
    ),
    "a domain alone": Case(
        ValidationError, 422, "validation.failed", lambda r: r.identities.create(domain="a.test")
    ),
    "no address": Case(
        ValidationError, 422, "validation.failed", lambda r: r.me.email.send("nobody", "x", "x"), fenced=True
    ),
    "a call": Case(RaviError, 501, "calls.not_offered", lambda r: r.me.phone.calls(), fenced=True),
    "a wrong method": Case(
        RaviError, 405, "method.not_allowed", lambda r: r._request("PUT", "/identities/"), fenced=True
    ),
}
BY_OTHER_TESTS = {AuthenticationError, ProviderError, RateLimitError, NetworkError}
"""Classes that the tests below provoke, each with a provider of its own kind."""


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the SDK try again at once: it waits up to eight seconds before each of three more tries."""
    monkeypatch.setattr("ravi._request._MAX_BACKOFF_SECONDS", 0.01)


def test_every_class_is_provoked() -> None:
    """The SDK has no class of errors that no test here gets to see."""
    provoked = {case.kind for case in CASES.values()} | BY_OTHER_TESTS
    assert provoked == {getattr(errors, name) for name in errors.__all__}


@pytest.mark.parametrize("name", CASES)
async def test_a_refusal(local: Provided, name: str) -> None:
    """A refusal arrives as the SDK's own class, with its code, its status, and words."""
    row = await local.identity(email_identifier="docs", provision_phone=True)
    case = CASES[name]
    key = await local.identity_key(row["uuid"]) if case.fenced else None
    with pytest.raises(RaviError) as raised:
        await use(local, case.call, key)
    assert type(raised.value) is case.kind
    assert (raised.value.status, raised.value.code) == (case.status, case.code)
    assert raised.value.message


async def test_a_wrong_key(local: Provided) -> None:
    """A key that was never made, and one that was revoked, are the same to the SDK."""
    row = await local.identity()
    made = await use(local, lambda ravi: ravi.api_keys.identity.create("t", row["uuid"]))
    await use(local, lambda ravi: ravi.api_keys.identity.revoke(made.uuid))
    for key in ("ravi_mgmt_wrong", made.key):
        with pytest.raises(AuthenticationError) as raised:
            await use(local, lambda ravi: ravi.identities.list(), key)
        assert (raised.value.status, raised.value.code) == (401, "auth.unauthenticated")


@pytest.mark.usefixtures("quick")
async def test_too_many_requests(tmp_path: Path, root_key: RootKey) -> None:
    """The SDK tries again, then says for how long to wait; another key is not concerned."""
    options = Options(requests_per_minute=10)
    async with provided(tmp_path, root_key, options=options, now=lambda: 1_800_000_000.0) as local:
        row = await local.identity()
        key = await local.identity_key(row["uuid"])
        with pytest.raises(RateLimitError) as raised:
            await use(local, lambda ravi: [ravi.identities.list() for _ in range(11)], key)
        assert (raised.value.status, raised.value.code) == (429, "rate_limit.exceeded")
        assert raised.value.retry_after is not None
        assert 50 < raised.value.retry_after <= 60
        assert len(await use(local, lambda ravi: ravi.identities.list())) == 1


@pytest.mark.usefixtures("quick")
async def test_what_the_provider_cannot_do(local: Provided, office: Office) -> None:
    """What was changed on disk is the provider's failure; other identities go on."""
    rows = [await local.identity(email_identifier=name) for name in ("docs", "other")]
    hurt, well = [await local.identity_key(row["uuid"]) for row in rows]
    for key in (hurt, well):
        await use(local, lambda ravi: ravi.me.contacts.create(email="a@x.example"), key)
    await office.store.execute("UPDATE contacts SET content = zeroblob(99) WHERE identity = 1")
    with pytest.raises(ProviderError) as raised:
        await use(local, lambda ravi: ravi.me.contacts.list(), hurt)
    assert (raised.value.status, raised.value.code) == (503, "provider.unavailable")
    assert len(await use(local, lambda ravi: ravi.me.contacts.list(), well)) == 1


@pytest.mark.usefixtures("quick")
async def test_a_provider_that_is_gone(local: Provided) -> None:
    """A provider that stopped is no answer at all."""
    row = await local.identity()
    with sdk(local, await local.identity_key(row["uuid"])) as ravi:
        mine = await asyncio.to_thread(lambda: ravi.me)
        await local.provider.stop()
        with pytest.raises(NetworkError) as raised:
            await asyncio.to_thread(mine.email.inbox)
    assert raised.value.status == 0


async def test_its_own_client(local: Provided, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pointed here by its one constant, the SDK makes its own requests, and ends its connections."""
    monkeypatch.setattr("ravi.client.DEFAULT_BASE_URL", local.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    row = await local.identity()
    key = await local.identity_key(row["uuid"])

    def run() -> str:
        with Ravi(key) as ravi:
            return str(ravi.me.uuid)

    assert await asyncio.to_thread(run) == row["uuid"]
