"""Someone at the multiplexer, in a real terminal, before a fleet that really runs."""

import json
import re
import shlex
import sys
from typing import Any, Self

from tests.e2e.place import Place
from tests.e2e.tmux import Tmux
from tests.reliability.lab import wait_for

RUN = f"{shlex.quote(sys.executable)} -m constellagent"
CHATTY = "{shell: 'n=0; while :; do n=$((n+1)); echo \"tick $n\"; sleep 0.2; done', identity: false}"
ASKS = (
    '{shell: \'stty -echo; printf "\\033[33mMay I?\\033[0m (y/n) \\a\\n"; '
    'while read -r line; do echo "asks got <$line>"; done\', identity: false}'
)
SHELL = "{command: [bash, --norc, --noprofile, -i], env: {set: {PS1: 'sh> '}}, identity: false}"
PAGER = "{command: [less, file-3.txt], identity: false}"
FLEET = f"""
agents:
  chatty: {CHATTY}
  asks: {ASKS}
  shell: {SHELL}
  pager: {PAGER}
"""
"""One that never stops writing, one that waits for an answer, a shell, and one that has the whole screen."""
_AGE = re.compile(r"(?<=[ ])(\d{1,2})([smhd])\b")
_CLOCK = re.compile(r"\b\d\d:\d\d(:\d\d)?\b")
_HASH = re.compile(r"\b[0-9a-f]{8,40}\b")
_PROMPTS = {"desk>", "bash>", "#", "$"}
"""What the shell around shows when it waits for a line: a test may take another one, and root has its own."""


class Desk:
    """A terminal at the place's repository in which the multiplexer can be run."""

    def __init__(
        self,
        place: Place,
        *,
        columns: int = 80,
        rows: int = 24,
        name: str = "desk",
        term: str = "tmux-256color",
        **environment: str,
    ) -> None:
        """Open it; an empty variable of the environment is left out of it."""
        self.place = place
        wanted = {**place.environment(NO_COLOR=""), "LC_ALL": "C.UTF-8", "PS1": "desk> ", **environment}
        self.terminal = Tmux(
            place.folder,
            {key: value for key, value in wanted.items() if value},
            columns=columns,
            rows=rows,
            name=name,
            term=term,
        )
        self.terminal.enter(f"cd {shlex.quote(str(place.repo))}; clear")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.terminal.__exit__()

    def attach(self, *arguments: str, see: str = "") -> Tmux:
        """Run `constellagent attach` until something is seen, else a tile, and return the terminal.

        The shell between keeps this one's job control out of it, as when an editor or `make` had run it.
        """
        self.terminal.enter(f"sh -c {shlex.quote(f'{RUN} attach {shlex.join(arguments)}; true')}")
        self.terminal.until(lambda seen: see in seen if see else "┬─ 1 " in seen, see or "a tile")
        return self.terminal

    def switch(self, agent: str) -> None:
        """Bring an agent into the tile in focus, by its name."""
        self.terminal.command("g")
        self.terminal.shows("Switch to")
        self.terminal.type(agent)
        self.terminal.shows(f"> {agent}")
        self.terminal.press("Enter")
        self.terminal.lacks("Switch to")
        self.terminal.until(lambda seen: f" {agent} " in seen.split("\n")[0], f"the tile of {agent}")

    def leave(self) -> None:
        """Leave the multiplexer, and be back in the shell."""
        self.terminal.command("d")
        self.back()

    def back(self) -> None:
        """Wait until whatever had the terminal has left it, and the shell answers."""
        wait_for(lambda: self.terminal.ask("alternate_on") == "0", "the alternate screen to be left")
        # Until the shell asks for a line, who leaves may still read what is typed, in raw mode.
        self.terminal.until(lambda seen: (seen.split() or [""])[-1] in _PROMPTS, "the prompt")
        self.terminal.enter("clear; echo ba''ck")
        self.terminal.until(lambda seen: seen.split("\n")[0].rstrip() == "back", "the shell")

    def stty(self) -> str:
        """Return all settings of the terminal, asked in the shell."""
        file = self.place.folder / "stty"
        file.unlink(missing_ok=True)
        self.terminal.enter(f"stty -a > {file}.part; mv {file}.part {file}")
        return self.place.waits_for(file)

    def tile(self) -> list[str]:
        """Return what is right of the list, row by row, without the lines around.

        Waits for the lines around: a screen that is just drawn anew may not have them yet.
        """
        seen = self.terminal.until(lambda seen: "┬" in seen.split("\n")[0], "the line above the tiles")
        lines = [line.rstrip() for line in seen.split("\n")[:-1]]
        edge = lines[0].index("┬")
        return [row[1:].rstrip(" │") for row in (line[edge:] for line in lines[1:-2]) if row]


def steady(screen: str) -> str:
    """Return a screen without what is another at each run: ages, times of day, digests, ports.

    What takes their place is as wide, and an age is followed or led by as much of its line as it was shorter.
    """
    lines = [line.rstrip() for line in screen.split("\n")]
    return (
        "\n".join(_HASH.sub(_digits, _CLOCK.sub(_digits, _aged(line))) for line in lines).rstrip("\n") + "\n"
    )


def _digits(match: re.Match[str]) -> str:
    return re.sub("[0-9a-f]", "#", match[0])


def _aged(line: str) -> str:
    """Make each age two columns wide; what it had more goes to the blanks before or the line after it."""
    for match in reversed(list(_AGE.finditer(line))):
        wider = len(match[0]) - 2
        head, tail = line[: match.start()], line[match.end() :]
        if not wider:
            line = f"{head}#s{tail}"
        elif tail.startswith(" ─"):
            line = f"{head}#s {'─' * wider}{tail[1:]}"
        else:
            blanks = max(re.finditer(" +", head[head.rfind("│") + 1 :]), key=lambda found: len(found[0]))
            at = head.rfind("│") + 1 + blanks.start()
            line = f"{head[:at]}{' ' * wider}{head[at:]}#s{tail}"
    return line


def agents(place: Place) -> dict[str, dict[str, Any]]:
    """Return what `status` says of each agent."""
    (view,) = json.loads(place.run("status", "--json").stdout)
    return {agent["name"]: agent for agent in view["agents"]}


def wrote(place: Place, agent: str) -> str:
    """Return all that a program wrote, as its session's log has it."""
    return place.run("logs", agent).stdout


def writes(place: Place, agent: str, text: str) -> None:
    """Wait until a program wrote something."""
    wait_for(lambda: text in wrote(place, agent), f"{agent} to write {text!r}")
