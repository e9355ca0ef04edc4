"""Files that git does not know: their lines, and a patch that git itself takes."""

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.runtime.diffs import untracked
from constellagent.runtime.diffs.untracked import Counted
from tests.runtime.worktrees.rig import git

_MOST = 1 << 20


@pytest.mark.parametrize(
    ("data", "lines"), [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"a\0b\n", None)]
)
def test_lines_are_counted_as_git_does(tmp_path: Path, data: bytes, lines: int | None) -> None:
    """A last line without an end counts; a binary file has no lines."""
    (tmp_path / "x").write_bytes(data)

    assert untracked.count(tmp_path, ["x"]) == Counted([("x", "100644", lines)], whole=True)


def test_c16_a_folder_that_became_a_link_is_not_followed(tmp_path: Path) -> None:
    """After git has listed a path, an agent may put a link in the place of its folder: it leads nowhere."""
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    for folder in (tree, outside):
        folder.mkdir()
    (outside / "key").write_text("secret\n")
    (tree / "folder").symlink_to(outside)

    assert untracked.patch(tree, "folder/key", _MOST) == (b"", False)
    assert untracked.count(tree, ["folder/key"]).rows[0][2] is None


def test_what_cannot_be_read_has_no_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Repositories, pipes, files that are gone, and files that are too large have a mode at most."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 11)
    monkeypatch.setattr(untracked, "LARGEST", 10)

    found = untracked.count(tmp_path, ["folder/", "pipe", "large", "gone"])

    assert found == Counted(
        [("folder/", "160000", None), ("pipe", "", None), ("large", "100644", None), ("gone", "", None)],
        whole=True,
    )
    assert untracked.patch(tmp_path, "folder/", _MOST) == (b"", False)


def test_c16_a_link_is_not_followed(tmp_path: Path) -> None:
    """A link counts as one line, and its patch holds where it leads, not what is there."""
    (tmp_path / "secret").write_text("1\n2\n3\n")
    (tmp_path / "link").symlink_to(tmp_path / "secret")

    assert untracked.count(tmp_path, ["link"]) == Counted([("link", "120000", 1)], whole=True)
    text = untracked.patch(tmp_path, "link", _MOST)[0].decode()
    assert "new file mode 120000" in text
    assert text.splitlines()[-2:] == [f"+{tmp_path}/secret", "\\ No newline at end of file"]


def test_counting_ends_somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After so many bytes no further file is read, which is said."""
    for name in "abc":
        (tmp_path / name).write_text("12345\n")
    monkeypatch.setattr(untracked, "MOST_READ", 7)

    (tmp_path / "d").symlink_to("a")
    (tmp_path / "e").write_text("")
    (tmp_path / "e").chmod(0o755)

    assert untracked.count(tmp_path, "abcde") == Counted(
        [
            ("a", "100644", 1),
            ("b", "100644", 1),
            ("c", "100644", None),
            ("d", "120000", None),
            ("e", "100755", None),
        ],
        whole=False,
    )


def test_a_long_patch_is_cut_at_a_line(tmp_path: Path) -> None:
    """A patch that would be too long ends with a whole line and says so; a single long line is left out."""
    (tmp_path / "x").write_text("12345\n" * 10)
    text, cut = untracked.patch(tmp_path, "x", 20)

    assert cut
    assert text.endswith(b"@@ -0,0 +1,3 @@\n+12345\n+12345\n+12345\n")
    (tmp_path / "x").write_text("1" * 100)
    assert untracked.patch(tmp_path, "x", 20) == (
        b"diff --git a/x b/x\nnew file mode 100644\n",
        True,
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(
    data=st.binary(max_size=40).map(lambda data: data.replace(b"\0", b"")),
    name=st.binary(min_size=1, max_size=12).filter(lambda name: not set(name) & {0, 47}),
    mode=st.sampled_from([0o644, 0o755]),
)
def test_git_applies_the_patch(tmp_path: Path, data: bytes, name: bytes, mode: int) -> None:
    """Whatever bytes a file and its name have, `git apply` makes the same file of the patch."""
    if name.lower() in {b".", b"..", b".git"}:
        return
    folder = tmp_path / os.urandom(8).hex()
    (folder / "out").mkdir(parents=True)
    git(folder / "out", "init", "-q")
    file = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    try:
        file.write_bytes(data)
    except OSError:
        return
    file.chmod(mode)

    text, _ = untracked.patch(folder, file.name, _MOST)
    subprocess.run(["git", "apply"], input=text, cwd=folder / "out", check=True, capture_output=True)

    made = folder / "out" / file.name
    assert made.read_bytes() == data
    assert (made.stat().st_mode & 0o100) == (mode & 0o100)
