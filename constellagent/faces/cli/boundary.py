"""The edge of the program: words in, exit code out; every failure becomes two lines and a number.

stdout carries results only. With `--json` an error is a result too: `{"error": {...}}`.
"""

import contextlib
import os
import sys
from collections.abc import Sequence

from constellagent import failpoints
from constellagent.errors import ConstellagentError
from constellagent.faces.cli import arguments, screen
from constellagent.faces.cli.commands import find
from constellagent.faces.cli.declare import Rest

INTERRUPTED = 130
"""What a shell reports for a program that Ctrl-C ended."""


def run(words: Sequence[str]) -> int:
    """Run one command line and return its exit code; nothing is raised."""
    head, rest = _split(words)
    debug = "--debug" in head or os.environ.get("CONSTELLAGENT_DEBUG", "") not in {"", "0"}
    if "--no-color" in head:
        screen.forbid_colour()
    head = [word for word in head if word not in {"--debug", "--no-color"}]
    try:
        code = _dispatch(head, rest)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _silence_stdout()
        return 0
    except ConstellagentError as error:
        if debug:
            _traceback()
        return _report(error, as_json="--json" in head)
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a user who did not ask
        if debug:
            _traceback()
            return 1
        text = f"internal error: {type(error).__name__}: {error}"
        hint = f"this is a defect; --debug shows where; the daemon's log is {_log_place()}"
        return _report(ConstellagentError(text, hint=hint), as_json="--json" in head)
    return code


def _split(words: Sequence[str]) -> tuple[list[str], list[str] | None]:
    words = list(words)
    if "--" not in words:
        return words, None
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _dispatch(head: list[str], rest: list[str] | None) -> int:
    if asked := os.environ.get(failpoints.VARIABLE):
        from constellagent.faces.cli import fault_names

        fault_names.check(asked)
    command = None if "_CONSTELLAGENT_COMPLETE" in os.environ else find(head)
    if command is not None:
        function = command.load()
        takes_rest = [p.name for p in arguments.parameters(function) if isinstance(p.marker, Rest)]
        if rest is None or takes_rest:
            values = arguments.read(function, head[len(command.words) :])
            if values is not None:
                return function(**(values | dict.fromkeys(takes_rest, rest)))
            return _typer(head, rest)
    return _typer(head if rest is None else [*head, "--", *rest], None)


def _typer(words: list[str], rest: list[str] | None) -> int:
    from constellagent.faces.cli import app

    return app.run(words or ["--help"], rest)


def _report(error: ConstellagentError, *, as_json: bool) -> int:
    with contextlib.suppress(BrokenPipeError):
        if as_json:
            from constellagent.faces.wire import error_body

            screen.say_json({"error": error_body(error)})
        else:
            screen.tell_error(error)
        sys.stdout.flush()
    return error.exit_code


def _traceback() -> None:
    import traceback

    traceback.print_exc()


def _log_place() -> str:
    from constellagent.runtime.paths import locate

    return str(locate().daemon_log)


def _silence_stdout() -> None:
    """Point stdout nowhere, so that the interpreter's own flush at exit does not complain again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
