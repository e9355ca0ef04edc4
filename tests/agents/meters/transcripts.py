"""Transcripts of real conversations, with ids, paths and times replaced and the longest lines left out."""

import json
from collections.abc import Iterable
from pathlib import Path

from hypothesis import strategies as st

from constellagent.agents.kind import Meter, Usage

FOLDER = Path(__file__).parents[2] / "data" / "agents"


def transcript(kind: str) -> list[str]:
    """Return the lines of a conversation with three prompts, of which the last came after a restart."""
    return (FOLDER / f"{kind}-transcript.jsonl").read_text().splitlines()


def count(meter: Meter, lines: Iterable[str]) -> Usage:
    """Return what a meter makes of these lines."""
    for line in lines:
        meter.feed(line)
    return meter.used()


def odd(*known: str) -> st.SearchStrategy[list[str]]:
    """Return lines of all kinds: text, any JSON below the keys that a meter looks at, and cut ones."""
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(known)
    keys = st.sampled_from(known) | st.text(max_size=3)
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)
    )
    return st.lists(st.text() | values.map(_written) | values.map(_cut), max_size=20)


def _written(value: object) -> str:
    return json.dumps(value)


def _cut(value: object) -> str:
    return json.dumps(value)[:-1]
