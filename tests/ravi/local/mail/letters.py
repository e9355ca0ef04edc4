"""Mails for tests, and identities that have some."""

from dataclasses import dataclass
from itertools import count
from typing import Any

from constellagent.ravi.local.mail.kept import Direction, Kept, keep
from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.office import Office
from tests.ravi.provided import Provided

SERVICE = "noreply@acme.example"
"""Who writes where it does not matter."""

_numbers = count(1)


def letter(**parts: Any) -> Letter:
    """Return a mail from a service; what is not given is made up, its Message-ID unlike any other."""
    defaults: dict[str, Any] = {
        "from_email": SERVICE,
        "to": ("docs@constellagent.test",),
        "subject": "Your code",
        "message_id": f"<{next(_numbers)}@acme.example>",
        "text": "It is 123456.",
    }
    return Letter(**(defaults | parts))


@dataclass(frozen=True, slots=True)
class Owner:
    """An identity with mail: its row id, its row and its key."""

    local: Provided
    id: int
    row: dict[str, Any]
    key: str

    @property
    def office(self) -> Office:
        """What the provider works with."""
        return self.local.provider.office

    @property
    def address(self) -> str:
        """Its mail address."""
        return str(self.row["inbox"])

    async def take(self, *letters: Letter, direction: Direction = "incoming") -> list[Kept]:
        """Keep mails, in this order."""
        office = self.office
        return await office.store.run(
            lambda db: [
                keep(office, db, self.id, each, direction=direction, actor="smtp") for each in letters
            ]
        )

    async def get(self, path: str, status: int = 200) -> Any:
        """Return what the provider shows the identity."""
        answer = await self.local.ask("GET", path, key=self.key)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def post(self, path: str, body: object, status: int = 201) -> Any:
        """Return what the provider answers the identity."""
        answer = await self.local.ask("POST", path, key=self.key, body=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def audit(self) -> list[tuple[str, str, str, str]]:
        """Return actor, action, result and what it was about, line by line."""
        office = self.office
        entries = await office.store.run(lambda db: office.audit.read(db, self.row["uuid"]))
        return [(entry.actor, entry.action, entry.result, entry.about) for entry in entries]


async def owner(local: Provided, name: str = "docs") -> Owner:
    """Make an identity that can have mail."""
    row = await local.identity(name=name.title(), email_identifier=name)
    key = await local.identity_key(row["uuid"])
    found = await local.ask("GET", "/api/email/", key=key)
    return Owner(local, found.json()[0]["id"], row, key)
