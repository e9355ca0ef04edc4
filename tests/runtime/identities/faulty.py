"""A provider that fails as it is told, over real sockets, and counts what it was made to do.

It is the worst that we know of: names repeat freely, the address that was asked for is ignored, and a
request that seemed lost may come true some requests later.
"""

import asyncio
import json
import re
import socket
import struct
import uuid as uuids
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tests.ravi.scripted import answer, listening

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ROW_TIMES = {"created_dt": "2026-01-01T00:00:00Z", "updated_dt": "2026-01-01T00:00:00Z"}


class Fault(StrEnum):
    """What happens to one request. `after` means that the server did what was asked."""

    NONE = "none"
    BUSY = "429 with a wait in its body"
    BUSY_HEADER = "429 with a wait in its head"
    REFUSED_BEFORE = "503, not done"
    RESET_BEFORE = "reset, not done"
    HTML_BEFORE = "a page with status 200, not done"
    FAILED_AFTER = "500, done"
    GATEWAY_AFTER = "502, done"
    RESET_AFTER = "reset, done"
    CUT_AFTER = "half an answer, done"
    HTML_AFTER = "a page with status 200, done"
    HANG_AFTER = "no answer, done"
    LATE_1 = "reset, done at the next list"
    LATE_2 = "reset, done at the second next list"
    LATE_3 = "reset, done at the third next list"
    LATE_9 = "reset, done at the ninth next list"


LATE = {Fault.LATE_1: 1, Fault.LATE_2: 2, Fault.LATE_3: 3}
"""Comes true while somebody who is in doubt still looks."""

DELAYS = {**LATE, Fault.LATE_9: 9}
CLEAR = {Fault.NONE, Fault.BUSY, Fault.BUSY_HEADER}


def patience(*faults: Fault) -> float:
    """Return for how long an answer is waited for: only where none will come, not for long."""
    return 1.0 if Fault.HANG_AFTER in faults else 30.0


@dataclass(slots=True)
class Faulty:
    """The provider's state and its record.

    Attributes:
        faults: what happens to each coming request; then all goes well.
        rows: identities by uuid.
        keys: keys by uuid, each with `is_active`.
        asked: method and path of every request.
        violations: creations that were sent while an earlier one was still in doubt and nobody had looked.
        has_archive: whether the archive extension exists.
        refusals: status by method and path, for requests that are refused without being done.
        at: what happens to the next requests of one kind, such as `POST /api/identities/`; uuids read `*`.
        down: whether every connection is reset.
        made: uuids of the identities that were created by request, in their order.
        too_late: those of them that came true when whoever was in doubt had stopped looking.
        clash: a name that somebody creates a moment before each creation, which is then refused with 409.
    """

    url: str = ""
    faults: list[Fault] = field(default_factory=list)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    late: list[tuple[int, Callable[[], Any]]] = field(default_factory=list)
    in_doubt: bool = False
    violations: int = 0
    has_archive: bool = True
    refusals: dict[str, int] = field(default_factory=dict)
    clash: str = ""
    at: dict[str, list[Fault]] = field(default_factory=dict)
    down: bool = False
    made: list[str] = field(default_factory=list)
    too_late: set[str] = field(default_factory=set)

    def add(self, name: str, inbox: str = "") -> dict[str, Any]:
        """Put an identity there."""
        uuid = str(uuids.uuid4())
        inbox = inbox or f"{uuid[:8]}@hosted.test"
        self.rows[uuid] = {"uuid": uuid, "name": name, "inbox": inbox, "phone": None, **ROW_TIMES}
        return self.rows[uuid]

    def creations(self) -> int:
        """Return how often a creation was asked for."""
        return self.asked.count("POST /api/identities/")

    def live_keys(self) -> list[str]:
        """Return the uuids of the keys that work."""
        return [uuid for uuid, key in self.keys.items() if key["is_active"]]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one request."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        found = re.search(r"content-length: (\d+)", head)
        body = json.loads(await reader.readexactly(int(found[1]))) if found and found[1] != "0" else {}
        method, _, rest = head.partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        self.asked.append(f"{method.upper()} {path}")
        fault = self._fault(self.asked[-1])
        self._watch(self.asked[-1], fault)
        reply = self._apply(method.upper(), path, body, fault)
        if reply is None:
            writer.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        elif reply == b"":
            await reader.read()
        else:
            writer.write(reply)
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    def _fault(self, asked: str) -> Fault:
        if self.down:
            return Fault.RESET_BEFORE
        mine = self.at.get(_UUID.sub("*", asked))
        if mine:
            return mine.pop(0)
        return self.faults.pop(0) if self.faults else Fault.NONE

    def _watch(self, asked: str, fault: Fault) -> None:
        if asked == "GET /api/identities/":
            self.late = [(left - 1, come_true) for left, come_true in self.late]
            for left, come_true in self.late:
                if left == 0:
                    come_true()
            self.late = [(left, come_true) for left, come_true in self.late if left > 0]
            if fault is Fault.NONE:
                self.in_doubt = False
        if asked == "POST /api/identities/":
            self.violations += self.in_doubt
            self.in_doubt = fault not in CLEAR

    def _apply(self, method: str, path: str, body: dict[str, Any], fault: Fault) -> bytes | None:
        """Return the answer's bytes, b"" for none at all, None for a reset."""
        page = answer(200, raw=b"<html>")
        without: dict[Fault, bytes | None] = {
            Fault.BUSY: answer(429, {"detail": "slow", "retry_after_seconds": 3}),
            Fault.BUSY_HEADER: answer(429, {"detail": "slow"}, headers="Retry-After: 2\r\n"),
            Fault.REFUSED_BEFORE: answer(503, {"detail": "later"}),
            Fault.RESET_BEFORE: None,
            Fault.HTML_BEFORE: page,
        }
        if fault in without:
            return without[fault]
        if fault in DELAYS and (method, path) == ("POST", "/api/identities/"):
            self.late.append((DELAYS[fault], lambda: self._do_late(method, path, body, fault)))
            return None
        status, content = self._do(method, path, body)
        done: dict[Fault, bytes] = {
            Fault.NONE: answer(status, content),
            Fault.FAILED_AFTER: answer(500, {"detail": "oops"}),
            Fault.GATEWAY_AFTER: answer(502, raw=b"<html>bad gateway"),
            Fault.CUT_AFTER: answer(status, content, cut=10),
            Fault.HTML_AFTER: page,
            Fault.HANG_AFTER: b"",
        }
        return done.get(fault)

    def _do_late(self, method: str, path: str, body: dict[str, Any], fault: Fault) -> None:
        self._do(method, path, body)
        if fault not in LATE:
            self.too_late.add(self.made[-1])

    def _can(self, uuid: str) -> bool:
        return self.has_archive and uuid in self.rows

    def _do(self, method: str, path: str, body: dict[str, Any]) -> tuple[int, object]:  # noqa: C901, PLR0911 - one case a route
        if status := self.refusals.get(f"{method} {path}"):
            return status, {"detail": "refused"}
        match method, path.strip("/").split("/")[1:]:
            case "POST", ["identities"] if self.clash:
                self.add(self.clash)
                return 409, {"detail": "The address is taken."}
            case "GET", ["identities"]:
                return 200, list(self.rows.values())
            case "POST", ["identities"]:
                row = self.add(body["name"])
                self.made.append(row["uuid"])
                return 201, row
            case "GET", ["identities", uuid] if uuid in self.rows:
                return 200, self.rows[uuid]
            case "POST", ["identities", uuid, "provision-phone"] if uuid in self.rows:
                if self.rows[uuid]["phone"]:
                    return 409, {"detail": "has one"}
                self.rows[uuid]["phone"] = "+12015550100"
                return 200, self.rows[uuid]
            case "POST", ["identities", uuid, "archive" | "restore" as verb] if self._can(uuid):
                self.rows[uuid]["archived"] = verb == "archive"
                return 200, self.rows[uuid]
            case "GET", ["auth", "keys", "identity"]:
                return 200, [{**key, "key": "***"} for key in self.keys.values()]
            case "POST", ["auth", "keys", "identity"] if body["identity_uuid"] in self.rows:
                uuid = str(uuids.uuid4())
                key = {
                    "uuid": uuid,
                    "identity": body["identity_uuid"],
                    "label": body["label"],
                    "is_active": True,
                }
                self.keys[uuid] = key
                return 201, {**key, "key": f"ravi_id_{uuid}"}
            case "DELETE", ["auth", "keys", "identity", uuid] if uuid in self.live_keys():
                self.keys[uuid]["is_active"] = False
                return 204, None
        return 404, {"detail": "not found"}


@asynccontextmanager
async def faulty(*faults: Fault) -> AsyncIterator[Faulty]:
    """Run such a provider for a while."""
    server = Faulty(faults=list(faults))
    async with listening(server.serve) as server.url:
        yield server
