"""A passphrase from a pipe or a person."""

import contextlib
import io
import os
import pty
import sys

import pytest

from constellagent.errors import UsageError
from constellagent.faces.cli import passphrase

ASK = (
    "from constellagent.errors import ConstellagentError\n"
    "from constellagent.faces.cli.passphrase import read\n"
    "try:\n    print('GOT', read(from_stdin=False, twice=True))\n"
    "except ConstellagentError as error:\n    print('ERROR', error.message)\n"
)


def test_the_first_line_of_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spaces count, what follows the first line does not; nothing is no passphrase."""
    monkeypatch.setattr(sys, "stdin", io.StringIO(" correct horse \nmore\n"))
    assert passphrase.read(from_stdin=True, twice=True) == " correct horse "
    monkeypatch.setattr(sys, "stdin", io.StringIO("\n"))
    with pytest.raises(UsageError, match="empty"):
        passphrase.read(from_stdin=True, twice=True)


def test_nobody_to_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a terminal the option is named that reads a pipe."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("x"))
    with pytest.raises(UsageError) as raised:
        passphrase.read(from_stdin=False, twice=False)
    assert "--passphrase-stdin" in raised.value.hint


@pytest.mark.parametrize(
    ("typed", "said"), [("one\none\n", "GOT one"), ("one\nother\n", "not the same"), ("\n", "is empty")]
)
def test_a_person_types_it_twice_unseen(typed: str, said: str) -> None:
    """What is typed does not show, and a slip is noticed."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execv(sys.executable, [sys.executable, "-c", ASK])
    shown = b""
    for line in typed.splitlines(keepends=True):
        while not shown.endswith(b": "):
            shown += os.read(terminal, 1024)
        os.write(terminal, line.encode())
        shown += os.read(terminal, 1024)
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while data := os.read(terminal, 1024):
            shown += data
    os.waitpid(pid, 0)
    os.close(terminal)
    assert said in shown.decode()
    assert b"other" not in shown
