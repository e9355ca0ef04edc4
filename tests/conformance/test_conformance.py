"""The program that runs the suite: its terminals, its comparison, and the suite itself where there is one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conformance import __main__ as program
from tests.conformance import report
from tests.conformance.reasons import REASONS
from tests.conformance.run import Result, run
from tests.conformance.terminals import Ours, Terminal, Tmux
from tests.term.recorded.pane import version

SUITE = """
import sys, tty, types, argparse
import escutil
parser = argparse.ArgumentParser()
for option in ("--logfile", "--v", "--max-vt-level", "--expected-terminal", "--timeout", "--include"):
    parser.add_argument(option)
parser.add_argument("--no-print-logs", action="store_true")
escargs = types.SimpleNamespace(args=parser.parse_args())

class Tests:
    def good(self):
        escutil.gHaveAsserted = True
        sys.stdout.write("x\\x1b[6n")
        sys.stdout.flush()
        assert sys.stdin.buffer.raw.read(6) == b"\\x1b[1;2R"
        sys.stdout.write("lost in a string \\x1b]2;")
        sys.stdout.flush()
    def bad(self):
        raise ValueError("on purpose\\nwith details")
    def known(self):
        import esctypes
        raise esctypes.KnownBug("ours")

def reset():
    pass

def MatchingNamesAndMethods():
    for name in ("good", "bad", "known", "good"):
        yield "Tests." + name, getattr(Tests(), name)
"""


@pytest.fixture(params=[Ours, Tmux])
def terminal(request: pytest.FixtureRequest) -> Iterator[Terminal]:
    """Either terminal that the suite is run against."""
    if request.param is Tmux and not version():
        pytest.skip("there is no tmux")
    with request.param() as made:
        yield made


def test_a_terminal_tells_checksums_in_the_middle_of_output(terminal: Terminal) -> None:
    """A checksum is of what was written before it was asked for, whatever comes later or is cut."""
    output = b"\x1b[HAB\x1b[1;0;1;1;1;2*y\x1b[HC\x1b[2;0;1;1;1;1*y\x1b[3;0;5;5;5;5*y"
    answers = b"".join(terminal.take(output[at : at + 3]) for at in range(0, len(output), 3))
    values = [0x10000 - int(answer[-4:], 16) for answer in answers.split(b"\x1b\\")[:-1]]
    assert values == [ord("A") + ord("B"), ord("C"), ord(" ")]


def test_a_terminal_takes_the_size_that_is_asked_for(terminal: Terminal) -> None:
    """`CSI 8 t` changes the size at once, for what follows in the same output."""
    assert terminal.take(b"\x1b[8;30;100t\x1b[30;100H\x1b[6n") == b"\x1b[30;100R"
    assert terminal.size == (30, 100)
    assert [len(row) for row in terminal.rows()] == [100] * 30


def test_a_suite_is_run_test_by_test(tmp_path: Path, terminal: Terminal) -> None:
    """Each test starts on a fresh terminal, and passes, fails with its message, or fails as expected."""
    suite = tmp_path / "esctest"
    suite.mkdir()
    (suite / "esctest.py").write_text(SUITE, encoding="utf-8")
    (suite / "esctypes.py").write_text(
        "class KnownBug(Exception): pass\nclass InsufficientVTLevel(Exception): pass\n", encoding="utf-8"
    )
    (suite / "escutil.py").write_text(
        "gHaveAsserted = False\ndef AssertAssertionAsserted(): assert gHaveAsserted\n", encoding="utf-8"
    )
    found = [(result.outcome, result.message) for result in run(tmp_path, terminal, ".*")]
    assert found == [("passed", ""), ("failed", "with details"), ("expected failure", ""), ("passed", "")]


def test_what_passed_before_must_pass() -> None:
    """A test that is not as good as it was is reported; one that never passed is not."""
    results = [
        Result("a", "passed", "", 0.1),
        Result("b", "failed", "why", 0.1),
        Result("c", "failed", "", 0.1),
    ]
    assert report.lost(results, {"a", "b"}) == [results[1]]


def test_without_a_checkout_nothing_is_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The program says what it needs, and that is no failure."""
    monkeypatch.delenv(program.VARIABLE, raising=False)
    assert program.main([]) == 0
    assert capsys.readouterr().out.strip() == program.SKIPPED


def test_a_wrong_checkout_is_an_error(tmp_path: Path) -> None:
    """A folder without the suite is refused, rather than found to pass."""
    with pytest.raises(SystemExit, match="no checkout of esctest2"):
        program.main([str(tmp_path)])


def test_the_page_has_the_result() -> None:
    """The table for readers is of the same run as the list to compare with."""
    page = report.PAGE.read_text(encoding="utf-8")
    table = page.partition(report.BEGIN)[2].partition(report.END)[0].splitlines()[2:]
    rows = [[word.strip() for word in line.split("|")[1:-1]] for line in table]
    assert int(rows.pop()[2]) == len(report.read())
    assert {row[0]: row[4] for row in rows if row[4]} == REASONS
    assert all(bool(row[4]) == (row[1] != row[2]) for row in rows)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_the_suite_passes_as_before() -> None:
    """With a checkout of the suite, every test passes that has passed before."""
    path = program.checkout(None)
    if path is None:
        pytest.skip(program.SKIPPED)
    with Ours() as ours:
        assert report.lost(run(path, ours, ".*"), report.read()) == []
