"""What a file is at each revision."""

import asyncio
import base64
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from constellagent.errors import GitError, UsageError
from constellagent.runtime.files.reading import version_of
from constellagent.runtime.review_views import LARGEST_TEXT
from tests.runtime.browsing.conftest import Ask
from tests.runtime.worktrees.rig import commit
from tests.runtime.worktrees.rig import git as by_hand

PIXEL = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


async def test_every_revision(tree: Path, ask: Ask) -> None:
    """The worktree, the index, HEAD, the base and a commit each have their own content."""
    base = by_hand(tree, "rev-parse", "HEAD")
    head = commit(tree, {"a.txt": "head\n"})
    (tree / "a.txt").write_text("index\n")
    by_hand(tree, "add", "a.txt")
    (tree / "a.txt").write_text("worktree\n")

    async def seen(**request: Any) -> tuple[str, str, str, bool]:
        view = await ask("content", path="a.txt", **request)
        return view["text"], view["revision"], view["commit"], view["editable"]

    assert await seen() == ("worktree\n", "worktree", "", True)
    assert await seen(revision="index") == ("index\n", "index", "", False)
    assert await seen(revision="HEAD") == ("head\n", "HEAD", head, False)
    assert await seen(revision="base") == ("one\ntwo\n", "base", base, False)
    assert await seen(revision=base[:9]) == ("one\ntwo\n", base[:9], base, False)


async def test_all_that_is_said_of_a_file(tree: Path, ask: Ask) -> None:
    """Mode, size, encoding and line ends are said; the version is equal wherever the file is."""
    (tree / "run.bat").write_bytes(b"caf\xe9\r\n")
    (tree / "run.bat").chmod(0o755)
    by_hand(tree, "add", "run.bat")

    views = [await ask("content", path="run.bat", revision=one) for one in ("worktree", "index")]

    for view in views:
        assert view == {
            "path": "run.bat",
            "revision": view["revision"],
            "commit": "",
            "kind": "text",
            "mode": "100755",
            "size": 6,
            "version": version_of("100755", b"caf\xe9\r\n"),
            "text": "café\n",
            "encoding": "latin-1",
            "eol": "crlf",
            "data": None,
            "media": "",
            "editable": view["revision"] == "worktree",
        }


@pytest.mark.parametrize(
    ("content", "kind", "media"),
    [
        (b"", "text", ""),
        (b"\xff\xfea\0", "text", ""),
        (b"\0\1", "binary", ""),
        (PIXEL, "image", "image/png"),
        (b"<b/>", "text", ""),
        (b"<svg ></svg>\n", "text", "image/svg+xml"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "text", ""),
    ],
)
async def test_the_kinds(tree: Path, ask: Ask, content: bytes, kind: str, media: str) -> None:
    """Text, images, drawings, pointers and binary files are told apart, on disk and in a commit alike."""
    (tree / "x").write_bytes(content)
    by_hand(tree, "add", "x")
    by_hand(tree, "commit", "-q", "-m", "x")

    for revision in ("worktree", "index", "HEAD"):
        view = await ask("content", path="x", revision=revision)
        assert (view["kind"], view["media"], view["size"]) == (kind, media, len(content))
        assert (view["text"] is None) == (kind != "text")
        assert view["data"] == (base64.b64encode(content).decode() if media else None)
        assert view["editable"] == (kind == "text" and revision == "worktree")


async def test_a_link_is_not_followed(tree: Path, ask: Ask, tmp_path: Path) -> None:
    """Its text is where it points, which may be anywhere; what is behind a linked folder is not there."""
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "key").write_text("secret\n")
    (tree / "link").symlink_to(tmp_path / "secret" / "key")
    (tree / "folder").symlink_to(tmp_path / "secret")
    by_hand(tree, "add", "link")

    for revision in ("worktree", "index"):
        view = await ask("content", path="link", revision=revision)
        assert (view["kind"], view["mode"], view["editable"]) == ("symlink", "120000", False)
        assert view["text"] == str(tmp_path / "secret" / "key")
    behind = await ask("content", path="folder/key")
    assert (behind["kind"], behind["text"]) == ("absent", None)


@pytest.mark.parametrize("revision", ["worktree", "index", "HEAD"])
async def test_what_is_not_there(ask: Ask, revision: str) -> None:
    """A path without a file, and a folder, are absent; a file can be made where nothing is."""
    view = await ask("content", path="none/x", revision=revision)
    assert (view["kind"], view["version"], view["text"]) == ("absent", "", None)
    assert view["editable"] == (revision == "worktree")
    folder = await ask("content", path="sub", revision=revision)
    assert (folder["kind"], folder["editable"]) == ("absent", False)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "..",
        "../repo/a.txt",
        "sub/../a.txt",
        "/etc/passwd",
        ".git",
        ".git/config",
        ".GIT/config",
        "sub/.git/config",
        "git~1/config",
        ".g\u200cit/config",
        "..\\..\\.git\\config",
        ".ravi/config.json",
        ".Ravi/config.json",
        "sub/.ravi",
        "a\0.txt",
        "sub//b.py",
        "./a.txt",
        "\ud800",
    ],
)
@pytest.mark.parametrize("revision", ["worktree", "index", "HEAD"])
async def test_what_is_never_answered(ask: Ask, path: str, revision: str) -> None:
    """What leads out of the worktree, into git's folder or to the identity is refused at every revision."""
    with pytest.raises(UsageError):
        await ask("content", path=path, revision=revision)


@pytest.mark.parametrize(
    "path", ["%2e%2e/a.txt", "%252e%252e/a.txt", "a\\b", "*.txt", ":(top)a.txt", ":/a.txt"]
)
@pytest.mark.parametrize("revision", ["worktree", "index", "HEAD"])
async def test_names_are_taken_literally(ask: Ask, path: str, revision: str) -> None:
    """What would be a pattern or an escape elsewhere is the name of a file that is not there."""
    assert (await ask("content", path=path, revision=revision))["kind"] == "absent"


@pytest.mark.parametrize("name", [b"*", b":(top)x", b"-x", b"new\nline", b"caf\xe9", b'quo"te', b"[a]", b" "])
async def test_odd_names(tree: Path, ask: Ask, name: bytes) -> None:
    """A file of any name is found at every revision."""
    path = os.fsdecode(name)
    try:
        (tree / path).write_text("odd\n")
    except OSError:
        pytest.skip("this file system has no such names")
    by_hand(tree, "add", "-A")
    by_hand(tree, "commit", "-q", "-m", "odd")

    for revision in ("worktree", "index", "HEAD"):
        assert (await ask("content", path=path, revision=revision))["text"] == "odd\n"


@pytest.mark.parametrize("line", [b"x" * (10 << 20), b"123456789\n" * (1 << 20)], ids=["one", "many"])
async def test_a_large_file_is_not_sent(tree: Path, ask: Ask, line: bytes) -> None:
    """A line of ten megabytes, or a million lines, are only described, on disk and in git."""
    (tree / "x").write_bytes(line)
    by_hand(tree, "add", "x")

    for revision in ("worktree", "index"):
        view = await ask("content", path="x", revision=revision)
        assert (view["kind"], view["size"], view["text"], view["data"]) == ("large", len(line), None, None)
        assert view["version"]
        assert not view["editable"]


async def test_a_file_that_just_fits(tree: Path, ask: Ask) -> None:
    """Up to the bound a file is sent whole."""
    (tree / "x").write_bytes(b"x" * LARGEST_TEXT)

    assert len((await ask("content", path="x"))["text"]) == LARGEST_TEXT


async def test_submodules(tree: Path, ask: Ask) -> None:
    """A submodule is its commit: what is checked out, what is staged, what was committed."""
    (tree / "inner").mkdir()
    by_hand(tree / "inner", "init", "-q")
    first = commit(tree / "inner", {"x": "1\n"})
    by_hand(tree, "add", "inner")
    by_hand(tree, "commit", "-q", "-m", "submodule")
    second = commit(tree / "inner", {"x": "2\n"})
    by_hand(tree, "add", "inner")
    third = commit(tree / "inner", {"x": "3\n"})

    for revision, inside in (("HEAD", first), ("index", second), ("worktree", third)):
        view = await ask("content", path="inner", revision=revision)
        assert (view["kind"], view["mode"], view["text"]) == ("submodule", "160000", inside)
        assert not view["editable"]
    assert (await ask("content", path="inner/x", revision="HEAD"))["kind"] == "absent"


async def test_a_submodule_that_is_not_checked_out(tree: Path, ask: Ask) -> None:
    """The empty folder of a submodule stands for the commit that is staged, not for the worktree's own."""
    other = "1" * 40
    by_hand(tree, "update-index", "--add", "--cacheinfo", f"160000,{other},inner")
    (tree / "inner").mkdir()

    view = await ask("content", path="inner")

    assert (view["kind"], view["text"]) == ("submodule", other)


async def test_somebodys_repository(tree: Path, ask: Ask) -> None:
    """A repository that nobody added is its commit too, by the name that the list of changes has for it."""
    (tree / "inner").mkdir()
    by_hand(tree / "inner", "init", "-q")
    assert (await ask("content", path="inner/"))["kind"] == "absent"
    made = commit(tree / "inner", {"x": "1\n"})

    view = await ask("content", path="inner/")

    assert (view["path"], view["kind"], view["text"]) == ("inner/", "submodule", made)


async def test_unmerged_files(tree: Path, ask: Ask) -> None:
    """In the worktree a conflict has its marks; in the index it is what our side has, if it has the file."""
    by_hand(tree, "checkout", "-q", "-b", "theirs")
    commit(tree, {"a.txt": "theirs\n", "sub/b.py": "theirs\n"})
    by_hand(tree, "checkout", "-q", "agents/worker")
    commit(tree, {"a.txt": "ours\n"})
    by_hand(tree, "rm", "-q", "sub/b.py")
    by_hand(tree, "commit", "-q", "-m", "without")
    by_hand(tree, "merge", "theirs", check=False)

    assert (await ask("content", path="a.txt"))["text"].startswith("<<<<<<< HEAD\nours\n")
    assert (await ask("content", path="a.txt", revision="index"))["text"] == "ours\n"
    assert (await ask("content", path="sub/b.py", revision="index"))["kind"] == "absent"


async def test_a_branch_without_a_commit(tree: Path, ask: Ask) -> None:
    """At HEAD of a branch that has none yet nothing is there."""
    by_hand(tree, "checkout", "-q", "--orphan", "alone")

    assert (await ask("content", path="a.txt", revision="HEAD"))["kind"] == "absent"


async def test_what_is_no_file_of_gits(tree: Path, ask: Ask) -> None:
    """A socket or a pipe is nobody's text, and is not waited for."""
    os.mkfifo(tree / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tree / "socket"))
        async with asyncio.timeout(30):
            views = [await ask("content", path=name) for name in ("pipe", "socket")]

    assert [(view["kind"], view["editable"]) for view in views] == [("binary", False)] * 2


async def test_git_that_fails_is_no_absent_file(tree: Path, ask: Ask) -> None:
    """A content that git has lost is an error, not an empty answer."""
    commit(tree, {"x": "lost\n"})
    blob = by_hand(tree, "rev-parse", "HEAD:x")
    common = Path(by_hand(tree, "rev-parse", "--path-format=absolute", "--git-common-dir"))
    (common / "objects" / blob[:2] / blob[2:]).unlink()

    for revision in ("HEAD", "index"):
        with pytest.raises(GitError):
            await ask("content", path="x", revision=revision)
