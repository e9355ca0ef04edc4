"""The root key in the system's keyring: only one that protects it, and a look that fails is no absence."""

import subprocess
import sys
import types
from collections.abc import Callable

import keyring.backends.fail
import keyring.backends.null
import pytest
from keyring.backend import KeyringBackend

from constellagent.ravi.vault import VaultError, os_keyring
from tests.ravi.vault.keyrings import Chain, MemoryKeyring, using

SECRET = bytes(range(32))


def plaintext() -> MemoryKeyring:
    """Return what passes for the plaintext backend of `keyrings.alt`, which is told by its module."""
    kind = types.new_class("PlaintextKeyring", (MemoryKeyring,))
    kind.__module__ = "keyrings.alt.file"
    backend: MemoryKeyring = kind()
    return backend


def test_a_key_comes_back(memory_keyring: MemoryKeyring) -> None:
    """What is stored is loaded, under its own name only, and is gone when it was removed."""
    os_keyring.store("a", SECRET)
    assert os_keyring.load("a") == SECRET
    assert os_keyring.load("b") is None
    os_keyring.remove("a")
    os_keyring.remove("a")
    assert os_keyring.load("a") is None
    assert memory_keyring.kept == {}


@pytest.mark.parametrize("kind", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring, plaintext])
def test_what_protects_nothing_is_refused(kind: Callable[[], KeyringBackend]) -> None:
    """No keyring, one that forgets, and one that keeps in clear are refused, with another way to go."""
    backend = kind()
    with using(backend), pytest.raises(VaultError, match="no keyring here that protects") as raised:
        os_keyring.store("a", SECRET)
    assert "passphrase" in raised.value.hint
    assert not getattr(backend, "kept", {})


def test_of_a_chain_the_best_that_protects() -> None:
    """A chain never passes the key on to a backend that keeps it in clear."""
    clear, good = plaintext(), MemoryKeyring()
    with using(Chain(clear, good)):
        os_keyring.store("a", SECRET)
    assert clear.kept == {}
    assert len(good.kept) == 1
    with using(Chain(clear)), pytest.raises(VaultError):
        os_keyring.store("a", SECRET)


def test_a_locked_keyring_is_no_absence(memory_keyring: MemoryKeyring) -> None:
    """A keyring that cannot be asked is an error for every call, and nothing is taken for missing."""
    os_keyring.store("a", SECRET)
    memory_keyring.locked = True
    calls: tuple[Callable[[], object], ...] = (
        lambda: os_keyring.load("a"),
        lambda: os_keyring.store("a", SECRET),
    )
    for call in calls:
        with pytest.raises(VaultError, match="the keyring is locked") as raised:
            call()
        assert "unlock" in raised.value.hint
    with pytest.raises(VaultError):
        os_keyring.remove("a")


def test_a_keyring_that_forgets_is_found_out(memory_keyring: MemoryKeyring) -> None:
    """What was stored is read back before anybody relies on it."""
    memory_keyring.deaf = True
    with pytest.raises(VaultError, match="does not give back"):
        os_keyring.store("a", SECRET)


def test_what_somebody_else_wrote_is_no_key(memory_keyring: MemoryKeyring) -> None:
    """An entry that is no base64 is refused, and not shown."""
    memory_keyring.kept[os_keyring.SERVICE, "a"] = "hunter2!"
    with pytest.raises(VaultError, match="holds no key") as raised:
        os_keyring.load("a")
    assert "hunter2" not in str(raised.value)


def test_it_is_loaded_only_where_it_is_needed() -> None:
    """Whoever keeps the key elsewhere does not pay for the import of `keyring`."""
    script = "import sys, constellagent.ravi.vault; print('keyring' in sys.modules)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n"
