"""Screens on disk that cannot be written, or that something has spoilt."""

import json
import os
import resource
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.reliability.lab import wait_for
from tests.reliability.seat import Theatre, log_of
from tests.reliability.test_terminal_floods import exact

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc and limits processes"),
    pytest.mark.timeout(300),
]


@pytest.fixture
def lab() -> Iterator[Theatre]:
    """Give one agent."""
    with Theatre("noisy") as lab:
        yield lab.open()


def kept(lab: Theatre) -> Path:
    """Return where the agent's screen is kept."""
    return lab.home / "sessions" / str(lab.session("noisy")["id"]) / "screen"


def fill(lab: Theatre) -> None:
    """Write enough for a checkpoint."""
    lab.tell("noisy", "out(lines(0, 3000) + b'\\x1b[44mfilled')")
    wait_for(lambda: "filled" in lab.text("noisy"), "the output on the screen")


def test_a_full_disk(lab: Theatre) -> None:
    """A checkpoint that does not fit costs nothing but itself, and is written once there is space again."""
    lab.tell("noisy", "out(lines(0, 3000))")
    wait_for(kept(lab).exists, "the first checkpoint")
    before = kept(lab).read_bytes()
    daemon = lab.daemon()
    _, hard = resource.prlimit(daemon, resource.RLIMIT_FSIZE)
    resource.prlimit(daemon, resource.RLIMIT_FSIZE, (0, hard))
    try:
        fill(lab)
        folder = kept(lab).parent
        tried = folder.stat().st_mtime_ns
        wait_for(lambda: folder.stat().st_mtime_ns != tried, "a new file to be begun there")
        wait_for(lambda: not fresh(lab), "it to be given up")
        assert kept(lab).read_bytes() == before
    finally:
        resource.prlimit(daemon, resource.RLIMIT_FSIZE, (hard, hard))
    assert "filled" in lab.text("noisy")
    assert lab.daemon() == daemon
    wait_for(lambda: kept(lab).read_bytes() != before, "the checkpoint that fits again")
    assert not fresh(lab)
    assert lab.kill_daemon()
    lab.new_daemon()
    exact(lab)


def fresh(lab: Theatre) -> bool:
    """Say whether half a checkpoint lies there."""
    return kept(lab).with_name("screen.new").exists()


def header(content: bytes, **changes: object) -> bytes:
    """Return a checkpoint whose header says something else, with a right checksum."""
    line, _, data = zlib.decompress(content).partition(b"\n")
    return zlib.compress(json.dumps({**json.loads(line), **changes}).encode() + b"\n" + data)


SPOILT: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut": lambda content: content[: len(content) // 2],
    "zeros": lambda content: bytes(len(content)),
    "one bit": lambda content: content[:900] + bytes([content[900] ^ 4]) + content[901:],
    "no checkpoint": lambda _: zlib.compress(b"hello\n"),
    "no screen": lambda content: zlib.compress(zlib.decompress(content).partition(b"\n")[0] + b"\nhello"),
    "other engine": lambda content: header(content, engine="other"),
    "other format": lambda content: header(content, format=99),
    "no rows": lambda content: header(content, form="ansi", rows=0),
    "offset beyond": lambda content: header(content, offset=1 << 50),
    "a bomb": lambda _: zlib.compress(bytes(1 << 29)),
}


MADE_UP: dict[str, Callable[[bytes], bytes]] = {
    "too many rows": lambda content: header(content, form="ansi", rows=1 << 40),
    "rows in words": lambda content: header(content, form="ansi", rows="many"),
    "offset before": lambda content: header(content, offset=-5),
    "offset in words": lambda content: header(content, offset="far"),
    "memory in words": lambda content: header(content, memory="much"),
}
"""With a right checksum, so that no crash of a machine makes them: another release, or somebody, did."""


def another_daemon(lab: Theatre, place: Path, kind: str) -> None:
    """Let a daemon meet what lies there, and kill it; then nothing lies there any more."""
    lab.new_daemon()
    try:
        exact(lab)
    except Exception as error:
        error.add_note(f"the checkpoint was: {kind}")
        raise
    assert lab.kill_daemon()
    if place.is_dir():
        place.rmdir()
    else:
        place.unlink()


def saved(lab: Theatre) -> tuple[Path, bytes]:
    """Return where a checkpoint lies and what is in it; the daemon is dead by then."""
    fill(lab)
    place = kept(lab)
    wait_for(place.exists, "the checkpoint")
    assert lab.kill_daemon()
    return place, place.read_bytes()


def test_spoilt_checkpoints(lab: Theatre) -> None:
    """Whatever became of it, the next daemon makes the screen from the log, and goes on."""
    place, content = saved(lab)
    other = lab.folder / "other"
    other.write_bytes(b"other")
    for kind, spoil in SPOILT.items():
        place.write_bytes(spoil(content))
        another_daemon(lab, place, kind)
    place.mkdir()
    another_daemon(lab, place, "a folder")
    place.symlink_to(other)
    lab.new_daemon()
    exact(lab)
    assert other.read_bytes() == b"other"
    lab.tell("noisy", "out(b'more')")
    wait_for(lambda: "more" in lab.text("noisy"), "what came after")
    assert log_of(lab.session("noisy")).endswith(b"more")


@pytest.mark.parametrize("kind", MADE_UP)
def test_made_up_checkpoints(lab: Theatre, kind: str) -> None:
    """Values that cannot be are no reason to show nothing."""
    place, content = saved(lab)
    place.write_bytes(MADE_UP[kind](content))
    another_daemon(lab, place, kind)


def test_a_pipe_in_place_of_a_checkpoint(lab: Theatre) -> None:
    """Nothing hangs on it."""
    place, _ = saved(lab)
    place.unlink()
    os.mkfifo(place)
    another_daemon(lab, place, "a pipe")
