"""The daemon's own socket: a client's lines at the real server, and a daemon's at the client's readers."""

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from constellagent.errors import ConstellagentError, UnavailableError, UsageError, WorldError
from constellagent.faces import wire
from constellagent.faces.server import _METHODS, listening
from constellagent.runtime.control import PROTOCOL
from tests.faces.fake_control import FakeControl
from tests.fuzz.rig import Rig, converse
from tests.fuzz.target import Target


@asynccontextmanager
async def _opened(folder: Path) -> AsyncIterator[tuple[FakeControl, Path]]:
    control = FakeControl()
    control.fails = {name: ConstellagentError("it is not here") for name in _METHODS}
    path = folder / "s"
    async with listening(control, path):
        yield control, path


_RIG = Rig(_opened)


def run(data: bytes) -> None:
    """Read the input's lines on both ends."""
    for line in data.split(b"\n")[:20]:
        _heard(line)
    _RIG.run(lambda place: _said(*place, data))


def _heard(line: bytes) -> None:
    """Read a line as a client does."""
    try:
        value = wire.decode(line)
    except UsageError:
        return
    with contextlib.suppress(UnavailableError):
        wire.check_greeting(value, PROTOCOL)
    for body in (value, value.get("error")):
        if not isinstance(body, dict):
            continue
        error = wire.error_from(body)
        assert 0 < error.exit_code < 256
        if isinstance(error, WorldError):
            assert error.delay is None or (math.isfinite(error.delay) and error.delay >= 0)
        again = wire.error_from(json.loads(json.dumps(wire.error_body(error))))
        assert type(again) is type(error)
        assert (again.message, again.hint) == (error.message, error.hint)
        assert wire.error_body(again) == wire.error_body(error)


async def _said(control: FakeControl, path: Path, data: bytes) -> None:
    """Say the input, and check that each answer is one; nothing that is said is a defect of the daemon."""
    control.asked.clear()
    heard = await converse(asyncio.open_unix_connection(str(path), limit=wire.MAX_LINE + 1), data)
    greeting, *answers = [json.loads(line) for line in heard.splitlines()]
    assert greeting["protocol"] == PROTOCOL
    for answer in answers:
        _check(answer)
    assert {method for method, _ in control.asked} <= _METHODS.keys()


def _check(answer: dict[str, Any]) -> None:
    assert len(answer.keys() & {"result", "error", "item", "end"}) == 1
    if "error" in answer:
        assert "defect" not in answer["error"]["message"], answer


_ERRORS: tuple[ConstellagentError, ...] = (
    ConstellagentError("m", hint="h"),
    UsageError("u"),
    WorldError("w", delay=3.0),
)


def seeds() -> list[bytes]:
    """Return requests for every method, a greeting, and errors of several kinds."""
    asked = [
        {"id": 1, "method": name, "params": {key: {} for key in params}} for name, params in _METHODS.items()
    ]
    bodies = [{"id": 1, "error": wire.error_body(error)} for error in _ERRORS]
    problems = {"file": "f", "problems": [{"line": 1, "column": 2, "path": "a", "message": "m"}]}
    bodies += [
        {"id": 1, "error": {"kind": kind, "message": "m", "details": details}}
        for kind, details in (
            ("SpecError", problems),
            ("GitError", {"command": ["git"], "status": 1, "stderr": "no"}),
            ("BusyError", {"owner": "1"}),
            ("RefusedError", {"losses": ["a"]}),
        )
    ]
    greeting = {"protocol": PROTOCOL, "version": "1", "pid": 2}
    return [wire.encode(value) for value in (*asked, *bodies, greeting)]


TARGET = Target(
    "wire",
    run,
    seeds,
    words=(
        *(f'"{name}"'.encode() for name in (*_METHODS, "SpecError", "GitError", "WorldError", "BusyError")),
        *(b'"id":', b'"method":', b'"params":', b'"error":', b'"kind":', b'"details":', b'"delay":', b"\n"),
    ),
    guides=("constellagent.faces.wire", "constellagent.faces.server", "constellagent.errors"),
    close=_RIG.close,
    examples=40,
)
