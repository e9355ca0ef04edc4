"""Every target: in each run by hypothesis and on what failed before, and by coverage in the long form."""

import random
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz import __main__ as command
from tests.fuzz.mutation import other_value
from tests.fuzz.target import KEPT, MOST_GROWN, PEAKS, Target, grown, kept, load, names
from tests.fuzz.targets import guard

_ODD: tuple[bytes, ...] = (
    b"",
    b"\0",
    b"\xff",
    b"\xc3",
    b"\r\n",
    b"\n",
    b" ",
    b'"',
    b"\\",
    b"{}",
    b"[",
    b"-1",
    b"1e999",
    b"NaN",
)
_ODD += (b"9" * 30, b"9" * 5000, b"[" * 5000, b'{"a":' * 2000, b"\\ud800", "e\u0301\u202e".encode(), b"true")


@pytest.fixture(params=names())
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    """Give each target, and end what it opened."""
    found = load(request.param)
    yield found
    found.close()


def mutated(target: Target) -> st.SearchStrategy[bytes]:
    """Return inputs that are good ones with cuts, pastes and odd bytes in them, or nothing of the kind."""
    seeds = [seed[: target.longest] for seed in target.seeds()]
    pieces = st.sampled_from((*target.words, *_ODD)) | st.binary(max_size=20)
    cut = st.tuples(st.integers(0, target.longest), st.integers(0, 40), pieces)

    def put(seed: bytes, cuts: list[tuple[int, int, bytes]]) -> bytes:
        for at, length, piece in cuts:
            place = at % (len(seed) + 1)
            seed = seed[:place] + piece + seed[place + length :]
        return seed[: target.longest]

    good = st.sampled_from(seeds)
    made = st.builds(put, good, st.lists(cut, max_size=6))
    told = st.builds(
        lambda seed, chance: other_value(seed, random.Random(chance)), good, st.integers(0, 1 << 32)
    )
    return told | made | st.lists(pieces, max_size=20).map(b"".join) | st.binary(max_size=200)


def test_good_inputs_keep_the_law(target: Target) -> None:
    """What the fuzzers begin with keeps the law, and there is something to begin with."""
    seeds = list(target.seeds())
    assert seeds
    for seed in seeds:
        target.check(seed[: target.longest])


@pytest.mark.parametrize(("entrance", "seed"), guard.GOOD)
def test_good_requests_come_past_the_guard(entrance: int, seed: bytes) -> None:
    """What the fuzzers change one entrance lets in and no other, or nothing behind it were tried."""
    answers = guard.answers(seed)
    assert answers.pop(entrance) == (200, 200, 200)
    assert all(other != (200, 200, 200) for other in answers)


def test_what_failed_before_does_not_fail_again(target: Target) -> None:
    """Each input that was kept keeps the law of its target."""
    for path in kept(target.name):
        try:
            target.check(path.read_bytes())
        except BaseException as error:
            error.add_note(f"kept as {path}")
            raise


def test_any_input_keeps_the_law(target: Target) -> None:
    """Only documented errors, within bounds of time and memory, whatever the bytes."""

    @settings(
        max_examples=min(target.examples, settings().max_examples),
        suppress_health_check=list(HealthCheck),
    )
    @given(mutated(target))
    def read(data: bytes) -> None:
        target.check(data)

    assert grown(read) < MOST_GROWN


def test_what_is_kept_has_its_target() -> None:
    """No input is kept for a target that is gone."""
    assert {path.name for path in KEPT.iterdir()} <= set(names())


@pytest.mark.skipif(not PEAKS, reason="this system tells only how large a process ever was")
def test_the_law_of_memory_can_fail() -> None:
    """What grows too much is seen, also by a process that was larger before."""
    for size, much in ((2 * MOST_GROWN, True), (MOST_GROWN + 20, True), (20, False)):
        assert (grown(partial(bytearray, size << 20)) >= MOST_GROWN) == much


def test_a_target_can_fail(tmp_path: Path) -> None:
    """An error that no law allows, and time that is too long, come out of the check."""

    def broken(data: bytes) -> None:
        if random.Random(data).random() < 2:
            raise RecursionError

    with pytest.raises(RecursionError):
        Target("broken", broken, lambda: [b""]).check(b"")


@pytest.mark.long
@pytest.mark.timeout(1200)
@pytest.mark.skipif(not command.installed(), reason=command.MISSING)
@pytest.mark.parametrize("name", names())
def test_inputs_found_by_coverage_keep_the_law(name: str) -> None:
    """Twenty seconds of fuzzing that is guided by coverage find nothing."""
    assert command.fuzz(name, 20)
