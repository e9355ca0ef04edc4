"""`constellagent validate` on any file: valid, or every problem with its place; never a traceback."""

import contextlib
import io
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from constellagent.faces.cli.boundary import run
from tests.fuzz.mutation import LITERALS
from tests.fuzz.target import MOST_GROWN, MOST_SECONDS, Target, grown, load
from tests.spec.test_load import fleet

_PLACE = re.compile(r"f\.yaml(:[1-9][0-9]*:[1-9][0-9]*)?: .")


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in a folder of its own, in which a daemon could not be started."""
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.chdir(folder)
        monkeypatch.setenv("CONSTELLAGENT_HOME", f"{folder}/no/where")
        yield Path(folder)


def validated(place: Path, data: bytes) -> tuple[int, str, str]:
    """Return the exit code and what is said on both outputs."""
    (place / "f.yaml").write_bytes(data)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["validate", "-f", "f.yaml"])
    return code, out.getvalue(), err.getvalue()


def made(chance: random.Random, target: Target) -> bytes:
    """Return a file: a good one with cuts and pastes in it, an odd value at a key, or no sense at all."""
    seeds = list(target.seeds())
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(400))
    data = chance.choice(seeds)
    for _ in range(chance.randrange(5)):
        at = chance.randrange(len(data) + 1)
        if chance.random() < 0.5:
            colon = data.find(b": ", at) + 2
            end = data.find(b"\n", colon)
            data = data[:colon] + chance.choice(LITERALS).encode() + data[end:]
        else:
            piece = chance.choice((*target.words, chance.randbytes(chance.randrange(1, 9))))
            data = data[:at] + piece + data[at + chance.randrange(20) :]
    return data


def check(place: Path, files: int, seed: int, clock: Callable[[], float]) -> None:
    """Validate so many files, each within two seconds by a clock."""
    chance, target = random.Random(seed), load("spec")
    codes, slowest = {0: 0, 65: 0}, 0.0

    def read() -> None:
        nonlocal slowest
        for number in range(files):
            data = made(chance, target)
            begin = clock()
            code, out, err = validated(place, data)
            took = clock() - begin
            slowest = max(slowest, took)
            told = f"seed {seed}, file {number}, {took:.2f} s: {code}\n{err[-2000:]}"
            assert code in codes, told
            codes[code] += 1
            assert took <= MOST_SECONDS, told
            assert "Traceback" not in err, told
            assert "internal error" not in err, told
            if code == 0:
                assert out.startswith("f.yaml: valid"), told
            else:
                assert out == "", told
                assert _PLACE.match(err), told

    assert grown(read) < MOST_GROWN
    print(f"{files} files, seed {seed}: slowest {slowest * 1000:.0f} ms")
    assert min(codes.values()) > 0, codes


def test_d9_any_file_is_validated_or_explained(place: Path) -> None:
    """Exit code 0, or 65 and `file:line:column:` before each problem; in time, and memory is given back."""
    # Time of the processor: a machine that runs the tests does other work as well.
    check(place, 150, random.randrange(1 << 32), time.process_time)


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_d9_any_file_of_twenty_thousand_is_validated_or_explained(place: Path) -> None:
    """The long form, for a quiet machine: two seconds are those of a clock on the wall."""
    check(place, 20_000, random.randrange(1 << 32), time.monotonic)


@pytest.mark.long
def test_d8_a_file_of_two_hundred_agents_is_validated_in_two_seconds(place: Path) -> None:
    """The whole command, on a quiet machine, with the start of its program."""
    (place / "f.yaml").write_text(fleet(200))
    argv = [sys.executable, "-m", "constellagent", "validate", "-f", "f.yaml"]
    begin = time.monotonic()
    done = subprocess.run(argv, cwd=place, capture_output=True, text=True, check=False)
    took = time.monotonic() - begin
    print(f"200 agents validated in {took:.2f} s, start of the program included")
    assert (done.returncode, done.stderr) == (0, "")
    assert took <= 2
