"""Comments whose lines move in a real worktree."""

import os
from pathlib import Path

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.comments.requests import LONGEST_QUOTE
from tests.runtime.comments.conftest import FILES, Reviewing


async def test_a_comment_follows_its_lines(reviewing: Reviewing) -> None:
    """Lines above it come and go, and what is sent has the place of now."""
    await reviewing.add("app.py:5")
    app = reviewing.tree / "app.py"

    app.write_text("# new\n# new\n" + FILES["app.py"])
    (moved,) = await reviewing.all()
    sent = await reviewing.send()

    assert (moved["line"], moved["end_line"], moved["outdated"]) == (7, 7, False)
    assert "1. app.py:7\n" in sent["prompt"]


@pytest.mark.parametrize("gone", ["changed", "removed"])
async def test_lines_that_are_gone(reviewing: Reviewing, gone: str) -> None:
    """A comment whose lines or file are gone is outdated, and is sent with what the lines were."""
    await reviewing.add("app.py:5")
    app = reviewing.tree / "app.py"
    if gone == "changed":
        app.write_text(FILES["app.py"].replace("return 1", "return one"))
    else:
        app.unlink()

    (view,) = await reviewing.all()

    assert (view["line"], view["outdated"]) == (5, True)
    assert ">     return 1\n" in (await reviewing.send())["prompt"]


async def test_the_old_side_never_moves(reviewing: Reviewing) -> None:
    """A comment on what was before is not looked for in what is now."""
    await reviewing.add("app.py:5", side="old", quote="    return 1")
    (reviewing.tree / "app.py").write_text("x\n" + FILES["app.py"])
    (view,) = await reviewing.all()
    assert (view["line"], view["outdated"]) == (5, False)


@pytest.mark.parametrize("content", [b"\0binary", b"x" * (6 << 20)], ids=["binary", "large"])
async def test_what_cannot_be_read_as_text(reviewing: Reviewing, content: bytes) -> None:
    """Nobody knows whether the lines are there, so the comment stays where it was."""
    await reviewing.add("app.py:5")
    (reviewing.tree / "app.py").write_bytes(content)
    (view,) = await reviewing.all()
    assert (view["line"], view["outdated"]) == (5, False)


async def test_a_worktree_that_cannot_be_looked_at(reviewing: Reviewing, tmp_path: Path) -> None:
    """An unknown worktree outdates nothing, and the prompt names no branch."""
    await reviewing.add("app.py:5")
    (reviewing.rig.repo / ".git").rename(tmp_path / "away")
    (view,) = await reviewing.all()
    assert (view["line"], view["outdated"]) == (5, False)
    assert (await reviewing.send())["prompt"].startswith("Review comments on your work:\n")
    assert (await reviewing.add("app.py:2"))["quote"] == ""


async def test_a_link_is_never_followed(reviewing: Reviewing, tmp_path: Path) -> None:
    """The lines of a file outside are not read through a symbolic link."""
    (tmp_path / "outside").write_text("secret\n")
    (reviewing.tree / "link").symlink_to(tmp_path / "outside")
    made = await reviewing.add("link:1")
    assert made["quote"] == str(tmp_path / "outside")


async def test_a_name_that_is_no_text(reviewing: Reviewing) -> None:
    """It is kept byte for byte."""
    name = os.fsdecode(b"\xff.py")
    (reviewing.tree / name).write_text("a\n")
    await reviewing.add(f"{name}:1")
    (view,) = await reviewing.all()
    assert (view["path"], view["quote"]) == (name, "a")
    assert r"1. \xff.py:1" in (await reviewing.send())["prompt"]


async def test_quoting(reviewing: Reviewing) -> None:
    """Without a quote the lines are read; with one, or of another revision, they are not."""
    assert (await reviewing.add("app.py:1-2"))["quote"] == "import os\n"
    assert (await reviewing.add("app.py:1", quote="given"))["quote"] == "given"
    assert (await reviewing.add("app.py:1", revision="HEAD"))["quote"] == ""
    assert (await reviewing.add("app.py"))["quote"] == ""
    (reviewing.tree / "app.py").write_bytes(b"\0")
    assert (await reviewing.add("app.py:1"))["quote"] == ""
    (reviewing.tree / "app.py").write_text("x" * (LONGEST_QUOTE + 1))
    with pytest.raises(UsageError, match="more than"):
        await reviewing.add("app.py:1")


@pytest.mark.parametrize(
    ("place", "message"), [("gone.py:1", "there is no file gone.py"), ("app.py:99", "no line 99, only 10")]
)
async def test_lines_that_are_not_there(reviewing: Reviewing, place: str, message: str) -> None:
    """A comment on what there is not is wrong usage."""
    with pytest.raises(UsageError, match=message):
        await reviewing.add(place)
    assert await reviewing.all() == []
