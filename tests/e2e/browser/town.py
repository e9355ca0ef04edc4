"""A fleet that really runs behind a page, and the repository that its agents change."""

import shutil
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import constellagent
from constellagent.faces.calling import call
from constellagent.runtime.paths import Paths
from tests.e2e.place import Place, commit

PAGE = Path(constellagent.__file__).parent / "faces" / "web" / "page" / "index.html"
LISTENS = "{shell: 'while IFS= read -r line; do echo \"heard <$line>\"; done', identity: false}"
"""An agent that answers each line which it is given."""
SHELL = "{command: [bash, --norc, --noprofile, -i], env: {set: {PS1: 'sh> '}}, identity: false}"
LONG = "".join(f"line {number} of a text that is long enough to be folded\n" for number in range(1, 201))
PROGRAM = '''"""A program."""

import sys


def greet(name):
    return "Hello, " + name


def main():
    for name in sys.argv[1:]:
        print(greet(name))


main()
'''


class Town(Place):
    """A place whose fleet is up, and which lets browsers in."""

    def __init__(self, fleet: str, files: dict[str, str] | None = None) -> None:
        """Say what to declare and what the repository holds, beside what every town has."""
        super().__init__(agents=0)
        self.fleet = fleet
        self.files = {"app/hello.py": PROGRAM, "docs/long.txt": LONG, **(files or {})}

    def __enter__(self) -> Self:
        """Create the repository, bring the fleet up and turn the web face on."""
        super().__enter__()
        self.write(self.fleet)
        commit(self.repo, self.files, "what there is")
        self.run("apply", "--yes")
        return self

    def let_in(self, *args: str) -> str:
        """Return an address that lets one browser in, once; `args` are those of `constellagent web`."""
        return self.run("web", "--no-browser", *args).stdout.strip()

    def entry(self, *, read_only: bool = False) -> Any:
        """Return a way in with its `url`, as `let_in` does but without the time that a command needs."""
        return call(Paths(self.home).api_socket, "POST", "/web", {"read_only": read_only})

    def origin(self) -> str:
        """Return where the page is served."""
        parts = urlsplit(self.entry()["url"])
        return f"{parts.scheme}://{parts.netloc}"

    def change(self, agent: str, files: dict[str, str]) -> None:
        """Write files in an agent's worktree, each at once, so that nobody finds it empty in between."""
        for name, content in files.items():
            path = self.tree_of(agent) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            part = self.folder / "part"
            part.write_text(content)
            part.replace(path)


def chromium() -> str | None:
    """Return the browser of this machine, None where there is none."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    return next((found for name in names if (found := shutil.which(name))), None)
