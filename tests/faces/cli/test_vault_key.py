"""`vault move-key`: the key moves, once nothing uses it, and no passphrase is on a command line."""

import io
import os
import sys
from collections.abc import Callable, Iterator

import pytest

from constellagent.faces import launching
from constellagent.ravi.vault import KEY_FILE, RootKey, open_root_key, passphrases
from constellagent.runtime.paths import Paths
from constellagent.runtime.settings import Settings
from tests.faces.cli.conftest import OnTerminal
from tests.faces.conftest import Cli
from tests.ravi.vault.keyrings import MemoryKeyring, using

LONG = "correct horse battery staple"
MOVE = ("vault", "move-key", "--to")


@pytest.fixture
def kept(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., RootKey]]:
    """Give what opens the key of a state of its own, with a keyring in memory; one is made as a file."""
    for name in [name for name in os.environ if name.startswith("CONSTELLAGENT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(paths.home))
    monkeypatch.setattr(passphrases, "MEMORY_KIB", 64)

    def opened(**said: str) -> RootKey:
        return open_root_key(paths.ravi, Settings(**said), {})

    opened()
    with using(MemoryKeyring()):
        yield opened


def typed(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Let stdin hold this text."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_there_and_back(
    kept: Callable[..., RootKey], paths: Paths, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the file to the keyring, under a passphrase and back: the same key, and the place is told."""
    first = kept().mac("who", "")
    ran = cli(*MOVE, "keyring")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("the root key is in the system's keyring")
    assert not (paths.ravi / KEY_FILE).exists()
    assert kept().mac("who", "") == first
    typed(monkeypatch, f"{LONG}\nnot this\n")
    assert cli(*MOVE, "passphrase", "--passphrase-stdin").code == 0
    monkeypatch.setenv("CONSTELLAGENT_PASSPHRASE", LONG)
    assert kept().mac("who", "") == first
    assert cli(*MOVE, "file").code == 0
    monkeypatch.delenv("CONSTELLAGENT_PASSPHRASE")
    assert kept().mac("who", "") == first


def test_a_running_daemon_stops_it(state: Paths, cli: Cli) -> None:
    """While the daemon runs, nothing is moved, and the hint ends it."""
    with launching.reach(state):
        ran = cli(*MOVE, "keyring")
    assert ran.code == 75
    assert "constellagent daemon stop" in ran.err


def test_a_setting_that_is_wrong_now_is_told(
    kept: Callable[..., RootKey], cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever keeps CONSTELLAGENT_KEY_SOURCE at the old place is told before the next start fails."""
    monkeypatch.setenv("CONSTELLAGENT_KEY_SOURCE", "file")
    ran = cli(*MOVE, "keyring")
    assert ran.code == 0
    assert "unset CONSTELLAGENT_KEY_SOURCE" in ran.err
    monkeypatch.setenv("CONSTELLAGENT_KEY_SOURCE", "keyring")
    monkeypatch.setattr("constellagent.ravi.vault.os_keyring.remove", lambda _: None)
    assert cli(*MOVE, "keyring").code == 64


@pytest.mark.parametrize("words", [("cupboard",), ("passphrase",)])
def test_what_cannot_be_done_is_said(kept: Callable[..., RootKey], cli: Cli, words: tuple[str, ...]) -> None:
    """An unknown place, or nobody to ask for a passphrase, is wrong usage and changes nothing."""
    before = kept().source
    ran = cli(*MOVE, *words)
    assert ran.code == 64
    assert "hint:" in ran.err
    assert kept().source == before


def test_a_person_types_it_twice(
    kept: Callable[..., RootKey], terminal: Callable[..., OnTerminal], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal the new passphrase is asked for twice and never shown; the old one once."""
    first = kept().mac("who", "")
    person = terminal(*MOVE, "passphrase")
    person.until("New passphrase of the root key: ")
    person.type(f"{LONG}\n")
    person.until("again: ")
    person.type(f"{LONG}?\n")
    assert person.end() == 64
    assert "not the same" in person.said
    person = terminal(*MOVE, "passphrase")
    for question in ("New passphrase of the root key: ", "again: "):
        person.until(question)
        person.type(f"{LONG}\n")
    assert person.end() == 0
    assert LONG not in person.said
    assert kept(passphrase=LONG).mac("who", "") == first
    person = terminal(*MOVE, "file")
    person.until("Present passphrase of the root key: ")
    person.type(f"{LONG}\n")
    assert person.end() == 0
    assert kept().mac("who", "") == first
