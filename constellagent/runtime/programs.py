"""The programs of ours that sessions find first on their PATH, written for this copy of the package.

Agents' hooks and MCP servers are named by these paths, which stay the same however we are installed.
"""

from pathlib import Path

from constellagent.ravi import shim
from constellagent.runtime.paths import Paths

_HOOK = "from constellagent.runtime.hook_program import main\nsys.exit(main())\n"
_MCP = "sys.argv[:1] = ['constellagent', 'mcp']\nfrom constellagent.__main__ import main\nsys.exit(main())\n"


def install(paths: Paths) -> tuple[Path, ...]:
    """Write `ravi`, `constellagent-hook` and `constellagent-mcp`; return their paths.

    None of them is changed by what an agent sets in its environment. The hook is started most often, and
    without the site's packages, as `ravi` is.

    Raises:
        ConstellagentError: the folder cannot be used.
    """
    hook, mcp = paths.hook_program, paths.mcp_program
    return (
        shim.install(paths.bin),
        shim.install_program(hook.parent, hook.name, _HOOK, flags="-IS"),
        shim.install_program(mcp.parent, mcp.name, _MCP, flags="-I"),
    )
