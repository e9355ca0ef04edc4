"""The port `SessionKeys` in memory."""


class FakeSessionKeys:
    """The port `SessionKeys`: remembers what it gave out and what it took back."""

    def __init__(self) -> None:
        self.issued: dict[str, str] = {}
        self.withdrawn: list[str] = []

    async def issue(self, session: str, identity: str, *, may_create: bool) -> str:
        """Return a key that names both."""
        self.issued[session] = identity
        return f"key of {identity} for {session}"

    async def sessions(self) -> list[str]:
        """Name those that are out."""
        return list(self.issued)

    async def withdraw(self, session: str) -> None:
        """Take it back."""
        if self.issued.pop(session, None) is not None:
            self.withdrawn.append(session)
