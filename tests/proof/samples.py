"""What the daemon, the holders and the state folder take, sampled while a soak goes on."""

import csv
import os
import statistics
import threading
import time
import traceback
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from tests.bench.processes import cpu, memory
from tests.proof import seen
from tests.proof.ground import Ground
from tests.reliability.lab import _descendants


@dataclass(frozen=True, slots=True)
class Sample:
    """One look; memory in MB, disk in MB, CPU in seconds since the process began.

    Attributes:
        at: seconds since the samples began.
        daemon_files: that the daemon has open.
        children: of the daemon, and their children.
        holders: of agents, which live as long as the soak does, as far as they are told of below.
    """

    at: float
    daemon_rss: float
    daemon_pss: float
    daemon_files: int
    daemon_threads: int
    daemon_cpu: float
    children: int
    holders: int
    holders_pss: float
    holder_rss: float
    holder_files: int
    disk: float
    disk_logs: float


class Sampler:
    """Looks every so many seconds, in a thread of its own.

    Attributes:
        samples: what was seen.
    """

    def __init__(self, ground: Ground, every: float, lasting: frozenset[str]) -> None:
        """`lasting` are the sessions whose holders count."""
        self.samples: list[Sample] = []
        self.failed: list[str] = []
        self._ground = ground
        self._every = every
        self._lasting = lasting
        self._begin = time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sampler")

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._over.wait(self._every):
                self.samples.append(self._look())
        except Exception:  # noqa: BLE001 - the soak tells of it
            self.failed.append(traceback.format_exc())

    def _look(self) -> Sample:
        daemon = self._ground.daemon_pid()
        assert daemon is not None, "the daemon is gone"
        holders = [pid for session, pid in seen.holders(self._ground).items() if session in self._lasting]
        logs = _size(self._ground.home / "sessions")
        return Sample(
            at=time.monotonic() - self._begin,
            daemon_rss=memory(daemon, "Rss"),
            daemon_pss=memory(daemon, "Pss"),
            daemon_files=_files(daemon),
            daemon_threads=sum(1 for _ in Path(f"/proc/{daemon}/task").iterdir()),
            daemon_cpu=cpu(daemon),
            children=len(_descendants(daemon)),
            holders=len(holders),
            holders_pss=sum(memory(pid, "Pss") for pid in holders),
            holder_rss=statistics.median(memory(pid, "Rss") for pid in holders),
            holder_files=sum(_files(pid) for pid in holders),
            disk=_size(self._ground.home) - logs,
            disk_logs=logs,
        )


def write(file: Path, samples: Iterable[Sample]) -> None:
    """Write samples as CSV."""
    with file.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(Sample)])
        writer.writeheader()
        writer.writerows(asdict(sample) for sample in samples)


def _files(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def _size(folder: Path) -> float:
    """Return how much lies below a folder, in MB; what goes away meanwhile counts or does not."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512  # noqa: PTH118 - quick
            except OSError:
                continue
    return total / (1 << 20)
