"""Saving a text and removing a file of a worktree."""

import base64

import pytest

from constellagent.errors import UsageError
from constellagent.runtime.files.reading import read, version_of
from constellagent.runtime.files.writing import ChangedError
from constellagent.runtime.review_views import LARGEST_TEXT
from tests.runtime.edits.conftest import Ground


async def test_a_save_keeps_encoding_and_line_ends(ground: Ground) -> None:
    """What the request does not say stays as the file has it."""
    ground.write("a.txt", b"\xff\xfe" + "ä\r\n".encode("utf-16-le"))
    version = read(ground.tree, "a.txt").version
    saved = await ground.do("save", path="a.txt", text="ö\nü\n", version=version)
    assert (ground.tree / "a.txt").read_bytes() == b"\xff\xfe" + "ö\r\nü\r\n".encode("utf-16-le")
    assert saved == {"path": "a.txt", "version": read(ground.tree, "a.txt").version, "size": 14}
    await ground.do("save", path="a.txt", text="x\n", version=saved["version"], encoding="utf-8", eol="lf")
    assert (ground.tree / "a.txt").read_bytes() == b"x\n"


async def test_a_new_file_and_a_conflict(ground: Ground) -> None:
    """A new file is UTF-8 with line feeds; saving over what has changed is refused."""
    saved = await ground.do("save", path="new/x.txt", text="ä\n", version="")
    assert (ground.tree / "new/x.txt").read_bytes() == "ä\n".encode()
    ground.write("new/x.txt", "agent\n")
    with pytest.raises(ChangedError):
        await ground.do("save", path="new/x.txt", text="b\n", version=saved["version"])
    assert (ground.tree / "new/x.txt").read_text() == "agent\n"


async def test_what_cannot_be_saved_is_said(ground: Ground) -> None:
    """A text that is too long, has no place in the encoding, or is missing leaves everything as it is."""
    version = read(ground.tree, "b.txt").version
    for keys in (
        {"text": "x" * (LARGEST_TEXT + 1)},
        {"text": "€", "encoding": "latin-1"},
        {"text": "x", "path": ".git/config"},
        {"text": "x", "path": "../b.txt"},
        {},
    ):
        with pytest.raises(UsageError):
            await ground.do("save", **{"path": "b.txt", "version": version, **keys})
    with pytest.raises(UsageError):
        await ground.do("save", text="x", version="")
    assert ground.status() == []


async def test_a_removed_file_is_kept(ground: Ground) -> None:
    """A file, tracked or not, is gone afterwards and in the rescue exactly."""
    content = base64.b64decode("AP8KDQ==")
    ground.write("odd\n", content)
    done = await ground.do("remove", path="odd\n", version=version_of("100644", content))
    assert not (ground.tree / "odd\n").exists()
    assert ground.raw("show", f"{done['rescue']}:odd\n") == content
    ground.git("-c", f"alias.back=!{done['done'][-1].removeprefix('get it back with: ')}", "back")
    assert (ground.tree / "odd\n").read_bytes() == content


async def test_a_file_that_is_something_else_is_not_removed(ground: Ground) -> None:
    """Another version, a missing file and a folder are refused before any rescue is made."""
    for path, error in (("b.txt", ChangedError), ("none", ChangedError), ("sub", UsageError)):
        with pytest.raises(error):
            await ground.do("remove", path=path, version="0" * 64)
    assert ground.git("for-each-ref", "refs/constellagent") == ""
    assert ground.status() == []
