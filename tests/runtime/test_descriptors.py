"""How many files the daemon may open, and what it leaves to programs."""

import json
import subprocess
import sys

_RAISING = """
import json, resource, sys
from constellagent.runtime.descriptors import for_programs, raise_limit

resource.setrlimit(resource.RLIMIT_NOFILE, tuple(json.loads(sys.argv[1])))
before = for_programs()
raised = [raise_limit(), raise_limit()]
print(json.dumps([before, raised, for_programs(), resource.getrlimit(resource.RLIMIT_NOFILE)]))
"""


def raised(soft: int, hard: int) -> tuple[int, list[int], int, list[int]]:
    """Raise the limit in a process that has these; programs get what is first and third."""
    words = [sys.executable, "-c", _RAISING, json.dumps([soft, hard])]
    before, answers, after, limits = json.loads(subprocess.check_output(words))
    return before, answers, after, limits


def test_the_limit_is_raised() -> None:
    """To what is enough, or to what is allowed; programs get what was found, also after a second time."""
    assert raised(256, 20_000) == (0, [8192, 8192], 256, [8192, 20_000])
    assert raised(256, 1024) == (0, [1024, 1024], 256, [1024, 1024])


def test_a_high_limit_stays() -> None:
    """What is more than enough is left alone."""
    assert raised(10_000, 20_000) == (0, [10_000, 10_000], 10_000, [10_000, 20_000])
