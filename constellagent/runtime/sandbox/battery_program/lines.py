"""What a line of the battery is, what it is asked with, and what it answers.

A line is one function. Everything is tried with names that nobody else uses, nothing that is there is changed
for longer than the attempt takes, and what an attempt has made is removed: by itself, or, where only somebody
outside can tell whether it arrived there, by who asked.
"""

import contextlib
import functools
import json
import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Literal, NamedTuple

Kind = Literal["kept", "works", "shared"]
"""Must be impossible; must work; is possible, and not promised to be otherwise."""


class Asked:
    """The questions: places, processes and sockets outside, as whoever asks knows them.

    Attributes:
        opened: file descriptors that were open as the program began.
    """

    def __init__(self, told: dict[str, Any], opened: list[int]) -> None:
        self._told = told
        self.opened = opened

    def text(self, key: str) -> str:
        """Return a text, empty where there is none."""
        return str(self._told.get(key) or "")

    def texts(self, key: str) -> list[str]:
        """Return a list of texts."""
        return [str(one) for one in self._told.get(key, ())]

    def groups(self, key: str) -> dict[str, list[str]]:
        """Return lists of texts by name."""
        return {str(name): [str(one) for one in found] for name, found in self._told.get(key, {}).items()}

    def processes(self) -> list[tuple[int, int]]:
        """Return processes outside: pid, and the time of its start in ticks."""
        return [(int(pid), int(start)) for pid, start in self._told.get("processes", ())]

    def number(self, key: str) -> int:
        """Return a number, 0 where there is none."""
        return int(self._told.get(key) or 0)


class Answer(NamedTuple):
    """What came of a line.

    Attributes:
        tried: how many attempts were made; with none of them there was nothing to try here.
        reached: which of them succeeded, in words.
        wrote: files that were made in folders; whoever asked knows whether they are there outside.
        said: more, for a person.
    """

    tried: int
    reached: tuple[str, ...] = ()
    wrote: tuple[str, ...] = ()
    said: str = ""


class Line(NamedTuple):
    """One line: its name, its kind, and the function that tries it."""

    name: str
    kind: Kind
    attempt: Callable[[Asked], Answer]


LINES: dict[str, Line] = {}
"""Every line by its name, in the order in which they are tried."""

_Attempt = Callable[[Asked], Answer]


def line(name: str, kind: Kind) -> Callable[[_Attempt], _Attempt]:
    """Make a function a line of the battery."""

    def add(attempt: _Attempt) -> _Attempt:
        LINES[name] = Line(name, kind, attempt)
        return attempt

    return add


def of_attempts(attempts: Iterable[tuple[str, Callable[[], object]]]) -> Answer:
    """Try each; one that neither raises OSError nor returns something false has reached what it names."""
    reached, tried = [], 0
    for name, attempt in attempts:
        tried += 1
        with contextlib.suppress(OSError):
            if attempt():
                reached.append(name)
    return Answer(tried, tuple(reached))


def of_each(names: Iterable[str], attempt: Callable[[str], object]) -> Answer:
    """Try one thing with each name; see `of_attempts`."""
    return of_attempts((name, functools.partial(attempt, name)) for name in names)


def readable(place: str) -> bool:
    """Say whether there is anything to be had of a file or folder.

    Raises:
        OSError: it is not there, or may not be read.
    """
    if os.path.isdir(place):  # noqa: PTH112 - the program uses plain paths throughout
        return bool(os.listdir(place))  # noqa: PTH208 - the same
    with open(place, "rb") as file:  # noqa: PTH123 - the same
        return bool(file.read(1))


def openable(place: str, flags: int = os.O_WRONLY) -> bool:
    """Say that a file can be opened; nothing is written.

    Raises:
        OSError: it cannot.
    """
    os.close(os.open(place, flags | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY))
    return True


def made(folder: str, nonce: str) -> str:
    """Make a file in a folder, and leave it there; returns its path.

    Raises:
        OSError: that cannot be done.
    """
    place = f"{folder}/{nonce}"
    os.close(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    return place


def wrote_in(folders: Iterable[str], nonce: str) -> Answer:
    """Make a file in each folder, for who asked to find outside, or not to find."""
    wrote, tried = [], 0
    for folder in folders:
        tried += 1
        with contextlib.suppress(OSError):
            wrote.append(made(folder, nonce))
    return Answer(tried, (), tuple(wrote))


def can_make(folder: str, nonce: str) -> bool:
    """Make a file in a folder and remove it: whoever can do that can replace what lies there.

    Raises:
        OSError: that cannot be done.
    """
    os.unlink(made(folder, nonce))  # noqa: PTH108 - plain paths
    return True


def can_change(place: str, nonce: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield the attempts to write to a file, to put it elsewhere, and to put another in its place.

    What succeeds is undone at once; the file has the same content all the time that it is there.
    """
    if not os.path.lexists(place):
        folder, _, name = place.rpartition("/")
        yield f"create {place}", lambda: can_make(folder, name)
        return
    yield f"write to {place}", lambda: openable(place)
    yield f"rename {place}", lambda: _moved(place, f"{place}.{nonce}")
    yield f"replace {place}", lambda: _replaced(place, f"{place}.{nonce}")
    yield f"change the mode of {place}", lambda: _same_mode(place)


def _moved(place: str, away: str) -> bool:
    os.rename(place, away)  # noqa: PTH104 - plain paths
    os.rename(away, place)  # noqa: PTH104 - plain paths
    return True


def _replaced(place: str, other: str) -> bool:
    with open(place, "rb") as file:  # noqa: PTH123 - plain paths
        content = file.read()
    mode = os.stat(place).st_mode & 0o7777  # noqa: PTH116 - plain paths
    fd = os.open(other, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        os.write(fd, content)
        os.close(fd)
        os.rename(other, place)  # noqa: PTH104 - plain paths
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(other)  # noqa: PTH108 - plain paths
    return True


def _same_mode(place: str) -> bool:
    os.chmod(place, os.stat(place).st_mode & 0o7777)  # noqa: PTH101, PTH116 - plain paths
    return True


def told(name: str, kind: Kind, answer: Answer, failure: str) -> str:
    """Return the text of one answer."""
    return json.dumps({"name": name, "kind": kind, "failure": failure, **answer._asdict()})
