"""Any bytes in the place of a constellation's file."""

import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from constellagent.faces.cli import boundary
from tests.e2e.place import Place

PLACED = re.compile(r"^\S*constellation\.yaml(:\d+:\d+)?: ", re.MULTILINE)
FRAGMENTS = [
    b"version: 1\n",
    b"agents:\n  docs: {command: [x]}\n",
    b"agents: &a {b: *a}\n",
    b"  - !!python/object:os.system x\n",
    b"name: \xff\xfe\n",
    b"? [a, {b: c}]\n: d\n",
    b"\x00",
    b"\xef\xbb\xbf",
    b"%YAML 9.9\n---\n",
    b"a: {{{{[[[[\n",
    b"<<: {version: 1}\n",
    b"agents:\n\tdocs: 1\n",
    b"version: 1e999\n",
    b"schedules: {x: {cron: '99 * * * *'}}\n",
    b"'\n",
    b"|\n x\n",
]


@pytest.fixture
def validate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[[bytes], tuple[int, str]]:
    """Give a function that validates some bytes in this process; returns exit code and words."""
    monkeypatch.setenv("CONSTELLAGENT_HOME", str(tmp_path / "home"))
    file = tmp_path / "constellation.yaml"

    def run(content: bytes) -> tuple[int, str]:
        file.write_bytes(content)
        code = boundary.run(["validate", "-f", str(file)])
        said = capfd.readouterr()
        return code, said.out + said.err

    return run


def _acceptable(code: int, said: str) -> None:
    assert "Traceback" not in said
    assert "internal error" not in said
    assert code in {0, 65}, (code, said)
    if code == 65:
        assert PLACED.search(said), said


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.binary(max_size=12)), max_size=8).map(b"".join),
    )
)
@example(content=b"version: 1\nagents: {docs: {command: [x]}}\n")
@example(content=b"\xef\xbb\xbf\x00\x80")
@example(content=b"[" * 2000)
@example(content=b"- " * 500)
@example(content=b"a: &a [x]\nb: [" + b"*a," * 100 + b"]\n")
def test_any_bytes_are_a_file_or_a_problem_with_its_place(
    content: bytes, validate: Callable[[bytes], tuple[int, str]]
) -> None:
    """Exit 0, or 65 and the file's name with line and column; never a traceback."""
    _acceptable(*validate(content))


def test_the_judge_can_fail(validate: Callable[[bytes], tuple[int, str]]) -> None:
    """A valid file is accepted and a bad one is not: always saying the same would not do."""
    assert validate(b"version: 1\nagents: {docs: {command: [x]}}\n")[0] == 0
    assert validate(b"version: 1\nagents: {docs: {command: x}}\n")[0] == 65


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(bytes(range(256)) * 4, id="binary"),
        pytest.param(b"a: &x [1]\n" + b"".join(b"k%d: [*x, *x]\n" % n for n in range(90)), id="aliases"),
        pytest.param(b"version: 1\nagents:\n" + b"  x: {command: [y]}\n" * 20_000, id="long"),
    ],
)
def test_whole_process_on_any_bytes(place: Place, content: bytes) -> None:
    """The whole program answers, and in no time out of proportion to a file of one agent."""
    place.file.write_bytes(b"version: 1\nagents: {docs: {command: [x]}}\n")
    begin = _children()
    _validated(place)
    small = _children() - begin
    place.file.write_bytes(content)
    begin = _children()
    done = _validated(place)
    took = _children() - begin
    _acceptable(done.returncode, done.stdout + done.stderr)
    assert done.returncode == 65
    assert took < 20 * small, f"{took:.2f} s of processor time, for one agent {small:.2f} s"


def _validated(place: Place) -> subprocess.CompletedProcess[str]:
    """Validate the file of this place in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "constellagent", "validate"],
        cwd=place.repo,
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


def _children() -> float:
    """Return the processor time of all processes that we have started and that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
