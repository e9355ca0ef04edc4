"""The console blocks of a document as a tour: each command is run in a clone, and must say what is shown.

A fenced block that is a file is written where it stands, one that is a screen of the multiplexer is looked
at. What differs from run to run is shown with true values, and any other value matches them.
"""

import doctest
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tests import readme_page, readme_screens
from tests.checkout import Clone

_BLOCK = re.compile(
    r"(?:^<!-- (?P<mark>file|screen): (?P<about>[^\n]+) -->\n)?^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_VARYING = (
    (re.compile(r"\b(chs|cst)_[\w-]{43}(?!\S)"), "SECRET"),
    (re.compile(r"(?<=#code=)[\w-]{22}(?=&)"), "LOGIN"),
    (re.compile(r"\b\d{8}T\d{6}(\.\d+)?Z"), "STAMP"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?\b"), "MOMENT"),
    (re.compile(r"\b[0-9a-f]{7,40}\b"), "COMMIT"),
    (re.compile(r"\b(\d+(\.\d)?[dhms])+\b"), "AGE"),
    (re.compile(r"\b\d{6}\b"), "CODE"),
    (re.compile(r"\bdemo-\w{4}\.test\b"), "DOMAIN"),
    (re.compile(r"\b\d+ lines\b"), "LINES"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "PORT"),
)
"""What differs from run to run: a document shows true values, and any other value matches them."""

_LOOKS = re.compile(r"constellagent (status|usage|schedule (show|history))\b")
"""Commands that only look, and may do so before what they show has come to its end."""

_AS_ON_A_TERMINAL = "exec 2>&1; export PYTHONUNBUFFERED=1"
"""Talk and results come together, in the order in which they are written."""

_PATIENCE = 40.0
"""Seconds for which such a command is asked again."""


class Block(NamedTuple):
    """A fenced block.

    Attributes:
        file: the name of the file that it is, where the document says so.
        screen: the size and the keys by which a terminal shows it, where the document says so.
        language: after the fence.
        text: inside.
    """

    file: str
    screen: str
    language: str
    text: str


class Step(NamedTuple):
    """One step of a tour: a command and what it says, or a screen of the multiplexer."""

    command: str
    shown: str
    screen: str = ""


def blocks(document: str) -> list[Block]:
    """Return the fenced blocks of a document, in order."""
    return [
        Block(_marked(found, "file"), _marked(found, "screen"), found["language"], found["text"])
        for found in _BLOCK.finditer(document)
    ]


def _marked(found: re.Match[str], mark: str) -> str:
    return str(found["about"]) if found["mark"] == mark else ""


def steps(document: str) -> Iterator[Step]:
    """Yield each command of the console blocks with the output that is shown for it.

    A block that is a constellation file is written where it stands, one that is a screen is looked at.
    """
    for block in blocks(document):
        if block.file == "constellation.yaml":
            yield Step(f"cat > {block.file} <<'END'\n{block.text}END\n", "")
        if block.screen:
            yield Step("constellagent attach", block.text, block.screen)
        if block.language != "console":
            continue
        for entry in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, shown = entry.partition("\n")
            yield Step(command, shown)


def take(clone: Clone, tour: Iterable[Step]) -> None:
    """Run each command, in order; it must say what is shown (`...` is anything).

    Screens are compared where tmux is, which is the terminal that shows them, the page is opened where it was
    built, and the API is asked where curl is.
    """
    checker = doctest.OutputChecker()
    home = str(clone.repo.parent)
    for command, shown, screen in tour:
        if screen:
            if shutil.which("tmux") is not None:
                got = readme_screens.taken(clone, screen, shown)
                assert readme_screens.same(shown, got), f"{screen}\nshown:\n{shown}\ngot:\n{got}"
            continue
        if not _possible(command):
            continue
        deadline = time.monotonic() + _PATIENCE
        while True:
            done = clone.run("bash", "-c", f"{_AS_ON_A_TERMINAL}; {command}", status=None)
            got = done.stdout.replace(home, "/home/you")
            same = checker.check_output(_settled(shown), _settled(got), _FLAGS)
            if same or not _LOOKS.match(command) or time.monotonic() > deadline:
                break
            time.sleep(0.2)

        assert same, f"$ {command}\nshown:\n{shown}\ngot:\n{got}"


def _possible(command: str) -> bool:
    """Tell whether this machine has what a command of a tour needs beside the package."""
    if command.startswith("constellagent web ") and "--off" not in command:
        return readme_page.built()
    return not command.startswith("curl ") or shutil.which("curl") is not None


def _settled(text: str) -> str:
    for pattern, word in _VARYING:
        text = pattern.sub(word, text)
    return text
