"""What a headless run is told: a private file in its session's folder, because prompts are not for `ps`."""

import json
import os
import sys
from typing import NamedTuple

NAME = "order.json"
PROMPT = "prompt"
"""The file that the program gets on its standard input, where the order says so."""


class Order(NamedTuple):
    """What to start, and how to read it.

    Attributes:
        argv: the program and its arguments, looked up on PATH.
        stream: the module of `agents.streams` that reads its output; empty for a program that keeps the
            terminal to itself, as any command does.
        stdin: it gets the file `prompt` on its standard input.
        limit: seconds after which it is ended; None for no limit.
        grace: seconds between SIGTERM and SIGKILL then.
        around: the words that go before those of anything that is run in the worktree: those of a sandbox.
    """

    argv: tuple[str, ...]
    stream: str = ""
    stdin: bool = False
    limit: float | None = None
    grace: float = 10.0
    around: tuple[str, ...] = ()


def write(order: Order) -> str:
    """Return the text of the file."""
    return json.dumps(order._asdict())


def read(folder: str) -> Order:
    """Return the order in a session's folder.

    Raises:
        OSError: there is none that can be read.
        ValueError: it is none.
    """
    with open(f"{folder}/{NAME}", encoding="utf-8") as file:  # noqa: PTH123 - pathlib is dear to import
        text = file.read()
    try:
        value = json.loads(text)
        limit = value["limit"]
        return Order(
            argv=tuple(str(word) for word in value["argv"]),
            stream=str(value["stream"]),
            stdin=bool(value["stdin"]),
            limit=None if limit is None else float(limit),
            grace=float(value["grace"]),
            around=tuple(str(word) for word in value["around"]),
        )
    except (KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError(f"the order lacks a part or has one of the wrong kind: {error}") from error


def words(folder: str) -> tuple[str, ...]:
    """Return the words that start the process that carries out the order in a session's folder."""
    program = f"{os.path.dirname(os.path.abspath(__file__))}/__main__.py"  # noqa: PTH100, PTH120 - pathlib is dear to import
    return (sys.executable, "-I", "-S", program, folder)
