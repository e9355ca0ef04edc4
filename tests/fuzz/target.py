"""What is fuzzed: a function of bytes that returns where its law holds, and raises where it does not.

The same function is run by hypothesis in every run of the tests, by atheris as long as one likes, and on what
made it fail before, so a law is written once.
"""

import gc
import importlib
import os
import pkgutil
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz import targets

MOST_SECONDS = 2.0
"""Of processor time for one input of at most `Target.longest` bytes."""
MOST_GROWN = 200
"""MB by which a process may grow while it reads a few hundred inputs."""

PEAKS = sys.platform == "linux" and os.access("/proc/self/clear_refs", os.W_OK)
"""Whether the system lets a process forget how large it was before."""

KEPT = Path(__file__).parent / "kept"
"""Inputs that made a target fail before, one file each, in a folder of the target's name."""


def nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True, slots=True)
class Target:
    """One reader and its law.

    Attributes:
        name: the name of its module.
        run: reads an input; raises where the law does not hold.
        seeds: good inputs, from which others are made.
        words: what stands in inputs again and again.
        guides: the packages whose lines tell atheris that an input is new; short names of modules.
        longest: bytes of an input.
        close: ends what `run` left open.
        examples: how many inputs hypothesis tries in every run; fewer for what is dear.
    """

    name: str
    run: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    guides: tuple[str, ...] = ("constellagent",)
    longest: int = 4096
    close: Callable[[], None] = nothing
    examples: int = 60

    def check(self, data: bytes) -> None:
        """Run once, and hold the input to its time too.

        Raises:
            AssertionError: it took too long, or its law says so.
        """
        began = time.process_time()
        self.run(data)
        took = time.process_time() - began
        if took > MOST_SECONDS:
            gc.collect()  # somebody's old garbage is not this input's fault: it has a second chance
            began = time.process_time()
            self.run(data)
            took = time.process_time() - began
        assert took <= MOST_SECONDS, f"{took:.1f} s of processor time for {len(data)} bytes"


def names() -> list[str]:
    """Return the names of all targets."""
    return sorted(module.name for module in pkgutil.iter_modules(targets.__path__))


def load(name: str) -> Target:
    """Return the target of this name."""
    found = importlib.import_module(f"{targets.__name__}.{name}").TARGET
    assert isinstance(found, Target)
    assert found.name == name
    return found


def kept(name: str) -> list[Path]:
    """Return the inputs that made a target fail before."""
    folder = KEPT / name
    return sorted(path for path in folder.iterdir() if path.is_file()) if folder.is_dir() else []


def grown(work: Callable[[], object]) -> float:
    """Do some work, and return by how many MB this process was larger meanwhile than before.

    Where the system tells only how large a process ever was (not `PEAKS`), growth up to that is not seen.
    """
    if PEAKS:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _peak()
    work()
    return _peak() - before


def _peak() -> float:
    """Return in MB how large this process was at most, since it was told to forget it."""
    if PEAKS:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="utf-8"))
        assert found is not None
        return int(found[1]) / 1024
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
