"""Identities whose vaults hold something, and who may open them."""

from dataclasses import dataclass
from typing import Any

from constellagent.ravi.audit import Entry
from constellagent.ravi.local.office import Office
from tests.ravi.provided import LIVES, Provided

COUNT = 5
"""Rows of each kind."""


@dataclass(frozen=True, slots=True)
class Stocked:
    """An identity with rows in its vault.

    Attributes:
        id: row id of the identity.
        uuid: its uuid.
        key: what opens it.
        rows: per kind, the rows as they were shown last.
    """

    id: int
    uuid: str
    key: str
    rows: dict[str, list[dict[str, Any]]]

    def path(self, kind: str, index: int = 0) -> str:
        """Return the path of one row."""
        return f"/api/{kind}/{self.rows[kind][index]['uuid']}/"


async def stocked(local: Provided, name: str) -> Stocked:
    """Create an identity and fill its vault."""
    identity = await local.identity(name=name, email_identifier=name)
    key = await local.identity_key(identity["uuid"])
    rows: dict[str, list[dict[str, Any]]] = {"passwords": [], "secrets": []}
    for number in range(COUNT):
        bodies = {
            "passwords": {
                "domain": f"site{number}.example",
                "username": name,
                "password": f"{name}-{number}",
            },
            "secrets": {"key": f"KEY_{number}", "value": f"{name} {number}"},
        }
        for kind, body in bodies.items():
            answer = await local.ask("POST", f"/api/{kind}/", key=key, body=body)
            assert answer.status_code == 201, answer.text
            rows[kind].append(answer.json())
    return Stocked(rows["secrets"][0]["identity"], identity["uuid"], key, rows)


async def told(office: Office, uuid: str) -> list[Entry]:
    """Return the audit of an identity, without its own beginning."""
    lines = office.audit.entries(await office.store.run(lambda db: office.audit.snapshot(db, uuid)))
    return [line for line in lines if line.action not in LIVES]
