"""Every default filled in and every name derived."""

from pathlib import PurePath
from typing import Any

import pytest

from constellagent.errors import SpecError
from constellagent.plan.desired import Desired, DesiredAgent, DesiredIdentity, desire
from constellagent.spec.models import Constellation
from tests.plan.samples import REPO


def resolved(repo: PurePath = REPO, **top: Any) -> Desired:
    """Resolve a constellation of these top-level keys."""
    return desire(Constellation.model_validate({"version": 1, **top}), repo)


def one(identities: dict[str, Any] | None = None, **block: Any) -> DesiredAgent:
    """Resolve a constellation of one agent."""
    top: dict[str, Any] = {"agents": {"docs": {"command": ["true"], **block}}}
    if identities is not None:
        top["identities"] = identities
    return resolved(name="acme", **top).agents["docs"]


def test_the_names_of_an_agent_derive_from_its_own() -> None:
    """Branch, folder and identity follow the agent's name where the file is silent."""
    agent = one()
    assert (agent.name, agent.branch, agent.base) == ("docs", "agents/docs", "auto")
    assert agent.path == PurePath("/repos/acme.worktrees/docs")
    assert agent.identity == DesiredIdentity("docs", "docs", "acme.test", phone=True)


def test_what_the_file_says_wins() -> None:
    """A declared branch, base and identity are taken as they are written."""
    agent = one(branch="feature/x", base="v1", identity={"name": "Docs Bot", "email": "bot", "phone": False})
    assert (agent.branch, agent.base) == ("feature/x", "v1")
    assert agent.identity == DesiredIdentity("Docs Bot", "bot", "acme.test", phone=False)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (None, DesiredIdentity("docs", "docs", "acme.test", phone=True)),
        ("Docs Bot", DesiredIdentity("Docs Bot", "docs-bot", "acme.test", phone=True)),
        ({"phone": False}, DesiredIdentity("docs", "docs", "acme.test", phone=False)),
        ({"email": "bot"}, DesiredIdentity("docs", "bot", "acme.test", phone=True)),
        (False, None),
    ],
)
def test_forms_of_an_identity(declared: Any, expected: DesiredIdentity | None) -> None:
    """An identity is nothing, a name, a block or false."""
    assert one(identity=declared).identity == expected


@pytest.mark.parametrize(
    ("identities", "domain", "phone"),
    [
        ({}, "acme.test", True),
        ({"domain": "mail.example"}, "mail.example", True),
        ({"phone": False}, "acme.test", False),
        ({"provider": "ravi"}, None, True),
    ],
)
def test_where_mail_goes(identities: dict[str, Any], domain: str | None, phone: bool) -> None:
    """The local provider's domain derives from the constellation; the hosted one chooses its own."""
    identity = one(identities).identity
    assert identity is not None
    assert (identity.domain, identity.phone) == (domain, phone)


def test_the_constellation_is_named_after_its_repository() -> None:
    """Name and folder of the worktrees follow the repository where the file is silent."""
    desired = resolved(PurePath("/repos/Acme Web"))
    assert desired.name == "acme-web"
    assert (desired.repo, desired.worktrees) == (
        PurePath("/repos/Acme Web"),
        PurePath("/repos/Acme Web.worktrees"),
    )
    assert (desired.provider, desired.agents, desired.services) == ("local", {}, {})
    assert resolved(name="named", worktrees="/elsewhere/{repo}").worktrees == PurePath("/elsewhere/acme")


def test_worktrees_in_the_repository_itself_are_a_problem_of_the_file() -> None:
    """A folder that git could not use is refused with the file's own error."""
    with pytest.raises(SpecError):
        resolved(worktrees=".")


@pytest.mark.parametrize(
    ("owner", "told"),
    [
        ({}, None),
        ({"email": "me@acme.test"}, "me@acme.test"),
        ({"phone": "+15550100"}, "+15550100"),
        ({"email": "me@acme.test", "phone": "+15550100"}, "me@acme.test"),
    ],
)
def test_owner(owner: dict[str, str], told: str | None) -> None:
    """Whoever is to be told is known by the address, or else by the number."""
    assert resolved(owner=owner).owner == told


@pytest.mark.parametrize(
    "change",
    [
        {"command": ["false"]},
        {"command": None, "shell": "true"},
        {"kind": "claude"},
        {"prompt": "hello"},
        {"env": {"set": {"A": "1"}}},
        {"env": {"pass": ["A"]}},
        {"sandbox": "bwrap"},
        {"ports": ["web"]},
        {"options": {"model": "x"}},
        {"identity": "other"},
        {"identity": False},
    ],
)
def test_what_the_process_was_started_from_changes_the_fingerprint(change: dict[str, Any]) -> None:
    """Each of these can only be followed by starting the process anew."""
    assert one(**change).fingerprint != one().fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"branch": "feature/x"},
        {"base": "v1"},
        {"restart": "always"},
        {"stop_grace": "1m"},
        {"autostart": False},
        {"include": [".env"]},
        {"setup": [["make"]]},
        {"schedules": {"x": {"cron": "0 9 * * *"}}},
        {"identity": "docs"},
        {"identity": {"name": "docs", "phone": False}},
    ],
)
def test_what_acts_without_a_restart_keeps_the_fingerprint(change: dict[str, Any]) -> None:
    """Nobody's conversation is called stale for a change that needs no restart."""
    assert one(**change).fingerprint == one().fingerprint


def test_another_provider_needs_a_restart() -> None:
    """The process holds the address and key of its provider."""
    assert one({"provider": "ravi"}).fingerprint != one({}).fingerprint


def test_fingerprints_of_services() -> None:
    """A service is stale when its command or environment changed, not when its checks did."""

    def fingerprint(**block: Any) -> str:
        services = {"db": {"command": ["true"], **block}}
        return resolved(services=services).services["db"].fingerprint

    assert fingerprint(command=["false"]) != fingerprint()
    assert fingerprint(env={"set": {"A": "1"}}) != fingerprint()
    for change in ({"ready": {"tcp": "h:1"}}, {"restart": "always"}, {"stop_grace": "1s"}):
        assert fingerprint(**change) == fingerprint()


def test_fingerprints_do_not_depend_on_the_order_of_keys() -> None:
    """The same declaration in another order is the same declaration."""
    left = one(env={"set": {"A": "1", "B": "2"}}, options={"model": "m", "args": ["1", "2"]})
    right = one(options={"args": ["1", "2"], "model": "m"}, env={"set": {"B": "2", "A": "1"}})
    assert left.fingerprint == right.fingerprint
