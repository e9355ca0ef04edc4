"""What an agent's worktree can hold, looked at and changed through the API of a real daemon.

One test for each thing on which a viewer of differences breaks: very large, very many, no text, no file, not
there any more. A second client asks throughout in `steady`, to see that nobody waits for another's file.
"""

import base64
import os
import shutil
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.api.served import READER, Served, steady
from tests.e2e.place import commit, git_quietly
from tests.reliability.lab import git
from tests.reliability.seat import Memory

pytestmark = pytest.mark.timeout(180)
NAMES = [
    b"new\nline.txt",
    b"tab\t.txt",
    b"latin-\xe9.txt",
    b"</script><b>.txt",
    b"quo\"te'.txt",
    b" lead",
    b"-rf",
]


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """Give a place with an agent; each test brings its own files, and leaves those of others alone."""
    with Served(agents=0) as place:
        git(place.repo, "config", "core.autocrlf", "false")
        commit(
            place.repo,
            {"crlf.txt": "one\r\ntwo\r\n", "moved.txt": "1\n2\n3\n4\n5\n" * 9, "dir/in.txt": "x\n"},
        )
        place.agent(READER, more="")
        place.open()
        yield place
        git(place.repo, "fsck", "--no-dangling")


@pytest.fixture
def tree(served: Served) -> Path:
    """Give the agent's worktree as it was in the beginning."""
    tree = served.tree_of()
    git_quietly(tree, "rebase", "--abort")
    git(tree, "checkout", "-qf", "agents/docs")
    git(tree, "reset", "-q", "--hard", "main")
    git(tree, "clean", "-qffd", "-e", ".ravi")
    return tree


def listed(served: Served, **query: Any) -> dict[str, dict[str, Any]]:
    """Return the rows of the difference by path."""
    return {row["path"]: row for row in served.api.get("diff", **query)["files"]}


def daemon_memory(served: Served) -> Memory:
    """Begin to watch how much memory the daemon takes."""
    pid = served.daemon_pid()
    assert pid is not None
    return Memory(daemon=pid)


def test_c16_a_file_of_100_megabytes_is_named_and_not_sent(served: Served, tree: Path) -> None:
    """It is in the list, its content is said to be too large, and the daemon holds none of it."""
    watch = daemon_memory(served)
    with (tree / "huge.txt").open("wb") as file:
        for _ in range(100):
            file.write(b"0123456789abcde\n" * (1 << 16))
    with steady(served):
        row = listed(served)["huge.txt"]
        content = served.api.get("content", path="huge.txt")
        patch = served.api.get("diff", path="huge.txt")
    assert row["status"] == "untracked"
    assert (content["kind"], content["text"], content["size"]) == ("large", None, 100 << 20)
    assert len(patch["patch"] or "") < 10 << 20
    grown = watch.grown()["daemon"]
    print(f"the daemon grew by {grown:.1f} MB")
    assert grown < 60
    saved = {"path": "huge.txt", "text": "small", "version": content["version"]}
    assert served.api.ask("PUT", served.api.of("content"), saved).status in {200, 409, 422}


def test_c16_one_line_of_10_megabytes_and_a_million_lines(served: Served, tree: Path) -> None:
    """A file without line ends is too large as well; one just below the limit, of a million lines, is not."""
    (tree / "line.txt").write_bytes(b"x" * 10_000_000)
    (tree / "fits.txt").write_bytes(b"y" * 4_000_000)
    (tree / "lines.txt").write_bytes(b"x\n" * 1_000_000)
    with steady(served):
        assert served.api.get("content", path="line.txt")["kind"] == "large"
        fits = served.api.get("content", path="fits.txt")
        lines, patch = (served.api.get(what, path="lines.txt") for what in ("content", "diff"))
        assert {"line.txt", "fits.txt", "lines.txt"} <= set(listed(served))
    assert (fits["kind"], len(fits["text"])) == ("text", 4_000_000)
    assert (lines["kind"], lines["text"].count("\n")) == ("text", 1_000_000)
    assert patch["truncated"] or patch["patch"].count("\n+x") == 1_000_000


def test_c16_5000_changed_files(served: Served, tree: Path) -> None:
    """All of them or a list that says it is cut, in bounded time, while others are answered."""
    for number in range(5000):
        folder = tree / f"many-{number // 500}"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.txt").write_text(f"{number}\n")
    begin = time.monotonic()
    with steady(served):
        view = served.api.get("diff")
    print(f"{len(view['files'])} rows in {time.monotonic() - begin:.2f} s, truncated {view['truncated']}")
    assert len(view["files"]) == 5000 or view["truncated"]
    assert len(view["files"]) >= 1000
    git(tree, "add", "-A")
    staged = served.api.get("facts")
    assert staged["staged"] == 5000


def test_c16_a_symlink_is_its_text(served: Served, tree: Path) -> None:
    """It is never followed, neither to read nor to write, nor on the way to another file."""
    (tree / "passwd").symlink_to("/etc/passwd")
    (tree / "out").symlink_to("/etc")
    view = served.api.get("content", path="passwd")
    assert (view["kind"], view["text"], view["mode"]) == ("symlink", "/etc/passwd", "120000")
    for path in ("out/passwd", "out/../out/passwd", "../repo/constellation.yaml", "/etc/passwd"):
        answer = served.api.ask("GET", served.api.of("content"), path=path)
        assert answer.status in {404, 409, 422} or answer.json["kind"] == "absent", (path, answer.body)
        assert b"root:" not in answer.body
        saved = served.api.ask("PUT", served.api.of("content"), {"path": path, "text": "x", "version": ""})
        assert saved.status in {404, 409, 422}, (path, saved.body)
    body = {"path": "passwd", "text": "x", "version": view["version"]}
    assert served.api.ask("PUT", served.api.of("content"), body).status in {409, 422}
    assert (tree / "passwd").readlink() == Path("/etc/passwd")
    assert listed(served)["passwd"]["status"] == "untracked"


@pytest.mark.parametrize(
    "path",
    [".git", ".git/config", ".GIT/config", ".ravi/config.json", "dir/.git/x", "dir/../.git/config", ".git\0"],
)
def test_e7_what_is_gits_and_ravis_is_never_shown_or_written(served: Served, tree: Path, path: str) -> None:
    """Neither below them nor beside them, in no spelling."""
    answer = served.api.ask("GET", served.api.of("content"), path=path)
    assert answer.status in {404, 409, 422} or answer.json["kind"] == "absent", answer.body
    for method, body in (
        ("PUT", {"path": path, "text": "x", "version": ""}),
        ("DELETE", {"path": path, "version": ""}),
    ):
        assert served.api.ask(method, served.api.of("content"), body).status in {404, 409, 422}
    shown = served.api.get("files")["files"]
    assert not [one for one in shown if {".git", ".ravi"} & set(one.lower().split("/"))]


def test_c16_a_submodule_is_its_commit(served: Served, tree: Path) -> None:
    """Its content is the commit; its own files are none of this repository."""
    inner = served.folder / "inner"
    inner.mkdir()
    git(inner, "init", "-q", "-b", "main")
    git(inner, "config", "user.name", "Lab")
    git(inner, "config", "user.email", "lab@example.com")
    commit(inner, {"inside.txt": "x\n"})
    git(tree, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    head = git(inner, "rev-parse", "HEAD").strip()
    assert {"sub", ".gitmodules"} <= set(listed(served))
    for revision in ("index", "worktree"):
        view = served.api.get("content", path="sub", revision=revision)
        assert view["kind"] == "submodule"
        assert head in (view["text"] or view["commit"])
    assert served.api.get("content", path="sub/inside.txt", revision="index")["kind"] == "absent"
    assert served.api.ask("GET", served.api.of("content"), path="sub/.git").status in {404, 409, 422}
    assert not [path for path in served.api.get("files")["files"] if path.startswith("sub/")]


def test_c16_carriage_returns_stay(served: Served, tree: Path) -> None:
    """A file with CRLF comes with line feeds and keeps its own when it is saved."""
    view = served.api.get("content", path="crlf.txt")
    assert (view["eol"], view["text"]) == ("crlf", "one\ntwo\n")
    body = {"path": "crlf.txt", "text": "one\nnew\n", "version": view["version"], "eol": view["eol"]}
    saved = served.api.ask("PUT", served.api.of("content"), body, status=200).json
    assert (tree / "crlf.txt").read_bytes() == b"one\r\nnew\r\n"
    row = listed(served)["crlf.txt"]
    assert (row["added"], row["removed"]) == (1, 1)
    again = served.api.ask("PUT", served.api.of("content"), body)
    assert again.status == 409, "the file has changed since that version"
    assert served.api.get("content", path="crlf.txt")["version"] == saved["version"]


@pytest.mark.parametrize("name", NAMES)
def test_c16_a_name_is_what_its_bytes_are(served: Served, tree: Path, name: bytes) -> None:
    """Line ends, bytes that are no UTF-8, markup and options: listed, read, saved, staged and discarded."""
    path = os.fsencode(tree) + b"/" + name
    Path(os.fsdecode(path)).parent.mkdir(exist_ok=True)  # one of the names has a slash
    Path(os.fsdecode(path)).write_bytes(b"before </script>\n")
    told = os.fsdecode(name)
    assert told in listed(served)
    assert told in served.api.get("files")["files"]
    view = served.api.get("content", path=name)
    assert (view["path"], view["text"]) == (told, "before </script>\n")
    body = {"path": told, "text": "after\n", "version": view["version"]}
    assert served.api.ask("PUT", served.api.of("content"), body, status=200).json["path"] == told
    assert Path(os.fsdecode(path)).read_bytes() == b"after\n"
    served.api.post("stage", {"paths": [told]})
    assert served.api.get("facts")["staged"] == 1
    served.api.post("unstage", {"paths": [told]})
    rescue = served.api.post("discard", {"paths": [told]})["rescue"]
    assert not Path(os.fsdecode(path)).exists()
    assert git(tree, "rev-parse", "--verify", rescue)


def test_c16_markup_in_a_file_is_no_markup_in_the_answer(served: Served, tree: Path) -> None:
    """What a file holds is JSON in the answer, typed as such, and never a page of this origin."""
    (tree / "page.html").write_text("<script>alert(1)</script>")
    answer = served.api.ask("GET", served.api.of("content"), path="page.html", status=200)
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json["text"] == "<script>alert(1)</script>"


def test_c16_bytes_that_are_no_text(served: Served, tree: Path) -> None:
    """Binary files and images are told from text, and another encoding is kept."""
    (tree / "a.bin").write_bytes(bytes(range(256)) * 8)
    picture = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
    )
    (tree / "a.png").write_bytes(picture)
    (tree / "latin.txt").write_bytes("caf\xe9\n".encode("latin-1"))
    assert served.api.get("content", path="a.bin")["kind"] == "binary"
    image = served.api.get("content", path="a.png")
    assert (image["kind"], image["media"]) == ("image", "image/png")
    assert base64.b64decode(image["data"]) == picture
    latin = served.api.get("content", path="latin.txt")
    if latin["kind"] == "text":
        body = {"path": "latin.txt", "text": latin["text"] + "th\xe9\n", "version": latin["version"]}
        served.api.ask("PUT", served.api.of("content"), {**body, "encoding": latin["encoding"]}, status=200)
        assert (tree / "latin.txt").read_bytes() == b"caf\xe9\nth\xe9\n"


@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "folder"])
def test_c16_what_is_no_file_keeps_nobody_waiting(served: Served, tree: Path, kind: str) -> None:
    """A pipe to which nobody writes, a socket, an endless device: said to be no file, at once."""
    thing = tree / kind
    with socket.socket(socket.AF_UNIX) as door:
        match kind:
            case "pipe":
                os.mkfifo(thing)
            case "socket":
                door.bind(str(thing))
            case "device":
                try:
                    os.mknod(thing, 0o20600, os.makedev(1, 5))
                except PermissionError:
                    pytest.skip("only root makes devices")
            case _:
                thing.mkdir()
        begin = time.monotonic()
        with steady(served):
            answer = served.api.ask("GET", served.api.of("content"), path=kind)
            served.api.get("diff")
            served.api.get("files")
            served.api.get("facts")
            assert answer.status in {404, 409, 422} or answer.json["kind"] in {"absent", "binary"}, (
                answer.body
            )
            saved = served.api.ask(
                "PUT", served.api.of("content"), {"path": kind, "text": "x", "version": ""}
            )
            assert saved.status in {409, 422}
        assert time.monotonic() - begin < 30
        thing.rmdir() if kind == "folder" else thing.unlink()


def test_c12_a_sparse_tree_is_not_a_deletion(served: Served, tree: Path) -> None:
    """Files that are left out of the checkout are not deleted ones."""
    git(tree, "sparse-checkout", "set", "--no-cone", "/*", "!/dir/")
    try:
        assert not (tree / "dir").exists()
        assert "dir/in.txt" not in listed(served)
        assert served.api.get("facts")["unstaged"] == 0
        assert served.api.get("content", path="dir/in.txt", revision="HEAD")["text"] == "x\n"
        assert served.api.ask("GET", served.api.of("content"), path="dir/in.txt").status in {200, 404}
    finally:
        git(tree, "sparse-checkout", "disable")


def test_c10_a_pointer_to_a_large_file_is_the_pointer(served: Served, tree: Path) -> None:
    """Where the large file itself is elsewhere, what is in the tree is shown, and no filter runs."""
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'a' * 64}\nsize 123456789\n"
    (tree / ".gitattributes").write_text("*.dat filter=lfs diff=lfs merge=lfs -text\n")
    (tree / "big.dat").write_text(pointer)
    ran = served.folder / "ran"
    git(tree, "config", "filter.lfs.smudge", f"touch {ran}; cat")
    git(tree, "config", "filter.lfs.clean", f"touch {ran}; cat")
    try:
        assert served.api.get("content", path="big.dat")["text"] == pointer
        assert "big.dat" in listed(served)
        assert served.api.get("diff", path="big.dat")["files"]
    finally:
        git(tree, "config", "--remove-section", "filter.lfs")
    assert not ran.exists()


def test_c9_a_branch_without_a_commit(served: Served, tree: Path) -> None:
    """With nothing committed on it, the files on disk are still shown, and nothing is a server error."""
    git(tree, "checkout", "-q", "--orphan", "empty")
    try:
        for part in ("facts", "diff", "files", "commits", "merge"):
            assert served.api.ask("GET", served.api.of(part)).status in {200, 404, 409, 422}, part
        assert served.api.get("content", path="file-1.txt")["kind"] == "text"
    finally:
        git(tree, "checkout", "-qf", "agents/docs")


def test_c9_a_head_on_no_branch(served: Served, tree: Path) -> None:
    """A detached HEAD is looked at as any other; a merge of the branch says what it is about."""
    git(tree, "checkout", "-q", "--detach")
    (tree / "file-1.txt").write_text("changed\n")
    assert set(listed(served)) == {"file-1.txt"}
    assert served.api.get("facts")["head"] == git(tree, "rev-parse", "HEAD").strip()
    for part in ("commits", "merge", "files"):
        assert served.api.ask("GET", served.api.of(part)).status in {200, 409}, part


def test_a_rebase_that_stopped(served: Served, tree: Path) -> None:
    """While it goes on it is said so, conflicts are counted, and nothing merges or is lost."""
    before = git(served.repo, "rev-parse", "main").strip()
    (tree / "file-2.txt").write_text("ours\n")
    git(tree, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "ours")
    git(tree, "branch", "-qf", "other", "main")
    git(tree, "checkout", "-q", "other")
    (tree / "file-2.txt").write_text("theirs\n")
    git(tree, "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qam", "theirs")
    git(tree, "checkout", "-q", "agents/docs")
    git_quietly(tree, "-c", "user.name=x", "-c", "user.email=x@x", "rebase", "other")
    facts = served.api.get("facts")
    assert (facts["operation"], facts["conflicted"]) == ("rebase", 1)
    assert "file-2.txt" in listed(served)
    text = served.api.get("content", path="file-2.txt")["text"]
    assert "<<<<<<<" in text
    assert ">>>>>>>" in text
    assert served.api.ask("POST", served.api.of("merge"), {"method": "merge"}).status == 409
    assert git(served.repo, "rev-parse", "main").strip() == before
    assert (tree / "file-2.txt").read_text() == text


def test_a_worktree_that_goes_away_and_comes_back(served: Served, tree: Path) -> None:
    """Not there is an error in words for what needs it, and no empty answer; back again, all is as before."""
    (tree / "file-1.txt").write_text("changed\n")
    away = served.folder / "elsewhere"
    tree.rename(away)  # beside the other worktrees it would be found
    try:
        for part in ("diff", "files", "facts", "content?path=file-1.txt"):
            answer = served.api.ask("GET", served.api.of(part))
            assert answer.status == 409, (part, answer.body)
            assert "has no worktree" in answer.json["detail"]
        body = {"path": "file-1.txt", "text": "x", "version": ""}
        assert served.api.ask("PUT", served.api.of("content"), body).status == 409
        assert not tree.exists(), "what is gone was made anew"
    finally:
        shutil.rmtree(tree, ignore_errors=True)
        away.rename(tree)
    assert set(listed(served)) == {"file-1.txt"}


def test_nothing_of_all_this_was_a_defect(served: Served) -> None:
    """The daemon's log has no traceback, and its state is what it was."""
    assert "Traceback" not in served.daemon_log()
    assert served.view()["session"]["live"]
