"""`sandbox:` of a file: the short and the long form, and what is wrong in them."""

import contextlib
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import SpecError
from constellagent.spec.load import load
from constellagent.spec.models import Agent
from constellagent.spec.sandbox import Sandbox, format_size, parse_size


def agent(sandbox: str, defaults: str = "") -> Agent:
    """Return an agent that declares this sandbox."""
    head = f"defaults:\n  sandbox: {defaults}\n" if defaults else ""
    text = f"version: 1\n{head}agents:\n  a:\n    shell: x\n    sandbox: {sandbox}\n"
    return load(text.encode(), "f").constellation.agents["a"]


def dumped(sandbox: str) -> Any:
    """Return what a fingerprint is made of."""
    return agent(sandbox).model_dump(mode="json")["sandbox"]


def test_the_short_form_is_one_word() -> None:
    """A word is a kind with nothing else said, and is written back as a word."""
    assert agent("bwrap").sandbox == Sandbox(kind="bwrap")
    assert dumped("bwrap") == "bwrap"
    assert dumped("none") == "none"


def test_the_long_form_says_the_same_where_it_says_no_more() -> None:
    """Spelling a default out restarts nobody: the fingerprint does not change."""
    assert dumped("{kind: bwrap, network: host}") == "bwrap"
    assert dumped("{kind: bwrap, network: none}") != "bwrap"


def test_everything_that_can_be_said() -> None:
    """Each key is read."""
    text = (
        "{kind: bwrap, network: none, memory: 2GiB, processes: 64, write: [~/a], read: [/b/c], hide: [~/d]}"
    )
    found = agent(text).sandbox
    assert (found.network, found.memory, found.processes) == ("none", 2 << 30, 64)
    assert (found.write, found.read, found.hide) == (("~/a",), ("/b/c",), ("~/d",))


@pytest.mark.parametrize(
    ("sandbox", "message"),
    [
        ("bwarp", "did you mean bwrap?"),
        ("true", "expected none, bwrap or seatbelt, or a block with kind"),
        ("[bwrap]", "expected none, bwrap or seatbelt, or a block with kind"),
        ("{kind: bwrap, netwrk: none}", "did you mean network?"),
        ("{kind: bwrap, network: all}", "expected host or none"),
        ("{memory: 1GiB}", "there is no sandbox to say this of"),
        ("{kind: bwrap, memory: 2}", "write a number and a unit"),
        ("{kind: bwrap, memory: 2GB}", "write a number and a unit"),
        ("{kind: bwrap, memory: 1MiB}", "must be at least 16MiB"),
        ("{kind: bwrap, processes: 3}", "must be at least 16"),
        ("{kind: bwrap, write: [a/b]}", "from the root on, or one that begins with ~/"),
        ("{kind: bwrap, write: [/]}", "the whole machine cannot be named"),
        ("{kind: bwrap, write: ['~']}", "the whole home folder cannot be named"),
        ("{kind: bwrap, hide: [/a/../b]}", "without .."),
        ("{kind: bwrap, hide: [~bob/b]}", "without .."),
    ],
)
def test_what_is_wrong_is_said(sandbox: str, message: str) -> None:
    """Every mistake has its own words."""
    with pytest.raises(SpecError, match=r"f:\d+:\d+: agents\.a\.sandbox") as caught:
        agent(sandbox)
    assert message in str(caught.value)


def test_defaults_are_merged_key_by_key() -> None:
    """An agent adds to the default's block, or to its word; a word of the agent replaces all."""
    assert agent("{memory: 1GiB}", "bwrap").sandbox == Sandbox(kind="bwrap", memory=1 << 30)
    both = agent("{memory: 1GiB}", "{kind: bwrap, network: none}").sandbox
    assert (both.kind, both.network, both.memory) == ("bwrap", "none", 1 << 30)
    assert agent("none", "{kind: bwrap, network: none}").sandbox == Sandbox()


def test_a_sandboxed_coding_agent_has_its_own_profile_unless_it_declares_one() -> None:
    """The person's configuration cannot be written there, so the default is another."""
    assert agent("bwrap").own_profile
    assert not agent("none").own_profile
    text = "version: 1\nagents:\n  a: {shell: x, sandbox: bwrap, options: {profile: person}}\n"
    assert not load(text.encode(), "f").constellation.agents["a"].own_profile


@given(st.integers(min_value=16 << 10, max_value=64 << 20))
def test_sizes_come_back(kib: int) -> None:
    """What is written back is read as the same size."""
    assert parse_size(format_size(kib << 10)) == kib << 10


@given(st.text())
def test_no_text_breaks_the_size(text: str) -> None:
    """Any text is a size or a ValueError."""
    with contextlib.suppress(ValueError):
        assert parse_size(text) >= 16 << 20


@pytest.mark.parametrize(("network", "words"), [("host", "bwrap"), ("none", "bwrap without a network")])
def test_a_sandbox_is_told_in_few_words(network: Literal["host", "none"], words: str) -> None:
    """What a person reads names its kind, and that there is no network."""
    assert Sandbox(kind="bwrap", network=network).words == words
