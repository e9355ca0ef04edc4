"""The words on the socket: what is written is read again, and nothing else is believed."""

import contextlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import (
    BusyError,
    ConflictError,
    ConstellagentError,
    GitError,
    Problem,
    RefusedError,
    SpecError,
    UnavailableError,
    UsageError,
    WorldError,
)
from constellagent.faces import wire

ERRORS: Sequence[ConstellagentError] = (
    ConstellagentError("plain", hint="do"),
    UsageError("usage"),
    SpecError("c.yaml", [Problem(1, 2, "agents.a", "wrong"), Problem(0, 0, "", "empty")]),
    RefusedError("refused", ["one", "two"], hint="force"),
    ConflictError("conflict"),
    WorldError("world", delay=1.5),
    GitError(["worktree", "add"], 128, "fatal: no", hint="x"),
    GitError(["fetch"], None, ""),
    UnavailableError("gone", hint="start"),
    BusyError("busy", owner="pid 1", hint="wait"),
)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_errors_arrive_as_they_were(error: ConstellagentError) -> None:
    """Each error of the tree is rebuilt as the same class with the same words and parts."""
    line = wire.encode({"error": wire.error_body(error)})
    found = wire.error_from(wire.decode(line)["error"])
    assert type(found) is type(error)
    assert vars(found) == vars(error)
    assert found.exit_code == error.exit_code


def test_an_unknown_class_travels_as_its_base() -> None:
    """A class that only one side has arrives as the nearest class that both know."""

    class OddError(WorldError):
        """Only here."""

    found = wire.error_from(wire.error_body(OddError("odd", delay=2.0)))
    assert type(found) is WorldError
    assert found.delay == 2.0


@given(st.dictionaries(st.sampled_from(["kind", "message", "hint", "details"]), json_values))
def test_any_error_body_gives_some_error(body: dict[str, object]) -> None:
    """No body from the other side, however odd, raises anything but the error that it stands for."""
    assert isinstance(wire.error_from(body), ConstellagentError)


@pytest.mark.parametrize("kind", ["SpecError", "RefusedError", "BusyError", "GitError", "WorldError"])
def test_missing_details_cost_the_class_and_not_the_message(kind: str) -> None:
    """An error without the details of its class keeps its message."""
    found = wire.error_from({"kind": kind, "message": "m", "hint": "h", "details": {}})
    assert (found.message, found.hint) == ("m", "h")


@given(st.dictionaries(st.text(), json_values))
def test_what_is_written_is_read_again(value: dict[str, object]) -> None:
    """Any object survives the line, and the line holds one line break, at its end."""
    line = wire.encode(value)
    assert line.count(b"\n") == 1
    assert wire.decode(line) == value


def test_undecodable_paths_survive() -> None:
    """Bytes of a path that are no UTF-8 arrive as the same surrogates."""
    assert wire.decode(wire.encode({"path": "/w/\udcff"})) == {"path": "/w/\udcff"}


@given(st.binary())
def test_any_bytes_are_read_or_refused(line: bytes) -> None:
    """Any bytes give an object or a UsageError."""
    with contextlib.suppress(UsageError):
        assert isinstance(wire.decode(line), dict)


def test_a_line_that_is_too_long_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """A value beyond the limit is refused before it is sent."""
    monkeypatch.setattr(wire, "MAX_LINE", 100)
    with pytest.raises(ConstellagentError, match="longer than the 100 allowed"):
        wire.encode({"text": "x" * 100})
