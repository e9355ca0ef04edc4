"""`constellagent hook`: tells what a session's program is doing. Called with an event it never gets here.

`__main__` hands those calls to `runtime.hook_program` directly, which starts in a fraction of the time; here
are its help and its completion, and the calls with options first.
"""

from typing import Annotated

from constellagent.faces.cli.declare import Argument, Option
from constellagent.runtime import hook_program


def hook(
    event: Annotated[
        str, Argument("EVENT", f"A state, {', '.join(hook_program.STATES)}; or a program's name.")
    ],
    data: Annotated[list[str] | None, Argument("JSON", "The program's JSON; from stdin if left out.")] = None,
    *,
    reason: Annotated[str, Option(("--reason",), "More exactly, such as permission.", "TEXT")] = "",
    message: Annotated[str, Option(("--message",), "What it says to a person.", "TEXT")] = "",
    verbose: Annotated[bool, Option(("--verbose",), "Say on stderr whether it was reported.")] = False,
) -> int:
    """Report what the program of this session is doing; any program in a session may call it.

    It shows in `status` at once, with source `hook`. A state holds until the next report, the end of the
    session, or a minute of `working` without any output. `waiting` is for a person (--reason permission or
    question), `idle` for the next order; `unknown` takes back what was said.

    With a program's name (claude, codex, gemini, opencode, aider, copilot) it reads the JSON that this
    program gives to its hooks. Sessions of agents are set up to call it so, as `constellagent-hook NAME`.

    Outside a session it does nothing. It prints nothing and ends with 0 whatever happens, within a second.
    """
    words = [event, *(data or []), f"--reason={reason}", f"--message={message}"]
    return hook_program.main([*words, "--verbose"] if verbose else words)
