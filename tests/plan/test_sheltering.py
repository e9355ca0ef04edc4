"""What a plan says of sandboxes."""

from dataclasses import replace
from typing import Any

import pytest

from constellagent.plan.desired import Desired
from constellagent.plan.draft import Draft
from constellagent.plan.sheltering import check_sandbox
from tests.plan.samples import declared


def said(desired: Desired) -> list[tuple[str, str]]:
    """Return the notes on the agent `docs`."""
    draft = Draft("docs")
    check_sandbox(draft, desired.agents["docs"], desired)
    return [(note.symbol, note.text) for note in draft.notes]


def test_an_agent_without_a_sandbox_is_not_spoken_of() -> None:
    """Whatever the machine cannot do, it does not matter to who asks for nothing."""
    desired = replace(declared(docs={}), unfit={"docs": "no"}, unlimited={"docs": ("memory",)})
    assert said(desired) == []


def test_why_there_can_be_none_stops_the_agent() -> None:
    """The reason and what to do are passed on as they are."""
    desired = replace(declared(docs={"sandbox": "bwrap"}), unfit={"docs": "it is missing; install it"})
    assert said(desired) == [("x", "sandbox: bwrap: it is missing; install it")]


def test_limits_that_nobody_keeps_are_said_and_stop_nothing() -> None:
    """A missing control group is a note."""
    desired = replace(declared(docs={"sandbox": "bwrap"}), unlimited={"docs": ("memory", "processes")})
    [(symbol, text)] = said(desired)
    assert symbol == "~"
    assert text.startswith("sandbox: memory and processes cannot be limited here")


@pytest.mark.parametrize(
    ("host", "sandbox", "identity", "speaks"),
    [
        ("ravi.example.com", {"kind": "bwrap", "network": "none"}, {}, True),
        ("", {"kind": "bwrap", "network": "none"}, {}, False),
        ("ravi.example.com", "bwrap", {}, False),
        ("ravi.example.com", {"kind": "bwrap", "network": "none"}, False, False),
    ],
)
def test_a_hosted_provider_that_cannot_be_reached_is_said(
    host: str, sandbox: Any, identity: Any, *, speaks: bool
) -> None:
    """Without a network only the provider of this machine is at hand; the agent runs all the same."""
    notes = said(replace(declared(docs={"sandbox": sandbox, "identity": identity}), host=host))
    assert [symbol for symbol, _ in notes] == ["~"] * speaks
    assert all("keeps it from ravi.example.com too" in text for _, text in notes)


@pytest.mark.parametrize(
    ("options", "stops"), [({}, False), ({"profile": "agent"}, False), ({"profile": "person"}, True)]
)
def test_the_persons_profile_cannot_be_kept_in_a_sandbox(options: dict[str, str], *, stops: bool) -> None:
    """A coding agent's profile is its own by default there; the person's is an error, and says so."""
    desired = declared(docs={"kind": "claude", "command": None, "sandbox": "bwrap", "options": options})
    notes = said(desired)
    assert [symbol for symbol, _ in notes] == ["x"] * stops
    assert all("options.profile: person" in text for _, text in notes)
