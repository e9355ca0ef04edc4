"""What coding agents say of themselves: hooks, transcripts, and the streams of runs that nobody watches.

A program of an agent writes them, so anything can be in them. No reader ever raises, none keeps more than it
should, and what is shown to a person does nothing to the person's terminal.
"""

import json
import math
from pathlib import Path

from constellagent.agents.kind import Usage
from constellagent.agents.start import KINDS
from constellagent.agents.streams import claude, codex, copilot, gemini, opencode, plain
from constellagent.runtime.bridge_program import Events, parsed
from constellagent.runtime.headless.lines import Lines
from constellagent.runtime.headless.show import harmless
from constellagent.runtime.holder.protocol import REPORT_DATA
from constellagent.runtime.holder.stream import Reported
from constellagent.runtime.hook_program import payload
from constellagent.runtime.reports import heard
from tests.fuzz.target import Target

_DATA = Path(__file__).parents[2] / "data" / "agents"
_STREAMS = (claude, codex, copilot, gemini, opencode, plain)
_STATES = {None, "starting", "working", "waiting", "done", "failed", "exited", "unknown"}
_MOST = 10**16


def run(data: bytes) -> None:
    """Read the input as lines of everything, and each of its lines as what a hook got."""
    reader = Lines()
    cut = len(data) // 2
    lines = [*reader.feed(data[:cut]), *reader.feed(data[cut:]), *reader.rest()]
    assert [line for line in lines if line is None] == []
    texts = [line for line in lines if line is not None]
    _streamed(texts)
    _metered(texts)
    for line in data.split(b"\n")[:50]:
        _hooked(line)
    _bridged(data)
    if len(data) % 8 == 0:  # it is dear
        _fitted(data)


def _streamed(lines: list[str]) -> None:
    for stream in _STREAMS:
        reader = stream.Reader()
        for line in lines:
            for shown in harmless(line, reader.feed(line)):
                assert shown == line or not any(sign in shown for sign in "\x1b\r\x07\x9b\x9d")
        outcome = reader.outcome()
        assert outcome.ok in {True, False}
        assert outcome.ok or outcome.why
        _amounts(Usage(outcome.input, outcome.output, outcome.cost))
        json.dumps(outcome._asdict(), allow_nan=False)


def _metered(lines: list[str]) -> None:
    for kind in KINDS.values():
        if kind.meter is not None:
            meter = kind.meter()
            before = 0
            for line in lines:
                meter.feed(line)
                now = meter.used().input
                assert now >= before
                before = now
            _amounts(meter.used())


def _amounts(used: Usage) -> None:
    assert type(used.input) is int
    assert type(used.output) is int
    assert 0 <= used.input < _MOST
    assert 0 <= used.output < _MOST
    assert used.cost is None or (math.isfinite(used.cost) and 0 <= used.cost < _MOST)


def _hooked(line: bytes) -> None:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    for kind in KINDS.values():
        if isinstance(event, dict):
            kind.read_hook(event)
        found = heard.read(Reported(1, 1.5, 0, kind.name, line))
        if found is not None:
            assert found.report.state in _STATES
            assert isinstance(found.report.reason, str)
            assert isinstance(found.report.message, str)
            if found.report.usage is not None:
                _amounts(found.report.usage)
    for word in ("working", "idle", "nothing"):
        heard.read(Reported(1, 1.5, 0, word, line))


def _bridged(data: bytes) -> None:
    events = Events()
    for line in data.split(b"\n"):
        for found in (parsed(line), parsed(b"data: " + line)):
            if found is not None:
                told = events.take(found)
                assert told is None or json.loads(json.dumps(told)) is not None


def _fitted(data: bytes) -> None:
    assert payload.fit(data) == data
    large = b'{"a": ' + data + b', "b": "' + b"x" * REPORT_DATA + b'"}'
    assert len(payload.fit(large)) <= REPORT_DATA
    fitted = payload.fit(b'{"session_id": "s", "tool_input": "' + b"y" * REPORT_DATA + data)
    assert len(fitted) <= REPORT_DATA
    assert json.loads(fitted)["session_id"] == "s"


_USAGE = {"input_tokens": 3, "output_tokens": 4, "cache_read_input_tokens": 5, "cached_input_tokens": 1}
_TOKENS = {"input": 3, "output": 4, "reasoning": 1, "cache": {"read": 5, "write": 6}}
_SAID: tuple[dict[str, object], ...] = (
    {
        "type": "result",
        "subtype": "success",
        "is_error": False,
        "result": "done",
        "num_turns": 2,
        "usage": _USAGE,
    }
    | {"total_cost_usd": 0.25, "permission_denials": [{"tool_name": "Bash"}], "session_id": "s"},
    {
        "type": "assistant",
        "message": {"id": "m", "usage": _USAGE, "content": [{"type": "text", "text": "hi"}]},
    },
    {"type": "result", "status": "success", "stats": _USAGE, "session_id": "s", "error": {"message": "no"}},
    {"type": "step_finish", "sessionID": "s", "part": {"reason": "stop", "tokens": _TOKENS, "cost": 0.5}},
    {
        "type": "tool_use",
        "part": {"tool": "bash", "state": {"status": "error", "error": "e", "input": {"command": "c"}}},
    },
    {"type": "turn.completed", "usage": _USAGE},
    {"type": "item.completed", "item": {"type": "command_execution", "command": "ls", "exit_code": 1}},
    {"type": "cost-state", "totalCostUSD": 0.5, "modelUsage": {"m": {"inputTokens": 1, "outputTokens": 2}}},
    {"type": "session.updated", "properties": {"sessionID": "s", "info": {"tokens": _TOKENS, "cost": 0.5}}},
    {"type": "session.created", "properties": {"sessionID": "t", "info": {"parentID": "s"}}},
    {"type": "session.status", "properties": {"sessionID": "s", "status": {"type": "busy", "message": "m"}}},
    {
        "type": "session.idle",
        "properties": {"sessionID": "s", "usage": {"input": 3, "output": 4, "cost": 0.5}},
    },
    {"type": "message.updated", "properties": {"sessionID": "s", "info": {"role": "user", "id": "m"}}},
    {
        "type": "message.part.updated",
        "properties": {"sessionID": "s", "part": {"messageID": "m", "type": "text", "text": "t"}},
    },
    {"type": "permission.asked", "properties": {"sessionID": "s", "permission": "bash", "patterns": ["ls"]}},
)
"""Lines and events of every program, in short."""


def seeds() -> list[bytes]:
    """Return what real programs wrote, by pieces."""
    found = [json.dumps(said).encode() for said in _SAID]
    found.append(b"\n".join(found))
    for path in sorted(_DATA.glob("*.jsonl")):
        lines = path.read_bytes().splitlines()
        found += [line for line in lines if len(line) < 3000]
        found.append(b"\n".join(lines[-3:]))
    for path in sorted(_DATA.glob("*.json")):
        value = json.loads(path.read_bytes())
        rows = value if isinstance(value, list) else list(value.values())
        found += [json.dumps(row).encode() for row in rows]
    return [data for data in found if data]


TARGET = Target(
    "sayings",
    run,
    seeds,
    words=(
        *(f'"{word}": '.encode() for word in ("type", "usage", "hook_event_name", "session_id", "message")),
        *(f'"{word}": '.encode() for word in ("input_tokens", "output_tokens", "totalCostUSD", "content")),
        *(
            b'"result"',
            b'"assistant"',
            b'"cost-state"',
            b"1e999",
            b"NaN",
            b"-Infinity",
            b"9" * 400,
            b"[" * 1200,
        ),
        *(
            b'"\\ud800"',
            b"\\u001b[2J",
            b"null",
            b"true",
            b'"modelUsage": {"m": {"inputTokens": 1}}',
            b"data: ",
        ),
    ),
    guides=("constellagent.agents", "constellagent.runtime", "constellagent.spec.models"),
)
