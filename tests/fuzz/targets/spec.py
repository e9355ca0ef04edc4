"""A constellation file: it loads, or is refused with the place of every problem, as `validate` says them."""

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from constellagent.errors import SpecError
from constellagent.spec.load import load
from tests.fuzz.target import Target

_DATA = Path(__file__).parents[2] / "data"
_BY_THE_SIDE = Path(__file__).parents[3] / "constellation.example.yaml"


def run(data: bytes) -> None:
    """Load, and look at what is refused and at what is found."""
    try:
        loaded = load(data, "f")
    except SpecError as error:
        refused = error
    else:
        json.dumps(loaded.constellation.model_dump(mode="json", by_alias=True))
        assert len(loaded.content_hash) == 64
        return
    assert refused.problems
    assert refused.exit_code == 65
    ends = (b"\n", b"\r", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xa9")
    lines = 2 + sum(data.count(end) for end in ends)
    for problem in refused.problems:
        assert 0 <= problem.line <= lines
        assert problem.column >= 0
        assert "pydantic" not in problem.message
        problem.message.encode()
    str(refused).encode()


def seeds() -> list[bytes]:
    """Return the documented example, and a file that uses every rule of schedules."""
    whole = [
        _BY_THE_SIDE.read_text(encoding="utf-8"),
        (_DATA / "spec" / "example.yaml").read_text(encoding="utf-8"),
        (_DATA / "schedules" / "every-rule.yaml").read_text(encoding="utf-8"),
        "version: 1\nagents: {a: {command: [x], schedules: {m: {cron: '@daily', timeout: 5m}}}}\n",
        "version: 1\ndefaults: &d {env: {set: {A: 1}}}\nagents: {a: {<<: *d, kind: claude}}\n",
    ]
    return [part.encode() for text in whole for part in _parts(text)]


def _parts(text: str) -> Iterator[str]:
    """Yield a text, and pieces of it that begin at its top level: short inputs are quick, and say more."""
    yield text
    lines = text.splitlines(keepends=True)
    begins = [at for at, line in enumerate(lines) if line[:1].isalpha()] + [len(lines)]
    for begin, end in pairwise(begins):
        yield "version: 1\n" + "".join(lines[begin:end])


_KEYS = (
    "version agents env pass set identity schedules cron needs defaults services notify limits setup owner"
)
TARGET = Target(
    "spec",
    run,
    seeds,
    words=(
        *(f"{word}: ".encode() for word in _KEYS.split()),
        *(
            b"- ",
            b"<<: ",
            b"*a",
            b"&a ",
            b"!!python/object/apply:os.system ",
            b"---\n",
            b"%YAML 1.1\n",
            b"? ",
        ),
        *(
            b"'",
            b"|\n",
            b">-\n",
            b"\t",
            b"~",
            b"\xe2\x80\xa8",
            b"\xc2\x85",
            b"\xef\xbb\xbf",
            b"0x1F",
            b".inf",
        ),
    ),
    guides=("constellagent.spec", "constellagent.errors", "ruamel"),
)
