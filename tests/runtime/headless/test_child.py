"""The program of a headless run."""

import os
import signal
import subprocess
import sys

import pytest

from constellagent.runtime.headless import child
from tests.runtime.headless.bench import python, shell


def test_it_is_in_a_group_of_its_own() -> None:
    """The program leads its own process group, reads and writes what it is given, and ignores no signal."""
    read, write = os.pipe()
    null = os.open(os.devnull, os.O_RDONLY)
    code = (
        "import os, signal, sys; signal.signal(13, 0); "
        "print(os.getpgrp() == os.getpid(), repr(sys.stdin.read()), flush=True); os.kill(os.getpid(), 13)"
    )

    pid = child.start(python(code), null, write)
    os.close(write)
    os.close(null)

    with os.fdopen(read) as file:
        assert file.read() == "True ''\n"
    assert os.WTERMSIG(os.waitpid(pid, 0)[1]) == signal.SIGPIPE


@pytest.mark.parametrize(
    ("words", "error"), [(("no-such-program-here",), FileNotFoundError), (("/",), PermissionError)]
)
def test_what_cannot_be_run_is_said(words: tuple[str, ...], error: type[OSError]) -> None:
    """A program that is not there, or may not be run, is an error, and leaves no process behind."""
    # In a process of its own: others have had children here.
    code = (
        "import os, sys\nfrom constellagent.runtime.headless import child\n"
        "try:\n    child.start(tuple(sys.argv[1:]))\n"
        "except OSError as error:\n    print(type(error).__name__)\n"
        "try:\n    os.waitpid(-1, os.WNOHANG)\nexcept ChildProcessError:\n    print('nobody')\n"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [error.__name__, "nobody"]


def test_a_short_program_is_listened_to() -> None:
    """What a program writes is returned; one that fails, or is not there, gives nothing."""
    assert child.capture(python("print('x' * 100000)")) == b"x" * 100000 + b"\n"
    assert child.capture(shell("echo x; exit 1")) is None
    assert child.capture(("no-such-program-here",)) is None


def test_without_a_terminal_nothing_is_given() -> None:
    """Where there is no terminal, giving it away does nothing."""
    child.give_terminal(os.getpgrp())
