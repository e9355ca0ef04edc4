"""Hunks of real files: seen, staged, unstaged and thrown away."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from constellagent.errors import ConflictError, UsageError
from tests.runtime.edits.conftest import Ground

_OLD = b"".join(b"line %d\n" % number for number in range(1, 21))
_NEW = _OLD.replace(b"line 2\n", b"2\n").replace(b"line 10\n", b"").replace(b"line 20\n", b"line 20\nend")


async def _ids(ground: Ground, path: str = "a.txt", **keys: bool) -> list[str]:
    return [hunk["id"] for hunk in await ground.ask("hunks", path=path, **keys)]


async def test_hunks_are_seen_without_lines_around(ground: Ground) -> None:
    """Each hunk has its place on both sides and its lines."""
    ground.write("a.txt", _NEW)
    hunks = await ground.ask("hunks", path="a.txt")
    assert [(h["start"], h["count"], h["new_start"], h["new_count"], h["lines"]) for h in hunks] == [
        (2, 1, 2, 1, ["-line 2", "+2"]),
        (10, 1, 9, 0, ["-line 10"]),
        (20, 0, 20, 1, ["+end", "\\ No newline at end of file"]),
    ]
    assert await ground.ask("hunks", path="a.txt", staged=True) == []


async def test_a_hunk_is_staged_and_unstaged_alone(ground: Ground) -> None:
    """One hunk goes into the index and out again; the file stays as it is."""
    ground.write("a.txt", _NEW)
    ids = await _ids(ground)
    done = await ground.do("stage", path="a.txt", hunks=[ids[1]])
    assert done == {"done": ["staged 1 of 3 hunks of a.txt"], "rescue": ""}
    assert ground.raw("show", ":a.txt") == _OLD.replace(b"line 10\n", b"")
    assert (ground.tree / "a.txt").read_bytes() == _NEW
    staged = await _ids(ground, staged=True)
    assert len(staged) == 1
    await ground.do("unstage", path="a.txt", hunks=staged)
    assert ground.raw("show", ":a.txt") == _OLD
    assert await _ids(ground) == ids


async def test_a_hunk_is_thrown_away_and_comes_back(ground: Ground) -> None:
    """The file loses that hunk only, and the answer has the command that brings it back."""
    ground.write("a.txt", _NEW)
    ids = await _ids(ground)
    done = await ground.do("discard", path="a.txt", hunks=[ids[0], ids[2]])
    assert (ground.tree / "a.txt").read_bytes() == _OLD.replace(b"line 10\n", b"")
    assert ground.raw("show", f"{done['rescue']}:a.txt") == _NEW
    command = done["done"][-1].removeprefix("get it back with: ")
    ground.git("-c", f"alias.back=!{command}", "back")
    assert (ground.tree / "a.txt").read_bytes() == _NEW


@pytest.mark.parametrize("action", ["stage", "unstage", "discard"])
async def test_hunks_that_are_gone_change_nothing(ground: Ground, action: str) -> None:
    """If one of the hunks is not there any more, none is acted on."""
    ground.write("a.txt", _NEW)
    staged = action == "unstage"
    if staged:
        ground.git("add", "a.txt")
    ids = await _ids(ground, staged=staged)
    ground.write("a.txt", _NEW.replace(b"2\n", b"zwei\n", 1))
    if staged:
        ground.git("add", "a.txt")
    before = ground.raw("show", ":a.txt"), (ground.tree / "a.txt").read_bytes()
    with pytest.raises(ConflictError, match="not there any more"):
        await ground.do(action, path="a.txt", hunks=ids)
    assert (ground.raw("show", ":a.txt"), (ground.tree / "a.txt").read_bytes()) == before


async def test_new_and_deleted_files_are_one_hunk(ground: Ground) -> None:
    """The only hunk of a deletion deletes, and unstaging that of a new file makes it untracked again."""
    (ground.tree / "b.txt").unlink()
    await ground.do("stage", path="b.txt", hunks=await _ids(ground, "b.txt"))
    assert ground.status() == ["D  b.txt"]
    ground.write("new.txt", "x\n")
    ground.git("add", "new.txt")
    await ground.do("unstage", path="new.txt", hunks=await _ids(ground, "new.txt", staged=True))
    assert ground.status() == ["D  b.txt", "?? new.txt"]
    ground.git("reset", "-q")
    await ground.do("discard", path="b.txt", hunks=await _ids(ground, "b.txt"))
    assert ground.status() == ["?? new.txt"]


async def test_what_has_no_hunks_says_so(ground: Ground) -> None:
    """Binary files, links, untracked files, files in conflict and folders have none."""
    ground.write("a.txt", b"\0")
    (ground.tree / "b.txt").unlink()
    (ground.tree / "b.txt").symlink_to("a.txt")
    ground.write("new.txt", "x")
    ground.write("sub/c.txt", "changed\n")
    for path in ("a.txt", "b.txt", "new.txt", "none"):
        assert await ground.ask("hunks", path=path) == []
    with pytest.raises(UsageError):
        await ground.ask("hunks", path=".git/config")


async def test_line_ends_that_git_changes_stay(ground: Ground) -> None:
    """Where the file has CRLF and the repository LF, a hunk thrown away leaves CRLF everywhere else."""
    ground.write(".gitattributes", "*.txt text eol=crlf\n")
    ground.commit("attributes")
    crlf = _OLD.replace(b"\n", b"\r\n")
    ground.write("a.txt", crlf.replace(b"line 2\r\n", b"2\r\n").replace(b"line 9\r\n", b"9\r\n"))
    ids = await _ids(ground)
    assert len(ids) == 2
    await ground.do("stage", path="a.txt", hunks=ids[:1])
    assert ground.raw("show", ":a.txt") == _OLD.replace(b"line 2\n", b"2\n")
    await ground.do("discard", path="a.txt", hunks=await _ids(ground))
    assert (ground.tree / "a.txt").read_bytes() == crlf.replace(b"line 2\r\n", b"2\r\n")


async def test_an_odd_name_and_a_changed_mode_are_no_matter(ground: Ground) -> None:
    """A name with a newline and bytes that are no text works, and a mode is not staged with a hunk."""
    name = "odd\n:(glob)*\udcff"
    ground.write(name, "one\n")
    ground.commit("odd")
    ground.write(name, "two\n").chmod(0o755)
    await ground.do("stage", path=name, hunks=await _ids(ground, name))
    assert ground.raw("show", f":{name}") == b"two\n"
    assert ground.git("ls-files", "-s", "-z", "--", f":(literal){name}").startswith("100644 ")


_LINE = st.sampled_from(
    [b"a\n", b"b\n", b"\n", b"a\r\n", b"\xff\n", b"@@ -1 +1 @@\n", b"\\ No newline at end\n"]
)
_CONTENT = st.builds(
    lambda lines, last: b"".join(lines) + last,
    st.lists(_LINE, max_size=10),
    st.sampled_from([b"", b"z", b"\r"]),
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(old=_CONTENT, new=_CONTENT, data=st.data())
async def test_some_hunks_and_then_the_rest_stage_all(
    ground: Ground, old: bytes, new: bytes, data: st.DataObject
) -> None:
    """Staging any hunks and then those that are left makes the index hold the file, byte for byte."""
    ground.git("config", "core.autocrlf", "false")
    ground.write("p.bin", old)
    ground.commit("old")
    ground.write("p.bin", new)
    ids = await _ids(ground, "p.bin")
    some = [one for one in ids if data.draw(st.booleans())]
    if some:
        await ground.do("stage", path="p.bin", hunks=some)
    if rest := await _ids(ground, "p.bin"):
        await ground.do("stage", path="p.bin", hunks=rest)
    assert ground.raw("show", ":p.bin") == new
    if back := await _ids(ground, "p.bin", staged=True):
        await ground.do("unstage", path="p.bin", hunks=back)
    assert ground.raw("show", ":p.bin") == old
    assert Path(ground.tree / "p.bin").read_bytes() == new
