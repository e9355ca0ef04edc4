"""The public SDK, unmodified, judges the provider."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import httpx
import pytest
from ravi import Ravi
from ravi.errors import (
    AuthenticationError,
    AuthorizationError,
    ConflictError,
    NotFoundError,
    RaviError,
    ValidationError,
)

from tests.ravi.provided import Provided

T = TypeVar("T")


@contextmanager
def sdk(local: Provided, key: str) -> Iterator[Ravi]:
    """Point the SDK at the provider in the one way that it offers."""
    headers = {"Authorization": f"Bearer {key}", "Accept": "application/json"}
    with httpx.Client(base_url=f"{local.url}/api", headers=headers, timeout=30, trust_env=False) as http:
        yield Ravi(api_key=key, http_client=http)


async def use(local: Provided, what: Callable[[Ravi], T], key: str | None = None) -> T:
    """Use the SDK, which is synchronous, beside the running provider."""

    def run() -> T:
        with sdk(local, key or local.key) as ravi:
            return what(ravi)

    return await asyncio.to_thread(run)


async def test_identities(local: Provided) -> None:
    """Create, list, get, rename and give a number."""
    made = await use(
        local,
        lambda ravi: ravi.identities.create(
            name="docs", email_identifier="docs", domain="a.test", provision_phone=True
        ),
    )
    assert made.email_address == "docs@a.test"
    assert made.email.address == "docs@a.test"
    assert made.phone is not None
    bare = await use(local, lambda ravi: ravi.identities.create())
    assert bare.phone is None
    assert [row.uuid for row in await use(local, lambda ravi: ravi.identities.list())] == [
        made.uuid,
        bare.uuid,
    ]
    renamed = await use(local, lambda ravi: ravi.identities.update(bare.uuid, name="other"))
    assert renamed.name == "other"
    assert (await use(local, lambda ravi: ravi.identities.get(bare.uuid))).name == "other"
    assert (await use(local, lambda ravi: ravi.identities.provision_phone(bare.uuid))).phone is not None


async def test_keys_and_me(local: Provided) -> None:
    """Keys of both kinds come and go; `me` is the identity that a key is fenced to."""
    made = await use(local, lambda ravi: ravi.identities.create())
    await use(local, lambda ravi: ravi.identities.create())
    key = await use(local, lambda ravi: ravi.api_keys.identity.create("laptop", made.uuid))
    assert key.key.startswith("ravi_id_")
    assert (await use(local, lambda ravi: ravi.me, key.key)).uuid == made.uuid
    with pytest.raises(RuntimeError, match="Ambiguous"):
        await use(local, lambda ravi: ravi.me)
    assert [row.uuid for row in await use(local, lambda ravi: ravi.api_keys.identity.list())] == [key.uuid]
    await use(local, lambda ravi: ravi.api_keys.identity.revoke(key.uuid))
    assert await use(local, lambda ravi: ravi.api_keys.identity.list()) == []
    management = await use(local, lambda ravi: ravi.api_keys.management.create("ci"))
    assert management.key.startswith("ravi_mgmt_")
    assert len(await use(local, lambda ravi: ravi.api_keys.management.list())) == 2
    await use(local, lambda ravi: ravi.api_keys.management.revoke(management.uuid))
    assert len(await use(local, lambda ravi: ravi.api_keys.management.list())) == 1


async def test_domains(local: Provided) -> None:
    """The default domain is there from the start."""
    domains = await use(local, lambda ravi: ravi.domains.list())
    assert [row.domain for row in domains] == ["constellagent.test"]


async def test_each_class_of_error(local: Provided) -> None:
    """Every refusal that can be reached arrives as the SDK's own class, with its code and status."""
    made = await use(local, lambda ravi: ravi.identities.create(email_identifier="docs"))
    key = await local.identity_key(made.uuid)
    cases: list[tuple[type[RaviError], int, str, Callable[[Ravi], object], str | None]] = [
        (AuthenticationError, 401, "auth.unauthenticated", lambda r: r.identities.list(), "ravi_mgmt_wrong"),
        (AuthorizationError, 403, "auth.forbidden", lambda r: r.identities.create(), key),
        (AuthorizationError, 403, "auth.forbidden", lambda r: r.identities.get("other"), key),
        (NotFoundError, 404, "not_found", lambda r: r.identities.get("other"), None),
        (NotFoundError, 404, "not_found", lambda r: r.webhooks.list(), None),
        (
            ConflictError,
            409,
            "identity.address_taken",
            lambda r: r.identities.create(email_identifier="docs"),
            None,
        ),
        (ValidationError, 422, "validation.failed", lambda r: r.identities.create(domain="a.test"), None),
    ]
    for kind, status, code, call, with_key in cases:
        with pytest.raises(kind) as raised:
            await use(local, call, with_key)
        assert (raised.value.status, raised.value.code) == (status, code)
        assert raised.value.message
