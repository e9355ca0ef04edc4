"""Which files differ: every kind of change, odd names, and what is never shown."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.diff_views import FileChange
from constellagent.runtime.diffs import listing
from constellagent.runtime.git import Git
from tests.runtime.worktrees.rig import commit, contents
from tests.runtime.worktrees.rig import git as by_hand


async def listed(
    git: Git, repo: Path, against: str = "HEAD", to: str = "worktree", **options: bool
) -> dict[str, FileChange]:
    """Return the changes by path."""
    found = await listing.changed(git, repo, against, to, **options)
    assert not found.truncated
    return {change["path"]: change for change in found.files}


async def test_nothing_changed(git: Git, repo: Path) -> None:
    """A worktree like its commit has no changes."""
    found = await listing.changed(git, repo, "HEAD")

    assert found == listing.Listing([], 0, 0, truncated=False)


async def test_every_kind_of_change(git: Git, repo: Path) -> None:
    """Staged or not, added, deleted, renamed, executable, another type, untracked: each is one row."""
    commit(repo, {"gone.txt": "x\n", "run.sh": "echo\n", "kind": "text\n", "bin": "\0\1"})
    (repo / "a.txt").write_text((repo / "a.txt").read_text() + "staged\n")
    by_hand(repo, "add", "a.txt")
    (repo / "a.txt").write_text((repo / "a.txt").read_text().replace("line 3\n", ""))
    (repo / "gone.txt").unlink()
    by_hand(repo, "mv", "b.py", "c.py")
    (repo / "run.sh").chmod(0o755)
    (repo / "kind").unlink()
    (repo / "kind").symlink_to("a.txt")
    (repo / "bin").write_bytes(b"\0\2")
    (repo / "staged").write_text("new\n")
    by_hand(repo, "add", "staged")
    (repo / "new").write_text("1\n2\n3")
    (repo / "out.log").write_text("ignored\n")

    found = await listed(git, repo)

    rows = {path: (c["status"], c["old_path"], c["added"], c["removed"]) for path, c in found.items()}
    modes = {path: (c["old_mode"], c["mode"]) for path, c in found.items() if c["old_mode"] != c["mode"]}
    assert modes == {
        "gone.txt": ("100644", ""),
        "run.sh": ("100644", "100755"),
        "kind": ("100644", "120000"),
        "staged": ("", "100644"),
        "new": ("", "100644"),
    }
    assert rows == {
        "a.txt": ("modified", None, 1, 1),
        "gone.txt": ("deleted", None, 0, 1),
        "c.py": ("renamed", "b.py", 0, 0),
        "run.sh": ("modified", None, 0, 0),
        "kind": ("type", None, 1, 1),
        "bin": ("modified", None, None, None),
        "staged": ("added", None, 1, 0),
        "new": ("untracked", None, 3, 0),
    }
    assert list(found) == sorted(found)


async def test_totals(git: Git, repo: Path) -> None:
    """The totals are those of all files, binary ones count nothing."""
    (repo / "b.py").write_text("one = 1\n2\n3\n")
    (repo / "new").write_text("1\n2\n")
    (repo / "bin").write_bytes(b"\0")

    found = await listing.changed(git, repo, "HEAD")

    assert (found.added, found.removed) == (4, 1)


async def test_an_unmerged_file_is_said_to_be_so(git: Git, repo: Path) -> None:
    """A file with conflicts is one row, unmerged, also where our side deleted it."""
    for side, text in (("theirs", "two = 22\n"), ("main", "two = 222\n")):
        by_hand(repo, "checkout", "-q", *(["-b", "theirs"] if side == "theirs" else ["main"]))
        commit(repo, {"b.py": text})
    by_hand(repo, "rm", "-q", "a.txt")
    by_hand(repo, "commit", "-q", "-m", "without")
    by_hand(repo, "checkout", "-q", "theirs")
    commit(repo, {"a.txt": "theirs\n"})
    by_hand(repo, "checkout", "-q", "main")
    by_hand(repo, "merge", "theirs", check=False)

    found = await listed(git, repo)

    assert {path: change["status"] for path, change in found.items()} == {
        "a.txt": "unmerged",
        "b.py": "unmerged",
    }


async def test_an_unmerged_file_on_every_side(git: Git, repo: Path) -> None:
    """It is one unmerged row against HEAD, in the index and against it, where our version is its old side."""
    by_hand(repo, "checkout", "-q", "-b", "theirs")
    commit(repo, {"b.py": "theirs\n"})
    by_hand(repo, "checkout", "-q", "main")
    commit(repo, {"b.py": "ours\n"})
    by_hand(repo, "merge", "theirs", check=False)

    for against, to, counts in (
        ("HEAD", "worktree", (4, 0)),
        ("index", "worktree", (4, 0)),
        ("HEAD", "index", (0, 0)),
    ):
        [change] = (await listed(git, repo, against, to)).values()
        assert (change["status"], change["added"], change["removed"]) == ("unmerged", *counts)
        assert change["old_mode"] == "100644"


async def test_staged_and_committed(git: Git, repo: Path) -> None:
    """In the index and in commits nothing untracked counts, and renames are found there too."""
    first = by_hand(repo, "rev-parse", "HEAD")
    by_hand(repo, "mv", "b.py", "c.py")
    (repo / "new").write_text("1\n")

    staged = await listed(git, repo, "HEAD", "index")
    unstaged = await listed(git, repo, "index")
    by_hand(repo, "commit", "-q", "-m", "moved")
    committed = await listed(git, repo, first, by_hand(repo, "rev-parse", "HEAD"))

    assert staged == committed
    assert [(c["path"], c["old_path"], c["status"]) for c in staged.values()] == [("c.py", "b.py", "renamed")]
    assert set(unstaged) == {"new"}


async def test_a_sparse_checkout(git: Git, repo: Path) -> None:
    """What a sparse checkout leaves out is not deleted."""
    commit(repo, {"in/x": "1\n", "out/y": "1\n"})
    by_hand(repo, "sparse-checkout", "set", "in")
    assert not (repo / "out").exists()

    (repo / "in" / "x").write_text("2\n")

    assert set(await listed(git, repo)) == {"in/x"}


async def test_an_unmerged_file_that_is_gone_is_one_row(git: Git, repo: Path) -> None:
    """Git names such a file as unmerged and as deleted; it is one change."""
    by_hand(repo, "checkout", "-q", "-b", "theirs")
    commit(repo, {"b.py": "theirs\n"})
    by_hand(repo, "checkout", "-q", "main")
    commit(repo, {"b.py": "ours\n"})
    by_hand(repo, "merge", "theirs", check=False)
    (repo / "b.py").unlink()

    found = await listing.changed(git, repo, "HEAD")

    assert [(change["path"], change["status"]) for change in found.files] == [("b.py", "unmerged")]


@pytest.mark.parametrize(
    "name",
    [b'quo"te', b"new\nline", b"tab\tbed", b"back\\slash", b"latin-\xe9", b" lead", b"-option", b":(top)x"],
)
async def test_c16_odd_names(git: Git, repo: Path, name: bytes) -> None:
    """Names with quotes, line breaks or bytes that are no text come whole, tracked or not."""
    file = Path(os.fsdecode(os.fsencode(repo) + b"/" + name))
    try:
        file.write_text("1\n")
    except OSError:
        pytest.skip("this file system has no such names")
    assert (await listed(git, repo))[os.fsdecode(name)]["status"] == "untracked"

    by_hand(repo, "add", "-A")
    found = await listed(git, repo)

    assert found[os.fsdecode(name)] == FileChange(
        path=os.fsdecode(name), old_path=None, status="added", added=1, removed=0, old_mode="", mode="100644"
    )


async def test_an_identity_is_never_shown(git: Git, repo: Path) -> None:
    """`.ravi` is left out: tracked or not, anywhere, in any spelling, as folder or file."""
    commit(repo, {".ravi/config.json": "1\n", "sub/.ravi": "1\n"})
    for name in (".ravi/config.json", "sub/.ravi", ".RAVI/x", "other/.ravi/key", "shown.ravi", ".ravioli/x"):
        (repo / name).parent.mkdir(exist_ok=True, parents=True)
        (repo / name).write_text("secret\n")

    assert set(await listed(git, repo)) == {"shown.ravi", ".ravioli/x"}


async def test_another_repository_inside_is_one_row(git: Git, repo: Path) -> None:
    """A repository that somebody made inside is named, and not looked into."""
    (repo / "inner").mkdir()
    by_hand(repo / "inner", "init", "-q")
    commit(repo / "inner", {"x": "1\n"})

    found = await listed(git, repo)

    assert found == {
        "inner/": FileChange(
            path="inner/",
            old_path=None,
            status="untracked",
            added=None,
            removed=0,
            old_mode="",
            mode="160000",
        )
    }


async def test_c16_a_submodule_differs_by_its_commit(git: Git, repo: Path, tmp_path: Path) -> None:
    """A submodule at another commit is a change; what is edited in it is not."""
    (repo / "inner").mkdir()
    by_hand(repo / "inner", "init", "-q")
    commit(repo / "inner", {"x": "1\n"})
    by_hand(repo, "add", "inner")
    by_hand(repo, "commit", "-q", "-m", "submodule")
    (repo / "inner" / "x").write_text("edited\n")
    assert await listed(git, repo) == {}

    commit(repo / "inner", {"x": "2\n"})

    assert (await listed(git, repo))["inner"]["status"] == "modified"


async def test_white_space_can_be_ignored(git: Git, repo: Path) -> None:
    """Files in which only white space differs are left out then, but not one whose mode changed."""
    commit(repo, {"run.sh": "echo\n"})
    (repo / "b.py").write_text("one  =  1\ntwo = 2\n")
    (repo / "run.sh").chmod(0o755)
    (repo / "a.txt").write_text("other\n")

    assert set(await listed(git, repo)) == {"a.txt", "b.py", "run.sh"}
    assert set(await listed(git, repo, ignore_space=True)) == {"a.txt", "run.sh"}


async def test_c16_a_long_list_is_cut(git: Git, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More files than are sent are counted, and the list says that it is cut; long names cut it sooner."""
    for number in range(6):
        (repo / f"new{number}").write_text("1\n")
    monkeypatch.setattr(listing, "MOST_FILES", 4)

    found = await listing.changed(git, repo, "HEAD")

    assert (len(found.files), found.added, found.truncated) == (4, 6, True)
    monkeypatch.setattr(listing, "MOST_NAMES", 9)
    assert len((await listing.changed(git, repo, "HEAD")).files) == 2


async def test_a_users_configuration_changes_nothing(git: Git, repo: Path) -> None:
    """Renames off, other prefixes, colours or an external diff of the repository change no list."""
    by_hand(repo, "mv", "b.py", "c.py")
    plain = await listed(git, repo)
    for key, value in (
        ("diff.renames", "false"),
        ("diff.noprefix", "true"),
        ("color.diff", "always"),
        ("diff.external", "false"),
        ("diff.relative", "true"),
        ("diff.orderFile", "/nonexistent"),
    ):
        by_hand(repo, "config", key, value)

    assert await listed(git, repo) == plain


async def test_a_touched_file_is_no_change(git: Git, repo: Path) -> None:
    """A file that was written with what it held is no change, text or binary."""
    commit(repo, {"bin": "\0\1", "other": "\0\1", "closed": "\0\1", "last": "\0\1"})
    for name in ("a.txt", "bin", "closed", "last", "other"):
        os.utime(repo / name, (1, 1))
    (repo / "other").write_bytes(b"\0\2")
    (repo / "closed").unlink()
    (repo / "closed").mkdir()
    (repo / "closed" / "x").write_text("1\n")

    assert set(await listed(git, repo)) == {"closed", "closed/x", "other"}


async def test_what_cannot_be_hashed_ends_nothing(git: Git, repo: Path) -> None:
    """A file that is gone when its content is asked for has no id; those after it have theirs."""
    ids = await listing._hashes(git, repo, ["gone", "a.txt", "away", "b.py", "lost"])

    blob = by_hand(repo, "rev-parse", "HEAD:a.txt")
    assert ids == ["", blob, "", by_hand(repo, "rev-parse", "HEAD:b.py"), ""]


async def test_what_is_no_small_file_is_not_hashed(
    git: Git, repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pipe is not waited for, a link not followed, and what is large not read."""
    outside = tmp_path / "outside"
    outside.write_text("1\n")
    (repo / "link").symlink_to(outside)
    os.mkfifo(repo / "pipe")
    (repo / "large").write_text("123456789\n")
    monkeypatch.setattr(listing, "_LARGEST_HASHED", 9)
    assert await listing._hashes(git, repo, ["link", "pipe", "large"]) == ["", "", ""]


@pytest.mark.parametrize("staged", [False, True])
async def test_only_the_mode_of_a_binary_file(git: Git, repo: Path, staged: bool) -> None:
    """No line of it differs; where its content differs too, it has no counts."""
    commit(repo, {"bin": "\0\1", "both": "\0\1"})
    (repo / "both").write_bytes(b"\0\2")
    for name in ("bin", "both"):
        (repo / name).chmod(0o755)
    if staged:
        by_hand(repo, "add", "-A")

    found = {path: (c["added"], c["mode"]) for path, c in (await listed(git, repo)).items()}

    assert found == {"bin": (0, "100755"), "both": (None, "100755")}


async def test_nothing_is_written(git: Git, repo: Path) -> None:
    """Looking leaves the index and every file as they are, also where git would like to refresh it."""
    os.utime(repo / "a.txt", (1, 1))
    (repo / "new").write_text("1\n")
    before = (contents(repo), (repo / ".git" / "index").stat().st_mtime_ns)

    await listing.changed(git, repo, "HEAD")

    assert (contents(repo), (repo / ".git" / "index").stat().st_mtime_ns) == before


_NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
_COUNT = st.none() | st.integers(0, 10**6)


@given(st.dictionaries(_NAMES, st.tuples(st.sampled_from("AMDT"), _COUNT, st.none() | _NAMES)))
def test_what_git_writes_is_read(rows: dict[str, tuple[str, int | None, str | None]]) -> None:
    """Any names and counts in git's form come back as they were."""
    raw, counts = list[str](), list[str]()
    for path, (letter, count, old) in rows.items():
        number = "-" if count is None else str(count)
        kind = "R090" if old else letter
        raw += [f":100644 100644 {'1' * 40} {'0' * 40} {kind}", *([old] if old else []), path]
        counts += [f"{number}\t{number}\t", old, path] if old else [f"{number}\t{number}\t{path}"]

    found = [change for change, _ in listing.parse_changes([*raw, *counts])]

    assert [(c["path"], c["added"], c["removed"], c["old_path"], c["mode"]) for c in found] == [
        (path, count, count, old, "100644") for path, (_, count, old) in rows.items()
    ]


async def test_line_ends_of_the_checkout_are_no_change(git: Git, repo: Path) -> None:
    """A worktree with CRLF by configuration is like its commit; one whose line ends were changed is not."""
    commit(repo, {".gitattributes": "*.dos text eol=crlf\n", "x.dos": "1\n2\n"})
    (repo / "x.dos").unlink()
    by_hand(repo, "checkout", "-q", "x.dos")
    assert (repo / "x.dos").read_bytes() == b"1\r\n2\r\n"
    os.utime(repo / "x.dos", (1, 1))
    (repo / "b.py").write_bytes(b"one = 1\r\ntwo = 2\r\n")

    found = await listed(git, repo)

    assert {path: (c["added"], c["removed"]) for path, c in found.items()} == {"b.py": (2, 2)}


async def test_pointers_of_large_files_are_text(git: Git, repo: Path) -> None:
    """Where the program that fetches large files is not set up, their pointers are compared like any text."""
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize 9\n"
    commit(
        repo, {".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "x.bin": pointer.format(1)}
    )
    (repo / "x.bin").write_text(pointer.format(2))

    change = (await listed(git, repo))["x.bin"]

    assert (change["added"], change["removed"]) == (1, 1)


async def test_five_thousand_files(git: Git, repo: Path) -> None:
    """So many changed files are listed whole."""
    for number in range(2_500):
        (repo / f"staged{number}").write_text("1\n")
    by_hand(repo, "add", "-A")
    for number in range(2_500):
        (repo / f"new{number}").write_text("1\n")

    found = await listing.changed(git, repo, "HEAD")

    assert (len(found.files), found.added, found.truncated) == (5_000, 5_000, False)
