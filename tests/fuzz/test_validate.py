"""`constellagent validate` on any file: valid, or every problem with its place; never a traceback."""

import contextlib
import io
import random
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from constellagent.faces.cli.boundary import run
from tests.fuzz.mutation import LITERALS
from tests.fuzz.target import MOST_GROWN, Target, load, megabytes

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


def check(place: Path, files: int, seed: int) -> None:
    """Validate so many files."""
    chance, target, before = random.Random(seed), load("spec"), megabytes()
    codes = {0: 0, 65: 0}
    for number in range(files):
        data = made(chance, target)
        code, out, err = validated(place, data)
        told = f"seed {seed}, file {number}: {code}\n{err[-2000:]}"
        assert code in codes, told
        codes[code] += 1
        assert "Traceback" not in err, told
        assert "internal error" not in err, told
        if code == 0:
            assert out.startswith("f.yaml: valid"), told
        else:
            assert out == "", told
            assert _PLACE.match(err), told
    assert megabytes() - before < MOST_GROWN
    assert min(codes.values()) > 0, codes


def test_d9_any_file_is_validated_or_explained(place: Path) -> None:
    """Exit code 0, or 65 and `file:line:column:` before each problem, and memory is given back."""
    check(place, 150, random.randrange(1 << 32))


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_d9_any_file_of_twenty_thousand_is_validated_or_explained(place: Path) -> None:
    """The long form."""
    check(place, 20_000, random.randrange(1 << 32))
