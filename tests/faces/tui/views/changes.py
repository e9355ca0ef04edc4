"""An agent's changes that a test makes up, and a daemon that answers with them."""

from constellagent.errors import ConstellagentError
from constellagent.faces.tui.deck import AgentId
from constellagent.runtime.diff_views import DiffRequest, DiffView, FileChange, FileStatus
from constellagent.runtime.settings import Settings
from tests.faces.fake_control import FakeControl, agent_view
from tests.faces.tui.fake_deck import FILE, FakeDeck, constellation

COMMIT = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"

PYTHON = '''\
diff --git a/src/signup.py b/src/signup.py
index 1111111..2222222 100644
--- a/src/signup.py
+++ b/src/signup.py
@@ -8,7 +8,8 @@ class Signup:
     """What a person typed."""
\x20
     def check(self) -> bool:
-        if "@" not in self.address:
+        # An address has one part on each side.
+        if self.address.count("@") != 1:
             return False
 \t\treturn True
\x20
@@ -40,3 +41,3 @@ def send(mail: Mail) -> None:
     log.info("sent")
-    return None
\\ No newline at end of file
+    return 42
\\ No newline at end of file
'''
MOVED = """\
diff --git a/docs/old.md b/docs/new.md
similarity index 60%
rename from docs/old.md
rename to docs/new.md
--- a/docs/old.md
+++ b/docs/new.md
@@ -1,2 +1,2 @@
-old words
+new words 日本語 and a line that is far too long to be seen whole in a narrow window, so it is cut somewhere
 kept
"""
BINARY = """\
diff --git a/logo.png b/logo.png
old mode 100644
new mode 100755
index 1111111..2222222
Binary files a/logo.png and b/logo.png differ
"""
NEW = """\
diff --git a/notes.txt b/notes.txt
new file mode 100644
--- /dev/null
+++ b/notes.txt
@@ -0,0 +1,2 @@
+one
+two
"""


def change(
    path: str,
    status: FileStatus = "modified",
    added: int | None = 1,
    removed: int | None = 0,
    old_path: str | None = None,
) -> FileChange:
    """Return a changed file."""
    return FileChange(
        path=path, old_path=old_path, status=status, added=added, removed=removed, old_mode="", mode=""
    )


FILES = [
    change("docs/new.md", "renamed", 1, 1, "docs/old.md"),
    change("logo.png", "modified", None, None),
    change("notes.txt", "untracked", 2, 0),
    change("src/signup.py", "modified", 3, 2),
]
PATCHES = {"docs/new.md": MOVED, "logo.png": BINARY, "notes.txt": NEW, "src/signup.py": PYTHON}


class Changed(FakeControl):
    """A daemon that answers with `files` and `patches`.

    Attributes:
        truncated: paths whose patch is cut off.
        faults: what is raised for a path, or for the list where the path is empty.
    """

    def __init__(self) -> None:
        super().__init__()
        self.files = list(FILES)
        self.patches = dict(PATCHES)
        self.truncated: set[str] = set()
        self.faults: dict[str, ConstellagentError] = {}
        self.compared: list[DiffRequest] = []

    async def diff(self, request: DiffRequest) -> DiffView:
        """Answer."""
        self.compared.append(request)
        path = request.get("path", "")
        if path in self.faults:
            raise self.faults[path]
        return DiffView(
            agent=request["agent"],
            against=request.get("against", "base"),
            to="worktree",
            commit=COMMIT,
            to_commit="",
            branch="agents/docs",
            ahead=2,
            behind=1,
            files=self.files,
            added=sum(one["added"] or 0 for one in self.files),
            removed=sum(one["removed"] or 0 for one in self.files),
            patch=self.patches[path] if path else None,
            truncated=path in self.truncated,
        )


class ChangedDeck(FakeDeck):
    """A deck whose only agent is `docs`, with its changes."""

    control: Changed

    def __init__(self, theme: str = "dark") -> None:
        super().__init__(constellation(agent_view("docs")))
        self.control = Changed()
        self.settings = Settings.model_validate({"theme": theme})


DOCS = AgentId(FILE, "docs")
