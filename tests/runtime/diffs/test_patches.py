"""The patch of chosen files: what git would write, bounded, and taken by `git apply`."""

import subprocess
from pathlib import Path

import pytest

from constellagent.runtime.diffs import listing, patches
from constellagent.runtime.git import Git
from tests.runtime.worktrees.rig import commit, contents
from tests.runtime.worktrees.rig import git as by_hand


async def patch(git: Git, repo: Path, *, context: int = 3, ignore_space: bool = False) -> tuple[str, bool]:
    """Return the patch of everything that differs from HEAD."""
    files = (await listing.changed(git, repo, "HEAD", ignore_space=ignore_space)).files
    return await patches.text(git, repo, "HEAD", files, context=context, ignore_space=ignore_space)


async def test_a_modified_file(git: Git, repo: Path) -> None:
    """The patch is git's own, with as much context as was asked for."""
    (repo / "a.txt").write_text((repo / "a.txt").read_text().replace("line 10\n", "ten\n"))

    text, cut = await patch(git, repo, context=1)

    assert not cut
    assert text.endswith(
        "--- a/a.txt\n+++ b/a.txt\n@@ -9,3 +9,3 @@ line 8\n line 9\n-line 10\n+ten\n line 11\n"
    )


async def test_git_applies_all_of_it(git: Git, repo: Path, tmp_path: Path) -> None:
    """Every kind of change put together makes the same files again in another checkout."""
    commit(repo, {"gone": "x\n", "run.sh": "echo\n", "kind": "text\n", "odd 'name\"": "1\n", "latin": "1\n"})
    other = tmp_path / "other"
    by_hand(tmp_path, "clone", "-q", str(repo), str(other))
    (repo / "a.txt").write_text((repo / "a.txt").read_text().replace("line 10\n", "ten"))
    (repo / "gone").unlink()
    by_hand(repo, "mv", "b.py", "moved.py")
    (repo / "moved.py").write_text("one = 1\ntwo = 2\nthree = 3\n")
    (repo / "run.sh").chmod(0o755)
    (repo / "kind").unlink()
    (repo / "kind").symlink_to("a.txt")
    (repo / "odd 'name\"").write_text("2\n")
    (repo / "latin").write_bytes(b"\xe9t\xe9\n")
    (repo / "new file").write_text("1\n2")
    (repo / "empty").touch()

    text, cut = await patch(git, repo)
    data = text.encode("utf-8", "surrogateescape")
    done = subprocess.run(["git", "apply"], input=data, cwd=other, capture_output=True, check=False)

    assert not cut
    assert (done.returncode, done.stderr) == (0, b"")
    assert contents(other) == contents(repo)
    assert "rename from b.py" in text


async def test_a_users_configuration_changes_nothing(git: Git, repo: Path) -> None:
    """Prefixes, colours, drivers and an external diff leave the patch as it is, and no program runs."""
    (repo / "b.py").write_text("one = 1\n")
    plain = await patch(git, repo)
    (repo / ".git" / "info" / "attributes").write_text("*.py diff=spy\n")
    for key, value in (
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("color.ui", "always"),
        ("diff.wsErrorHighlight", "all"),
        ("diff.external", f"touch {repo}/ran"),
        ("diff.spy.command", f"touch {repo}/ran"),
        ("diff.spy.textconv", f"touch {repo}/ran"),
        ("diff.interHunkContext", "9"),
    ):
        by_hand(repo, "config", key, value)

    assert await patch(git, repo) == plain
    assert not (repo / "ran").exists()


async def test_white_space_can_be_ignored(git: Git, repo: Path) -> None:
    """Lines in which only white space differs are context then."""
    (repo / "b.py").write_text("one  = 1\ntwo = 3\n")

    text, _ = await patch(git, repo, ignore_space=True)

    assert "-two = 2\n+two = 3\n" in text
    assert "-one" not in text


async def test_c16_a_long_patch_is_cut_at_a_line(
    git: Git, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than is sent is cut at the end of a line, in one file or after several."""
    (repo / "a.txt").write_text("".join(f"other {number}\n" for number in range(100)))
    (repo / "new").write_text("1\n" * 100)
    whole, _ = await patch(git, repo)
    monkeypatch.setattr(patches, "MOST", 300)

    text, cut = await patch(git, repo)

    assert cut
    assert whole.startswith(text)
    assert 250 < len(text) <= 300
    assert text.endswith("\n")
    first = whole.index("diff --git a/new")
    monkeypatch.setattr(patches, "MOST", first)
    assert await patch(git, repo) == (whole[:first], True)


async def test_files_are_compared_in_small_groups(
    git: Git, repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is compared together, the patch is the same, in the order of the list."""
    names = ["x\ny", *(f"f{number}" for number in range(5))]
    commit(repo, dict.fromkeys(names, "1\n"))
    for name in names:
        (repo / name).write_text("2\n")
    (repo / "f2").unlink()
    whole = await patch(git, repo)
    monkeypatch.setattr(patches, "_TOGETHER", 4)

    assert await patch(git, repo) == whole
    assert whole[0].count("diff --git") == 6


async def test_c16_a_large_file_is_called_binary(git: Git, repo: Path) -> None:
    """A file above the bound is not compared line by line: it is named only."""
    (repo / "a.txt").write_text("x\n" * (9 << 20))

    text, cut = await patch(git, repo)

    assert not cut
    assert text.endswith("Binary files a/a.txt and b/a.txt differ\n")


async def test_between_the_index_and_commits(git: Git, repo: Path, tmp_path: Path) -> None:
    """What was committed, what is staged and what is not are three patches that git applies in turn."""
    first = by_hand(repo, "rev-parse", "HEAD")
    other = tmp_path / "other"
    by_hand(tmp_path, "clone", "-q", str(repo), str(other))
    commit(repo, {"c\nd": "1\n", "b.py": "one = 1\n"})
    head = by_hand(repo, "rev-parse", "HEAD")
    by_hand(repo, "mv", "b.py", "e.py")
    (repo / "a.txt").write_text("staged\n")
    by_hand(repo, "add", "a.txt")
    (repo / "a.txt").write_text("staged\nrest\n")
    (repo / "new").write_text("1\n")

    for old, new in ((first, head), (head, "index"), ("index", "worktree")):
        files = (await listing.changed(git, repo, old, new)).files
        text, cut = await patches.text(git, repo, old, files, new=new, context=3, ignore_space=False)
        assert not cut
        subprocess.run(["git", "apply"], input=text.encode(), cwd=other, check=True)

    assert contents(other) == contents(repo)


async def test_an_unmerged_file_has_a_plain_patch(git: Git, repo: Path) -> None:
    """Against HEAD and against the index it is what our side became, with the conflict's marks."""
    by_hand(repo, "checkout", "-q", "-b", "theirs")
    commit(repo, {"b.py": "theirs\n"})
    by_hand(repo, "checkout", "-q", "main")
    commit(repo, {"b.py": "ours\n"})
    by_hand(repo, "merge", "theirs", check=False)

    for old in ("HEAD", "index"):
        files = (await listing.changed(git, repo, old)).files
        text, _ = await patches.text(git, repo, old, files, context=3, ignore_space=False)
        assert "@@ -1 +1,5 @@\n+<<<<<<< HEAD\n ours\n+=======\n+theirs\n+>>>>>>> theirs\n" in text


async def test_both_sides_count_for_the_groups(git: Git, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sizes of what is compared are those of both sides, wherever these are."""
    first = by_hand(repo, "rev-parse", "HEAD")
    second = commit(repo, {"b.py": "x" * 100})
    (repo / "b.py").write_text("x" * 1000)
    files = (await listing.changed(git, repo, first, second)).files

    assert await patches._sizes(git, repo, first, second, files) == [116]
    assert await patches._sizes(git, repo, second, "worktree", files) == [1100]
    assert await patches._sizes(git, repo, "index", "worktree", files) == [1100]
