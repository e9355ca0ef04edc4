"""A keyring in memory, and an Argon2id that is cheap enough for many tests."""

from collections.abc import Iterator

import pytest

from constellagent.ravi.vault import passphrases
from tests.ravi.vault.keyrings import MemoryKeyring, using


@pytest.fixture
def memory_keyring() -> Iterator[MemoryKeyring]:
    """The system's keyring, in memory."""
    backend = MemoryKeyring()
    with using(backend):
        yield backend


@pytest.fixture
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrap with little memory and one pass; the cost is stored with what is wrapped."""
    monkeypatch.setattr(passphrases, "ITERATIONS", 1)
    monkeypatch.setattr(passphrases, "MEMORY_KIB", 64)
