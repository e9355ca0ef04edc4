"""Keyrings that live in memory: real backends of `keyring`, set through its own door."""

from collections.abc import Iterator
from contextlib import contextmanager

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringLocked, PasswordDeleteError


class MemoryKeyring(KeyringBackend):
    """Keeps passwords in a dictionary. `locked` makes it refuse, `deaf` makes it forget what it is told."""

    priority = 0.1

    def __init__(self) -> None:
        """Start empty."""
        super().__init__()  # type: ignore[no-untyped-call] # keyring has no types here
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False
        self.deaf = False

    def get_password(self, service: str, username: str) -> str | None:
        """Return what is kept."""
        self._refuse()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep it."""
        self._refuse()
        if not self.deaf:
            self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        """Forget it."""
        self._refuse()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("no such password")

    def _refuse(self) -> None:
        if self.locked:
            raise KeyringLocked("the keyring is locked")


class Chain(ChainerBackend):
    """A chain of the backends that it is given."""

    backends: list[KeyringBackend] = []  # noqa: RUF012 - set per instance

    def __init__(self, *backends: KeyringBackend) -> None:
        """Take the backends, best first."""
        super().__init__()  # type: ignore[no-untyped-call] # keyring has no types here
        self.backends = list(backends)


@contextmanager
def using(backend: KeyringBackend) -> Iterator[None]:
    """Let `keyring` use this backend for a while."""
    before = keyring.get_keyring()
    keyring.set_keyring(backend)
    try:
        yield
    finally:
        keyring.set_keyring(before)
