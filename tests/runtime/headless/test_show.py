"""What a person sees of a headless run."""

import os

import pytest

from constellagent.runtime.headless.show import Terminal, harmless


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> int:
    """Give the end of a pipe into which the terminal writes."""
    read, write = os.pipe()
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(write if fd == 1 else fd, data))
    return read


def test_what_a_program_writes_itself_is_left_alone() -> None:
    """A line that is shown as it came keeps its colours; what stood in a message controls nothing."""
    assert harmless("\x1b[1mbold", ["\x1b[1mbold"]) == ["\x1b[1mbold"]
    assert harmless('{"text": "..."}', ["a\x1b]0;title\x07\tb", "two"]) == ["a\ufffd]0;title\ufffd\tb", "two"]
    assert harmless("{}", []) == []


def test_all_of_it_is_written(reader: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines go out whole and in order, though the terminal takes only a part at once."""
    whole = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: whole(fd, data[:3]))
    terminal = Terminal()
    terminal.write(["one", "t\udc80o"])
    terminal.write([])

    assert os.read(reader, 1000) == b"one\nt?o\n"


def test_a_terminal_that_is_gone_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run goes on to its end when its terminal does not take anything any more."""
    calls = []

    def refuse(fd: int, data: bytes) -> int:
        calls.append(fd)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "write", refuse)
    terminal = Terminal()
    terminal.write(["one"])
    terminal.write(["two"])

    assert calls == [1]
