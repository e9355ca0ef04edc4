"""Rules between the parts of a file."""

import pytest

from tests.spec.samples import agent, loaded, only

TWO = "version: 1\nagents:\n  a: {{command: [x], {0}}}\n  b: {{command: [x], {1}}}\n"


@pytest.mark.parametrize(
    ("first", "second", "problem"),
    [
        (
            "branch: x",
            "branch: x",
            "4:29: agents.b.branch: branch x is the branch of agent a (line 3) as well",
        ),
        (
            "branch: agents/b",
            "ports: []",
            "4:3: agents.b.branch: branch agents/b is the branch of agent a (line 3)",
        ),
        ("branch: x", "branch: X", "agents.b.branch: branch X cannot be told from x on every system,"),
        ("branch: caf\u00e9", "branch: cafe\u0301", "cannot be told from caf\u00e9"),
        (
            "branch: x",
            "branch: x/y",
            "agents.b.branch: git cannot hold branch x/y beside x, the branch of agent a",
        ),
        (
            "branch: x/y/z",
            "branch: x",
            "agents.a.branch: git cannot hold branch x/y/z beside x, the branch of agent b",
        ),
        (
            "identity: me",
            "identity: {name: me}",
            "agents.b.identity: identity 'me' is the identity of agent a",
        ),
        (
            "identity: b",
            "ports: []",
            "4:3: agents.b.identity: identity 'b' is the identity of agent a (line 3)",
        ),
        (
            "identity: x/y z",
            "identity: x y z",
            "the address x-y-z (from the identity 'x y z') is the address of agent a",
        ),
        ("identity: {email: bot}", "identity: {email: bot}", "the address bot (from the identity 'b')"),
    ],
)
def test_two_agents_never_share_a_branch_or_an_identity(first: str, second: str, problem: str) -> None:
    """Also not where only some file systems, or git itself, cannot tell them apart."""
    assert problem in only(TWO.format(first, second))


def test_agents_without_an_identity_do_not_clash() -> None:
    """`identity: false` is nobody, however often."""
    assert len(loaded(TWO.format("identity: false", "identity: false")).agents) == 2


def test_needs_name_declared_services() -> None:
    """A slip is answered with the service that was meant."""
    text = "version: 1\nservices: {shop: {command: [x]}}\nagents:\n  a: {command: [x], needs: [shop, shp]}\n"
    assert only(text) == "4:35: agents.a.needs.1: no service or agent is called 'shp'; did you mean shop?"
    assert only(agent("command: [x], needs: [shop]")).endswith("'shop'; declare it under services")


def test_ports_of_one_agent_have_variables_of_their_own() -> None:
    """`web-ui` and `web_ui` would be one variable."""
    expected = "3:37: agents.a.ports.1: web_ui and web-ui would both be given as PORT_WEB_UI; rename one"
    assert only(agent("command: [x], ports: [web-ui, web_ui]")) == expected


def test_the_hosted_provider_lets_no_agent_create() -> None:
    """A key that creates identities there opens the whole account, so no agent gets one."""
    text = "version: 1\nidentities: {provider: ravi, agents_may_create: true}\n"
    assert only(text).startswith("2:49: identities.agents_may_create: is for provider local only")


def test_the_hosted_provider_takes_no_domain() -> None:
    """A domain is for the local provider."""
    text = "version: 1\nidentities: {provider: ravi, domain: a.test}\n"
    assert only(text).startswith("2:38: identities.domain: is for provider local only")


def test_needs_may_name_agents() -> None:
    """One of the file; a slip is answered, and a circle told once, where it closes."""
    agents = "  a: {command: [x], needs: [b]}\n  b: {command: [x], needs: [c]}\n  c: {command: [x]}\n"
    assert loaded(f"version: 1\nagents:\n{agents}").agents["a"].needs == ("b",)
    assert "called 'bb'; did you mean b?" in only(f"version: 1\nagents:\n{agents}".replace("[b]", "[bb]"))
    circle = f"version: 1\nagents:\n{agents}".replace("c: {command: [x]", "c: {command: [x], needs: [a]")
    assert only(circle) == (
        "5:29: agents.c.needs.0: these agents would wait for one another for ever: a -> b -> c -> a"
    )
    alone = "version: 1\nagents:\n  a: {command: [x], needs: [a]}\n"
    assert "for ever: a -> a" in only(alone)
