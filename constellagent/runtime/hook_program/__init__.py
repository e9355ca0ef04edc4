"""`constellagent hook`: what a program in a session calls to say what it is doing, and the hooks of agents.

It is called for every tool that an agent uses, and the agent waits for it: it needs the standard library only
and is over in a second whatever happens. It tells the session's own holder, never the daemon, so nothing is
lost while there is none.
"""

from constellagent.runtime.hook_program.program import AGENTS, STATES, main, report

__all__ = ["AGENTS", "STATES", "main", "report"]
