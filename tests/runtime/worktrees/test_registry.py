"""Git's list of worktrees, and the lock on it."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import BusyError, GitError, WorldError
from constellagent.runtime import repository
from constellagent.runtime.worktrees import registry
from constellagent.runtime.worktrees.registry import Registration
from tests.runtime.worktrees.rig import Rig, git


def test_both_forms_of_the_list_are_read() -> None:
    """The form with NUL and the older one with newlines give the same."""
    lines = [
        *("worktree /r", "HEAD " + "1" * 40, "branch refs/heads/main", ""),
        *("worktree /w", "HEAD " + "0" * 40, "detached", "locked why not", ""),
        *("worktree /x", "bare", "locked", "prunable gone", ""),
    ]
    expected = [
        Registration(Path("/r"), head="1" * 40, branch="refs/heads/main"),
        Registration(Path("/w"), lock="why not"),
        Registration(Path("/x"), lock=""),
    ]
    for end in ("\0", "\n"):
        assert registry.parse("".join(line + end for line in lines).encode(), end.encode()) == expected
    with pytest.raises(GitError, match="cannot read"):
        registry.parse(b"HEAD 1\0\0", b"\0")


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_an_error(said: bytes) -> None:
    """Whatever git says, reading it ends in registrations or in our error."""
    for end in (b"\0", b"\n"):
        try:
            found = registry.parse(said, end)
        except GitError:
            continue
        assert all(isinstance(one, Registration) for one in found)


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\0\n", exclude_categories=["Cs"]), min_size=1), max_size=5
    )
)
def test_any_path_comes_back(names: list[str]) -> None:
    """Paths with any characters are read whole."""
    said = "".join(f"worktree /{name}\0HEAD {'1' * 40}\0detached\0\0" for name in names)
    assert [str(one.path) for one in registry.parse(said.encode(), b"\0")] == [
        str(Path("/" + name)) for name in names
    ]


async def test_odd_folder_names_are_joined(rig: Rig, tmp_path: Path) -> None:
    """A worktree in a folder with a newline and no text in its name is found with git's folder for it."""
    place = tmp_path / "odd\n\udcff name"
    git(rig.repo, "worktree", "add", "-q", "-b", "t", str(place))
    found = await registry.registrations(rig.repository, rig.git)
    assert found[0].path == rig.repo
    assert found[1].path == place
    assert found[1].admin is not None
    assert registry.linked_admin(place) == found[1].admin


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"gitdir: ", b"gitdir: /nowhere\n", None])
def test_link_files_of_any_kind(tmp_path: Path, content: bytes | None) -> None:
    """A `.git` that is empty, nonsense, a folder or dangling names no folder of ours."""
    if content is None:
        (tmp_path / ".git").mkdir()
    else:
        (tmp_path / ".git").write_bytes(content)
    found = registry.linked_admin(tmp_path)
    assert found in {None, tmp_path, Path("/nowhere")}


async def test_lock_is_exclusive_and_ends(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two holders never overlap; one that waits too long is told to try again."""
    inside = 0

    async def hold() -> None:
        nonlocal inside
        async with registry.exclusively(rig.repository):
            inside += 1
            assert inside == 1
            await asyncio.sleep(0.01)
            inside -= 1

    await asyncio.gather(*(hold() for _ in range(8)))
    monkeypatch.setattr(registry, "_WAIT", 0.1)
    async with registry.exclusively(rig.repository):
        with pytest.raises(BusyError):
            await hold()


async def test_lock_that_cannot_be_made(rig: Rig) -> None:
    """A repository that cannot be written to is an error in words."""
    exclude = rig.repo / ".git" / "info" / "exclude"
    exclude.unlink(missing_ok=True)
    exclude.mkdir(parents=True)
    with pytest.raises(WorldError, match="cannot write"):
        async with registry.exclusively(rig.repository):
            raise AssertionError
    exclude.rmdir()


async def test_admin_folders_that_cannot_be_read(tmp_path: Path, rig: Rig) -> None:
    """A file where git keeps folders is no worktree; one in place of all of them is an error."""
    (rig.repo / ".git" / "worktrees").mkdir()
    (rig.repo / ".git" / "worktrees" / "stray").touch()
    assert registry.admin_folders(rig.repo / ".git") == {}
    (tmp_path / "worktrees").touch()
    with pytest.raises(WorldError):
        registry.admin_folders(tmp_path)
    assert (await repository.find(rig.repo)).root == rig.repo


async def test_a_registration_that_is_being_written_is_waited_for(rig: Rig) -> None:
    """While another git is in the middle of adding a worktree, the list is asked for again."""
    await rig.create(rig.agent("one"))
    admin = rig.repo / ".git" / "worktrees" / "one"
    commondir = admin / "commondir"
    kept = commondir.read_bytes()
    commondir.write_bytes(b"")
    asyncio.get_running_loop().call_later(0.05, commondir.write_bytes, kept)

    listed = await registry.registrations(await repository.find(rig.repo), rig.git)

    assert [one.path.name for one in listed] == [rig.repo.name, "one"]
