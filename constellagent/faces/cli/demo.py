"""`constellagent demo`: four agents sign up for four services at once, and nothing of them crosses."""

import contextlib
import os
import shlex
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from constellagent.errors import BusyError, ConflictError, ConstellagentError, UnavailableError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import demo_result, demo_stage, demo_watch, planning, screen
from constellagent.faces.cli.declare import Json, Option
from constellagent.faces.cli.demo_cast import CAST
from constellagent.faces.cli.demo_stage import Stage
from constellagent.faces.cli.progress import Progress
from constellagent.faces.cli.reach import daemon
from constellagent.runtime.clock import SystemClock
from constellagent.runtime.control import ApplyRequest, ApplyResult
from constellagent.runtime.identity_views import IdentityRequest
from constellagent.runtime.paths import locate

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a command to end."""

FAILED = 1
"""Exit code where something crossed, or an agent was not verified."""

_PATIENCE = 30.0
"""Seconds that an apply which was interrupted may go on, and that processes may take to end."""

_PAUSE = 0.2


def demo(
    *,
    keep: Annotated[bool, Option(("--keep",), "Leave it running, to look at.")] = False,
    plain: Annotated[bool, Option(("--plain",), "No colour, and a line for each step.")] = False,
    as_json: Json = False,
) -> int:
    """See four agents sign up for four services at the same time, each as itself.

    They verify by a link in a mail, a code in a mail, a code by SMS, and by both; passwords and an API key go
    into the agents' vaults. At the end it is checked that no message, code or secret crossed: exit code 1 if
    one did. All of it happens in a temporary repository, and is taken away again.
    """
    if plain:
        screen.forbid_colour()
    with _ends_gently():
        ours = _nobody_listens()
        stage = demo_stage.build(keep=keep)
        clean = True
        try:
            with daemon() as client:
                result = _perform(client, stage.file, Progress(sys.stderr, SystemClock(), live=not plain))
            if as_json:
                kept = {"folder": str(stage.folder), "file": stage.file} if keep else None
                screen.say_json({**result, "kept": kept})
            else:
                demo_result.show(result)
            sys.stdout.flush()
        except BaseException:  # Ctrl-C, and a reader of our output that has gone, are no errors
            screen.tell("taking everything away again")
            _take_away(stage, with_daemon=ours)
            raise
        if keep:
            _say_how_to_look(stage)
        else:
            clean = _take_away(stage, with_daemon=ours)
    return 0 if result["ok"] and clean else FAILED


def _perform(client: BlockingClient, file: str, progress: Progress) -> demo_result.Result:
    """Apply, watch, and judge."""
    clock = SystemClock()
    begin = clock.monotonic()
    screen.tell("four agents sign up for four services at once, each as itself")
    try:
        result = _apply(client, file, progress)
        for subject, reason in (result["failed"] | result["skipped"]).items():
            progress.take({"subject": subject, "text": reason, "level": "error"})
        screens = demo_watch.watch(client, file, progress, clock)
    finally:
        progress.close()
    screen.tell("")
    return demo_result.judge(client, file, screens, clock.monotonic() - begin)


def _apply(
    client: BlockingClient, file: str, progress: Progress | None, *, destroy: bool = False
) -> ApplyResult:
    """Make it so, or unmake it.

    Raises:
        ConstellagentError: the daemon refuses, or ended before it said how it went.
    """
    choices: dict[str, Any] = {"destroy": True, "force": True} if destroy else {}
    reply = client.plan(planning.request(file, **choices))
    # What a gateway has to know; no file may ask for a variable that begins as ours do.
    environ = {**os.environ, "SMS_TOKEN": os.environ.get("CONSTELLAGENT_SMS_TOKEN", "")}
    env = {name: environ[name] for name in reply["wants_env"] if environ.get(name)}
    order: ApplyRequest = {"file": file, "approved": reply["content_hash"], "env": env, **choices}  # type: ignore[typeddict-item] # keys of ApplyRequest
    result: Any = None
    for item in client.apply(order):
        event = item.get("event")
        if progress is not None and event is not None and event["subject"] in CAST:
            progress.take({**event, "level": "info"})
        result = item.get("result", result)
    if result is None:
        raise ConstellagentError("the daemon ended before it said how it went")
    done: ApplyResult = result
    return done


@contextlib.contextmanager
def _ends_gently() -> Iterator[None]:
    """Let a wish to end, however it is said, reach us as Ctrl-C does."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _nobody_listens() -> bool:
    try:
        BlockingClient.connect(locate().control_socket).close()
    except UnavailableError:
        return True
    return False


def _take_away(stage: Stage, *, with_daemon: bool) -> bool:
    """Destroy all that the demo made; a daemon that was started for it, and has nothing else, ends too.

    Returns whether that worked; else it was said what is left.
    """
    for number in ENDINGS:
        signal.signal(number, signal.SIG_IGN)  # half of it taken away would help nobody
    try:
        with daemon() as client:
            _destroy(client, stage.file)
            for agent in CAST:
                with contextlib.suppress(ConflictError):  # it was interrupted before it had an identity
                    client.identity(IdentityRequest(file=stage.file, agent=agent, action="delete"))
            demo_stage.remove(stage)
            info = client.info()
            if with_daemon and not info["sessions"] and not info["constellations"]:
                client.shutdown(stop_sessions=False)
    except ConstellagentError as error:
        screen.tell_error(
            ConstellagentError(f"not all was taken away: {error.message}", hint=_removal(stage))
        )
        return False
    return True


def _destroy(client: BlockingClient, file: str) -> None:
    """Unmake it, again where an apply was still at work or a process was still ending.

    Raises:
        ConstellagentError: something stays as it is; says what.
    """
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            result = _apply(client, file, None, destroy=True)
        except BusyError:
            if time.monotonic() > deadline:
                raise
        else:
            if not result["exit_code"]:
                return
            if time.monotonic() > deadline:
                reasons = {**result["failed"], **result["skipped"]}
                told = [f"{subject}: {reason}" for subject, reason in reasons.items()]
                raise ConstellagentError("; ".join(told) or "something is in the way")
        time.sleep(_PAUSE)


def _say_how_to_look(stage: Stage) -> None:
    folder = shlex.quote(str(stage.folder))
    screen.tell("\nit goes on, and each agent is a shell now:")
    for words in (
        f"cd {shlex.quote(str(Path(stage.file).parent))}",
        "constellagent attach ada",
        "constellagent identity inbox ada",
        "constellagent audit ada",
    ):
        screen.tell(f"    {words}")
    screen.tell("to take it away:")
    screen.tell(f"    constellagent destroy --force --yes && cd / && rm -r {folder}")


def _removal(stage: Stage) -> str:
    file, folder = shlex.quote(stage.file), shlex.quote(str(stage.folder))
    return f"constellagent destroy -f {file} --force --yes && rm -r {folder}"
