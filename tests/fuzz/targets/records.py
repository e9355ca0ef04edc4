"""Small files that the parts of the program leave for each other: damaged, cut off, or somebody else's.

Each reader takes any bytes: it returns what makes sense, or raises the errors that it documents.
"""

import base64
import contextlib
import json
import shutil
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

from constellagent.errors import ConstellagentError
from constellagent.faces.cli import planning
from constellagent.faces.web import kept
from constellagent.faces.web.routes import paging
from constellagent.faces.web.tokens import _KEYS as TOKEN_KEYS
from constellagent.plan import declared
from constellagent.ravi.audit.lines import START, Chain, Entry
from constellagent.ravi.local.answers import ApiError
from constellagent.ravi.local.transfer import _parsed as document
from constellagent.ravi.shim_program.failing import CallError
from constellagent.ravi.shim_program.login import read_login
from constellagent.ravi.vault import RootKey, descriptor
from constellagent.runtime import hosted_key
from constellagent.runtime.headless import order, progress, result
from constellagent.runtime.holder import protocol, status
from constellagent.runtime.holder.config import Config
from constellagent.runtime.holder.launch import read_status
from constellagent.runtime.reports import kept as reports
from constellagent.runtime.screens import checkpoint
from constellagent.runtime.store import payloads
from constellagent.runtime.triggers import signatures
from constellagent.runtime.worktrees import marker
from tests.fuzz.target import Target

_ROOT = RootKey(bytes(range(32)), "a test")
Reader = Callable[[Path, bytes], None]


class _Shelf:
    """A folder for the file that is read, made at the first use."""

    def __init__(self) -> None:
        self._folder: Path | None = None

    @property
    def folder(self) -> Path:
        """The folder, which is private."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="cst-", dir="/tmp"))
        return self._folder

    def close(self) -> None:
        """Remove it."""
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None


_SHELF = _Shelf()


def _status(folder: Path, data: bytes) -> None:
    (folder / status.NAME).write_bytes(data)
    with contextlib.suppress(ValueError):
        assert isinstance(status.read(str(folder)), dict)
    with contextlib.suppress(ConstellagentError):
        read_status(folder)


def _order(folder: Path, data: bytes) -> None:
    (folder / order.NAME).write_bytes(data)
    with contextlib.suppress(ValueError):
        found = order.read(str(folder))
        (folder / order.NAME).write_text(order.write(found), encoding="utf-8")
        assert order.read(str(folder)) == found


def _result(folder: Path, data: bytes) -> None:
    (folder / result.NAME).write_bytes(data)
    with contextlib.suppress(ValueError):
        found = result.read(str(folder))
        assert found is not None
        result.write(str(folder), found)
        again = result.read(str(folder))
        assert again is not None
        assert again.ok == found.ok
        assert again.why == found.why


def _progress(folder: Path, data: bytes) -> None:
    (folder / progress.NAME).write_bytes(data)
    with contextlib.suppress(ValueError):
        found = progress.read(str(folder))
        assert found is not None
        progress.write(str(folder), found)
        assert progress.read(str(folder)) == found


def _marker(folder: Path, data: bytes) -> None:
    (folder / "constellagent.json").write_bytes(data)
    with contextlib.suppress(ConstellagentError):
        found = marker.read(folder)
        assert found is not None
        marker.write(folder, found)
        assert marker.read(folder) == found


def _checkpoint(folder: Path, data: bytes) -> None:
    for content in (data, zlib.compress(data)):
        (folder / "screen").write_bytes(content)
        found = checkpoint.read(folder)
        if found is not None:
            checkpoint.write(folder, found)
            assert checkpoint.read(folder) == found


def _heard(folder: Path, data: bytes) -> None:
    (folder / "heard").write_bytes(data)
    found = reports.read_progress(folder)
    reports.write_progress(folder, found)
    assert reports.read_progress(folder) == found


def _reports(folder: Path, data: bytes) -> None:
    (folder / "reports").mkdir(exist_ok=True)
    (folder / "reports" / f"{0:016x}.out").write_bytes(data)
    found = reports.after(folder, 0)
    assert [report.number for report in found] == sorted({report.number for report in found})


def _config(folder: Path, data: bytes) -> None:
    del folder
    with contextlib.suppress(ValueError):
        Config(data)


def _login(folder: Path, data: bytes) -> None:
    (folder / "config.json").write_bytes(data)
    with contextlib.suppress(CallError):
        found = read_login(folder / "config.json", "http://127.0.0.1:1")
        assert isinstance(found.is_local, bool)
        assert "ravi_id_" not in repr(found) or "ravi_id_" in f"{found.name}{found.url}"


def _hosted(folder: Path, data: bytes) -> None:
    (folder / "hosted.json").write_bytes(data)
    with contextlib.suppress(ConstellagentError):
        hosted_key.look("", "", folder / "hosted.json")


def _root(folder: Path, data: bytes) -> None:
    (folder / descriptor.DESCRIPTOR).write_bytes(data)
    with contextlib.suppress(ConstellagentError):
        descriptor.read(folder)


def _tokens(folder: Path, data: bytes) -> None:
    with contextlib.suppress(ValueError, KeyError, TypeError, RecursionError):
        rows = kept._parsed(data, TOKEN_KEYS)
        assert kept.matching(rows, "cst_x") is None


def _plan(folder: Path, data: bytes) -> None:
    path = folder / "saved.plan"
    path.write_bytes(data)
    with contextlib.suppress(ConstellagentError):
        planning.again(planning.load(str(path)))


def _declared(folder: Path, data: bytes) -> None:
    del folder
    with contextlib.suppress(ValueError):
        declared.resolve("docs", "morning", data.decode(errors="replace"))


def _audit(folder: Path, data: bytes) -> None:
    del folder
    chain = Chain(_ROOT)
    place = START
    for line in data.splitlines(keepends=True):
        assert chain.read("u1", place, line) is None


def _document(folder: Path, data: bytes) -> None:
    del folder
    with contextlib.suppress(ApiError):
        document(bytearray(data))


def _event(folder: Path, data: bytes) -> None:
    del folder
    kept_one = json.loads(payloads.document("w", "e", "2026-01-01T00:00:00Z", "k", "text/plain", data))
    if "text" in kept_one:
        assert kept_one["text"].encode() == data
    elif "base64" in kept_one:
        assert base64.b64decode(kept_one["base64"]) == data
    headers = {signatures.RAVI: "sha256=0", "x-ravi-timestamp": data[:20].decode("latin-1")}
    signatures._ravi("secret", headers, data, 1e9)
    signatures._github("secret", {signatures.GITHUB: data[:80].decode("latin-1")}, data)


def _cursor(folder: Path, data: bytes) -> None:
    del folder
    with contextlib.suppress(ConstellagentError):
        found = paging.parts(data.decode("latin-1"), 2)
        assert paging.parts(paging.cursor(found), 2) == found


READERS: tuple[Reader, ...] = (
    *(_status, _order, _result, _progress, _marker, _checkpoint, _heard, _reports, _config, _login),
    *(_hosted, _root, _tokens, _plan, _declared, _audit, _document, _event, _cursor),
)


def run(data: bytes) -> None:
    """Let the reader that the first byte names read the rest, or all of them."""
    number, content = (data[0] if data else 0), data[1:]
    chosen = READERS if number >= len(READERS) else (READERS[number],)
    for reader in chosen:
        reader(_SHELF.folder, content)


_OUTCOME = {
    "ok": True,
    "why": "",
    "answer": "a",
    "denied": ["b"],
    "conversation": "c",
    "input": 1,
    "output": 2,
    "cost": 0.5,
    "turns": 3,
}
_GOOD: dict[Reader, object] = {
    _status: {"session": "s", "pid": 1, "ended_at": None},
    _order: {"argv": ["a"], "stream": "claude", "stdin": True, "limit": 3.5, "grace": 10.0},
    _result: {"ok": True, "why": "", "timed_out": False, "exit_status": 0, "outcome": _OUTCOME},
    _progress: {"input": 1, "output": 2, "cost": 0.25},
    _marker: {
        "constellation": "c",
        "agent": "a",
        "filled": True,
        "complete": True,
        "included": {"a": "b"},
        "setup": ["c"],
    },
    _heard: {
        "number": 3,
        "told": {"at": 1.5, "since": 1.5, "state": "working", "reason": "", "message": ""},
    },
    _config: {
        "session": "s",
        "argv": ["a"],
        "cwd": "/",
        "env": {"A": "b"},
        "rows": 24,
        "columns": 80,
        "socket": "/s",
        "folder": "/f",
        "log_bytes": 1,
        "grace": 1.0,
    },
    _login: {
        "identity_key": "ravi_id_x",
        "identity_name": "docs",
        "identity_uuid": "u",
        "api_url": "https://a",
    },
    _hosted: {"management_key": "ravi_mgmt_x"},
    _root: {"version": 1, "kind": "file", "check": "c", "entry": "", "wrapped": None, "checksum": "x"},
    _tokens: [dict.fromkeys(TOKEN_KEYS, "x")],
    _plan: {
        "constellagent_plan": 1,
        "request": {"file": "f"},
        "reply": {"content_hash": "h", "plan": {}},
    },
    _declared: {"spec": {"cron": "@daily", "prompt": "p"}, "timezone": "UTC", "constellation": "c"},
    _document: {
        "constellagent_identity": 1,
        "identity": {
            "uuid": "00000000-0000-0000-0000-000000000000",
            "name": "docs",
            "inbox": "a@b.test",
            "created_dt": "2026-01-01T00:00:00Z",
        },
    },
    _event: {"id": "e-1", "data": [1]},
}


def seeds() -> list[bytes]:
    """Return what each reader's own writer writes, in its form."""
    numbers = {reader: bytes([number]) for number, reader in enumerate(READERS)}
    found = [numbers[reader] + json.dumps(value).encode() for reader, value in _GOOD.items()]
    header = {
        "format": 1,
        "offset": 5,
        "rows": 24,
        "columns": 80,
        "form": "ansi",
        "engine": "e",
        "memory": {},
    }
    entry = Entry(0, "2026-01-01T00:00:00Z", "docs", "secret.read", "ok", "r", "", "")
    line = Chain(_ROOT).line("u2", START, entry)[1]
    record = protocol.reported(1, 17.5, 3, b"claude", b"{}")
    return [
        *found,
        numbers[_checkpoint] + json.dumps(header).encode() + b"\nscreen",
        numbers[_audit] + line,
        numbers[_reports] + record + record,
        numbers[_cursor] + paging.cursor(["a", "b"]).encode(),
    ]


TARGET = Target(
    "records",
    run,
    seeds,
    words=(
        *(f'"{key}": '.encode() for value in _GOOD.values() if isinstance(value, dict) for key in value),
        *(b"1e999", b"Infinity", b"NaN", b"null", b"[" * 1200, b"9" * 4400, b'"\\ud800"', b"-0.0", b"true"),
    ),
    guides=("constellagent.runtime", "constellagent.ravi", "constellagent.plan", "constellagent.faces"),
    close=_SHELF.close,
)
