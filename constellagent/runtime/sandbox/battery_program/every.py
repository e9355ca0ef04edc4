"""Every line of the battery, in order, and how their answers are written."""

import json
import sys

from constellagent.runtime.sandbox.battery_program import (
    kernel,
    links,
    person,
    processes,
    repository,
    sockets,
    start,
    state,
    working,
)
from constellagent.runtime.sandbox.battery_program.lines import LINES, Answer, Asked, told

__all__ = ["AREAS", "LINES", "main"]

AREAS = (state, person, processes, repository, links, kernel, sockets, start, working)
"""The modules that hold the lines."""


def main(questions: str, opened: list[int]) -> int:
    """Try each line, and write its answer after the word that the questions agree on; returns 0."""
    with open(questions, encoding="utf-8") as file:  # noqa: PTH123 - plain paths throughout
        asked = Asked(json.load(file), opened)
    word = asked.text("nonce")
    for one in LINES.values():
        answer, failure = Answer(0), ""
        try:
            answer = one.attempt(asked)
        except Exception as error:  # noqa: BLE001 - a line that cannot be tried must not hide the others
            failure = f"{type(error).__name__}: {error}"
        sys.stdout.write(f"{word} {told(one.name, one.kind, answer, failure)}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{word} end\n")
    return 0
