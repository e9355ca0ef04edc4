"""The `ravi` command of a session: the real client's words, with the identity of the agent that calls.

It comes first on an agent's PATH, because the real client ignores a `.ravi` folder above the current one and
then speaks as the human. This one takes the session's own variables, else walks up, and never uses `~/.ravi`.
It starts for every call of a script, so it needs the standard library only, and loads the module of a noun
(`email`, `passwords`, ...) when that is used. A new verb is a function and one row of its noun's `VERBS`.
"""

from constellagent.ravi.shim_program.program import main

__all__ = ["main"]
