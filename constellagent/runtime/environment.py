"""What a process of an agent finds in its environment: an allow-list, and nothing of the daemon's.

`PATH`, the locale and the variables of `env.pass` come from the shell that applied the file. They are kept
sealed under the root key, so that a start after a reboot has them, and replaced by each apply.
"""

import os
import pwd
import shutil
from collections.abc import Iterable, Mapping

from constellagent.agents.start import kind_of
from constellagent.ravi.vault import RootKey, VaultError
from constellagent.runtime.store.constellations import Constellations
from constellagent.spec.models import Agent, Env

SHELL_NAMES = ("HOME", "PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR")
"""What every agent takes over from the applying shell."""

_OURS = ("CONSTELLAGENT", "RAVI_", "GIT_AUTHOR_", "GIT_COMMITTER_")
"""How the names begin that say who an agent is; no file may give them."""

_PLACES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_INDEX_FILE",
        "GIT_NAMESPACE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_WORK_TREE",
    }
)
"""What would lead git out of the agent's worktree."""

_DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin"


class KeptEnvironment:
    """The variables of one constellation, sealed in `state.db`."""

    def __init__(self, constellation: str, rows: Constellations, key: RootKey) -> None:
        self._constellation = constellation
        self._rows = rows
        self._key = key

    async def get(self) -> dict[str, str]:
        """Return the kept variables.

        Raises:
            VaultError: one of them was sealed with another root key, or changed since.
        """
        sealed = await self._rows.environment(self._constellation)
        return {name: self._key.unseal(value, self._place(name)).decode() for name, value in sealed.items()}

    async def replace(self, names: Iterable[str], values: Mapping[str, str]) -> None:
        """Keep what `values` has of `names` and drop everything else; writes only what changed."""
        kept = await self._rows.environment(self._constellation)
        wanted = {name: values[name] for name in names if name in values}
        sealed = {
            name: self._key.seal(value.encode(), self._place(name))
            for name, value in wanted.items()
            if name not in kept or not self._holds(kept[name], name, value)
        }
        await self._rows.set_environment(self._constellation, sealed, frozenset(kept) - frozenset(wanted))

    def _holds(self, sealed: bytes, name: str, value: str) -> bool:
        """Say whether this is what is kept; what cannot be opened any more is not."""
        try:
            return self._key.unseal(sealed, self._place(name)) == value.encode()
        except VaultError:
            return False

    def _place(self, name: str) -> str:
        return f"environment|{self._constellation}|{name}"


def person() -> dict[str, str]:
    """Return who the Unix user is, from the user database rather than from any environment."""
    entry = pwd.getpwuid(os.getuid())
    return {
        "HOME": entry.pw_dir,
        "USER": entry.pw_name,
        "LOGNAME": entry.pw_name,
        "SHELL": entry.pw_shell or "/bin/sh",
    }


def compose(
    kept: Mapping[str, str], declared: Env, own: Mapping[str, str], *, first_on_path: str
) -> dict[str, str]:
    """Return a whole environment.

    Later wins: the person, the applying shell, `env.pass`, `env.set`, and last what we give (`own`). Names
    that say who an agent is or where git works come from `own` alone. `first_on_path` goes before `PATH`.
    """
    env = {"TERM": "xterm-256color", "COLORTERM": "truecolor", **person()}
    env |= {name: kept[name] for name in (*SHELL_NAMES, *declared.pass_) if name in kept}
    env |= declared.set_
    env = {name: value for name, value in env.items() if not is_reserved(name)} | dict(own)
    env["PATH"] = f"{first_on_path}:{env.get('PATH', _DEFAULT_PATH)}"
    return env


def programs_of(agents: Mapping[str, Agent], shell_path: str) -> dict[str, str]:
    """Return where each agent finds the program of its kind, empty for nowhere.

    Agents whose file names what they run are left out. `shell_path` is the `PATH` of the applying shell.
    """
    return {
        name: shutil.which(kind_of(spec).program, path=spec.env.set_.get("PATH", shell_path)) or ""
        for name, spec in agents.items()
        if spec.command is None and kind_of(spec).program
    }


def is_reserved(name: str) -> bool:
    """Say whether a variable is ours to give: no file may set it, and no shell may pass it."""
    return name.startswith(_OURS) or name in _PLACES
