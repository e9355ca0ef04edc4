"""Who may reach what: every route with every kind of key."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, NamedTuple

import httpx
import pytest

from constellagent.ravi.client import RaviClient
from tests.ravi.local.doors import MANAGEMENT, OPEN, OWN
from tests.ravi.local.events.receiver import Receiver, receiving
from tests.ravi.local.tenants import Tenant, state, tenants
from tests.ravi.local.test_audits import file_of
from tests.ravi.provided import Provided


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """Where the webhooks of tenants post to."""
    async with receiving() as running:
        yield running


def test_the_table_is_complete(local_routes: set[tuple[str, str]]) -> None:
    """A route that is added without a row fails this test, and so does one that has two."""
    rows = [(door.method, door.route) for door in (*OWN, *MANAGEMENT, *OPEN)]
    assert set(rows) == local_routes
    assert len(rows) == len(set(rows))


async def test_no_route_works_without_a_valid_key(local: Provided, receiver: Receiver) -> None:
    """No key, a wrong one, one that ended for whatever reason, another scheme: all are 401 and do nothing."""
    (owner,) = await tenants(local, receiver, 1)
    ended = await ended_keys(local)
    headers = ["", "Bearer", "Bearer nonsense", f"Basic {local.key}", f"Bearer {local.key}x"]
    headers += [f"Bearer {key}" for key in ended]
    before = await state(local)
    for door in (*OWN, *MANAGEMENT):
        for path in door.paths(owner):
            for header in headers:
                sent = {"Authorization": header} if header else {}
                answer = await local.ask(door.method, path, key="", body=door.body, headers=sent)
                assert answer.status_code == 401, (door, header, answer.text)
                assert answer.json()["error"]["code"] == "auth.unauthenticated"
                assert answer.json()["detail"]
                assert leaked(answer, [owner]) == set()
    assert await state(local) == before


async def test_open_routes_look_at_no_key(local: Provided) -> None:
    """What needs no key answers alike whatever comes as one, and nobody gets in by it."""
    tenant = Tenant(local, {}, "", "", {"none": ["nothing"]})
    for door in OPEN:
        for key in ("", "nonsense", local.key):
            (path,) = door.paths(tenant)
            answer = await local.ask(door.method, path, key=key, body=door.body)
            assert answer.status_code == door.status, (door, answer.text)
            assert "auth.unauthenticated" not in answer.text


async def test_odd_bytes_in_the_key_are_no_text(local: Provided) -> None:
    """Bytes that are no text are refused before any key is looked for."""
    answer = await local.ask("GET", "/api/email/", key="", headers={b"Authorization": b"Bearer \xff\xfe"})  # type: ignore[dict-item] # raw bytes on purpose
    assert answer.status_code == 400


async def test_f4_an_identitys_key_opens_what_is_its_own(local: Provided, receiver: Receiver) -> None:
    """Each route works on one's own things and shows nothing of another's; all that was stored is there.

    This is what makes the next test one that can fail: the same requests, and every canary is seen.
    """
    mine, other = await tenants(local, receiver, 2)
    seen: set[str] = set()
    for door in sorted(OWN, key=lambda door: ["GET", "PUT", "POST", "PATCH", "DELETE"].index(door.method)):
        for path in list(door.paths(mine))[: 1 if door.method == "DELETE" else None]:
            answer = await mine.ask(door.method, path, door.body)
            assert answer.status_code == door.status, (door, answer.text)
            assert leaked(answer, [other]) == set(), door
            seen |= leaked(answer, [mine])
    assert mine.canaries - seen == mine.written_only


class Attempt(NamedTuple):
    """A request for what is another's, the answers that it may get, and whose audit hears of it."""

    method: str
    path: str
    body: object
    headers: dict[str, str]
    statuses: set[int]
    told: Tenant | None


def attempts(mine: Tenant, other: Tenant) -> Iterator[Attempt]:
    """Yield every way in which the key of one tenant can be pointed at what another owns."""
    own, theirs, header = f"?identity={mine.uuid}", f"?identity={other.uuid}", {"X-Ravi-Identity": other.uuid}
    for door in OWN:
        for path in door.paths(other):
            yield Attempt(door.method, path + theirs, door.body, {}, {403}, other)
            yield Attempt(door.method, path, door.body, header, {403}, other)
            if door.thing not in {"", "call"}:
                # A Message-ID names a mail of whoever asks; nothing says that another one has it.
                told = None if "%3C" in path else other
                for form in (path, path + own):
                    yield Attempt(door.method, form, door.body, {}, {403, 404}, told)
    for door in MANAGEMENT:
        for path in door.paths(other):
            told = other if door.thing == "uuid" else mine
            for form in (path, path + theirs, path + own):
                yield Attempt(door.method, form, door.body, {}, {403}, told)
    yield from by_parameter(mine, other)


def by_parameter(mine: Tenant, other: Tenant) -> Iterator[Attempt]:
    """Yield the requests that name what another owns in the query or in the body."""

    def named(thing: str) -> str:
        return other.names[thing][0]

    mail: dict[str, object] = {"to_email": "a@x.example", "content": "x"}
    compose = "/api/email-messages/compose/"
    yield Attempt("POST", f"{compose}?inbox={named('mailbox')}", mail, {}, {403}, other)
    for file in ("file", "upload"):
        body = {**mail, "attachment_uuids": [named(file)]}
        yield Attempt("POST", compose, body, {}, {422}, other)
        answer = f"/api/email-messages/{mine.names['mail'][0]}/reply/"
        yield Attempt("POST", answer, {"content": "x", "attachment_uuids": [named(file)]}, {}, {422}, other)
    hook = {"url": "https://x.example/", "identity_uuid": other.uuid}
    yield Attempt("POST", "/api/webhook-subscriptions/", hook, {}, {403}, other)
    for path in (
        f"/api/email-messages/?thread_id={named('thread')}",
        f"/api/email-messages/?from_email={other.row['inbox']}",
        f"/api/secrets/?key={named('secret name')}",
        f"/api/contacts/?search={named('contact email')}",
        f"/api/contacts/search/?q={named('contact email')}",
    ):
        yield Attempt("GET", path, None, {}, {200}, None)
    yield Attempt("GET", f"/api/contacts/find/?email={named('contact email')}", None, {}, {404}, None)
    for path in ("/api/events/?since=0", "/api/identities/?archived=true", "/api/webhook-deliveries/?page=1"):
        yield Attempt("GET", path, None, {}, {200}, None)


@pytest.mark.timeout(240)
@pytest.mark.parametrize("count", [2, pytest.param(10, marks=[pytest.mark.long, pytest.mark.timeout(1200)])])
async def test_f4_an_identitys_key_stays_behind_its_fence(
    local: Provided, receiver: Receiver, count: int
) -> None:
    """Each key on each thing of each other identity, by every route and name: refused, and written down.

    No answer holds a word of another's, nothing that is stored changes, and the audit of whoever was reached
    for has exactly one line for each try.
    """
    everybody = await tenants(local, receiver, count)
    before, expected, tries = await state(local), Counter[tuple[str, str]](), 0
    for mine in everybody:
        for other in everybody:
            if other is mine:
                continue
            for attempt in attempts(mine, other):
                answer = await mine.ask(attempt.method, attempt.path, attempt.body, attempt.headers)
                assert answer.status_code in attempt.statuses, (attempt, answer.text)
                strangers = [tenant for tenant in everybody if tenant is not mine]
                assert leaked(answer, strangers, but=attempt.path) == set(), (attempt, answer.text)
                if attempt.told:
                    expected[attempt.told.label, f"key {mine.label}"] += 1
                tries += 1
    assert await state(local) == before
    heard = Counter(
        {
            (tenant.label, actor): times
            for tenant in everybody
            for actor, times in Counter(actor for actor, _ in await tenant.refusals()).items()
        }
    )
    assert heard == expected
    assert (await local.ask("GET", "/api/audit/verify/")).json()["ok"]
    print(f"{tries} tries by {count} identities, {expected.total()} lines")


async def test_a_management_key_that_is_narrowed_stays_there(local: Provided, receiver: Receiver) -> None:
    """Narrowed to one identity it finds nothing of another; nobody trespasses, so no audit says so."""
    mine, other = await tenants(local, receiver, 2)
    before = await state(local)
    for door in OWN:
        if door.thing in {"", "call", "uuid"}:
            continue
        for path in door.paths(other):
            answer = await local.ask(door.method, f"{path}?identity={mine.uuid}", body=door.body)
            assert answer.status_code == 404, (door, answer.text)
            assert leaked(answer, [other], but=path) == set()
    for door in OWN:
        if door.method == "GET" and not door.thing:
            answer = await local.ask("GET", f"{door.route}?identity={mine.uuid}")
            assert answer.status_code == door.status, (door, answer.text)
            assert leaked(answer, [other]) == set()
    assert await state(local) == before
    assert await other.refusals() == await mine.refusals() == []


async def test_a_trespass_that_cannot_be_written_down(local: Provided, receiver: Receiver) -> None:
    """While the audit cannot be written not even the refusal is given, and nothing leaks."""
    mine, other = await tenants(local, receiver, 2)
    file = file_of(local, other.uuid)
    file.rename(file.with_suffix(".aside"))
    file.mkdir()
    for path in (f"/api/messages/{other.names['text'][0]}/", f"/api/identities/{other.uuid}/"):
        answer = await mine.ask("GET", path)
        assert answer.status_code == 503, answer.text
        assert leaked(answer, [other]) == set()
    assert (await mine.ask("GET", "/api/messages/")).status_code == 200


async def test_who_may_create_identities(local: Provided) -> None:
    """A session's key may not, unless its session was allowed to; each refusal is written down."""
    row = await local.identity()
    for session, may_create in (("s1", False), ("s2", True)):
        key = await local.provider.issue(session, row["uuid"], may_create=may_create)
        answer = await local.ask("POST", "/api/identities/", key=key, body={})
        assert answer.status_code == (201 if may_create else 403), answer.text
    made = answer.json()
    assert (await local.ask("GET", f"/api/identities/{made['uuid']}/", key=key)).status_code == 403
    assert len((await local.ask("GET", "/api/identities/", key=key)).json()) == 1
    assert (await local.ask("GET", "/api/auth/keys/identity/", key=key)).status_code == 403
    assert emails(await local.ask("GET", "/api/email/", key=made["api_key"])) == [made["inbox"]]
    again = await local.ask("POST", "/api/identities/", key=made["api_key"], body={})
    assert again.status_code == 403
    assert await Tenant(local, row, "", "").refusals() == [
        ("session s1", "account.access"),
        ("session s2", "account.access"),
    ]
    assert await Tenant(local, made, "", "").refusals() == [
        ("session s2", "identity.access"),
        ("key made by session s2", "account.access"),
    ]


async def test_an_identitys_key_needs_no_parameter(local: Provided) -> None:
    """Without a parameter the key's own identity is meant, also by the older header."""
    mine, other = await local.identity(provision_phone=True), await local.identity(provision_phone=True)
    key = await local.identity_key(mine["uuid"])
    assert emails(await local.ask("GET", "/api/email/", key=key)) == [mine["inbox"]]
    assert (await local.ask("GET", "/api/phone/", key=key)).json()[0]["phone_number"] == mine["phone"]
    assert [r["uuid"] for r in (await local.ask("GET", "/api/identities/", key=key)).json()] == [mine["uuid"]]
    header = {"X-Ravi-Identity": mine["uuid"]}
    assert emails(await local.ask("GET", "/api/email/", key=key, headers=header)) == [mine["inbox"]]
    header = {"X-Ravi-Identity": other["uuid"]}
    assert (await local.ask("GET", "/api/email/", key=key, headers=header)).status_code == 403


async def test_a_management_key_is_narrowed_by_a_parameter(local: Provided) -> None:
    """With `?identity=` one identity, without it the whole account; an unknown one is 404."""
    first, second = await local.identity(), await local.identity()
    assert emails(await local.ask("GET", "/api/email/")) == [first["inbox"], second["inbox"]]
    assert emails(await local.ask("GET", f"/api/email/?identity={second['uuid']}")) == [second["inbox"]]
    assert emails(await local.ask("GET", f"/api/email/?identity={second['uuid'].upper()}")) == [
        second["inbox"]
    ]
    assert (await local.ask("GET", "/api/phone/")).json() == []
    assert (await local.ask("GET", "/api/email/?identity=x")).status_code == 404


async def test_two_different_identities_at_once_are_refused(local: Provided) -> None:
    """A parameter and a header that contradict each other are a 400, equal ones are fine."""
    first, second = await local.identity(), await local.identity()
    path = f"/api/email/?identity={first['uuid']}"
    assert (await local.ask("GET", path, headers={"X-Ravi-Identity": second["uuid"]})).status_code == 400
    assert (await local.ask("GET", path, headers={"X-Ravi-Identity": first["uuid"]})).status_code == 200
    assert (await local.ask("GET", f"{path}&identity={second['uuid']}")).status_code == 400


async def test_f4_an_identitys_key_does_not_learn_what_exists(local: Provided, receiver: Receiver) -> None:
    """For an identity's key what another one owns and what nobody owns look the same."""
    mine, other = await tenants(local, receiver, 2)
    nobody = Tenant(
        local, {}, "", "", {thing: [_like(name) for name in names] for thing, names in other.names.items()}
    )
    for door in (*OWN, *MANAGEMENT):
        if door.thing in {"", "call"}:
            continue
        for there, missing in zip(door.paths(other), door.paths(nobody), strict=True):
            answers = [await mine.ask(door.method, path, door.body) for path in (there, missing)]
            assert answers[0].status_code == answers[1].status_code, door
            assert answers[0].content == answers[1].content, door


async def test_f4_a_revoked_key_ends_at_once(local: Provided) -> None:
    """The request after the revocation is refused."""
    row = await local.identity()
    minted = await local.ask(
        "POST", "/api/auth/keys/identity/", body={"label": "t", "identity_uuid": row["uuid"]}
    )
    key, uuid = minted.json()["key"], minted.json()["uuid"]
    assert (await local.ask("GET", "/api/email/", key=key)).status_code == 200
    assert (await local.ask("DELETE", f"/api/auth/keys/identity/{uuid}/")).status_code == 204
    assert (await local.ask("GET", "/api/email/", key=key)).status_code == 401


async def ended_keys(local: Provided) -> list[str]:
    """Return keys that were good once: revoked ones, those of identities that are put away or deleted."""
    rows = [await local.identity() for _ in range(3)]
    keys = [await local.identity_key(row["uuid"]) for row in rows]
    async with RaviClient(local.url, local.key) as client:
        for key in await client.list_identity_keys():
            if key.identity_uuid == rows[0]["uuid"]:
                await client.delete_identity_key(key.uuid)
    for row in rows[1:]:
        assert (await local.ask("POST", f"/api/identities/{row['uuid']}/archive/")).status_code == 200
    assert (await local.ask("DELETE", f"/api/identities/{rows[2]['uuid']}/")).status_code == 204
    minted = (await local.ask("POST", "/api/auth/keys/management/", body={"label": "t"})).json()
    await local.ask("DELETE", f"/api/auth/keys/management/{minted['uuid']}/")
    return [*keys, minted["key"]]


def leaked(answer: httpx.Response, owners: Sequence[Tenant], but: str = "") -> set[str]:
    """Return the canaries of some tenants that are in an answer, headers included.

    What is in the path `but` that was asked for may be said back.
    """
    text = f"{answer.text}\n{answer.headers}"
    return {word for owner in owners for word in owner.canaries if word in text and word not in but}


def emails(answer: Any) -> list[str]:
    """Return the addresses of an answer of `/api/email/`."""
    assert answer.status_code == 200, answer.text
    return [row["email"] for row in answer.json()]


def _like(name: str) -> str:
    """Return a name of the same shape that nothing has."""
    if name.isdigit():
        return "987654"
    return name[:-4] + ("0000" if not name.endswith(("0000", "%3E")) else name[-4:])
