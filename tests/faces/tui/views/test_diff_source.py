"""What is fetched, when, and what becomes of what is fetched too late or not at all."""

import asyncio
import contextlib

import pytest

from constellagent.errors import UnavailableError, UsageError
from constellagent.faces.tui.views.diff_document import Document
from constellagent.faces.tui.views.diff_patch import parse
from constellagent.faces.tui.views.diff_source import Source
from tests.faces.tui.views.changes import COMMIT, DOCS, FILES, MOVED, PATCHES, ChangedDeck, change


@pytest.fixture
def deck() -> ChangedDeck:
    """A deck with one agent that changed four files."""
    return ChangedDeck()


@pytest.fixture
def source(deck: ChangedDeck) -> Source:
    """Its changes, not fetched yet."""
    return Source(deck, DOCS, Document(), contextlib.nullcontext)


async def fetched(deck: ChangedDeck, source: Source) -> None:
    """Fetch the list and what is wanted of it."""
    await source.fetch(again=True)
    for _ in source.document.entries:
        source.want(source.document.entries)
        await deck.settle()


async def test_a_list_then_patches(deck: ChangedDeck, source: Source) -> None:
    """Few files are open from the beginning, and each patch is fetched once, when it is wanted."""
    await source.fetch(again=False)
    assert [entry.open for entry in source.document.entries] == [True] * 4
    assert "path" not in deck.control.compared[0]

    await fetched(deck, source)

    paths = [request["path"] for request in deck.control.compared if "path" in request]
    assert sorted(paths) == sorted(PATCHES)
    assert all(entry.patch and not entry.stale for entry in source.document.entries)
    assert source.view is not None
    assert source.view["commit"] == COMMIT


async def test_only_two_at_once(deck: ChangedDeck, source: Source) -> None:
    """However many files are in sight, two are fetched at a time."""
    await source.fetch(again=True)
    before = len(deck.control.compared)
    source.want(source.document.entries)
    source.want(source.document.entries)
    await deck.settle()

    assert len(deck.control.compared) == before + 2


async def test_many_files_begin_folded(deck: ChangedDeck, source: Source) -> None:
    """Of many files, or of very many lines, only the first is open; what a person opened stays so."""
    deck.control.files = [change(f"{number:03}.py") for number in range(40)]
    await source.fetch(again=True)
    entries = source.document.entries
    assert [entry.open for entry in entries] == [True, *[False] * 39]
    entries[7].open = True

    await source.fetch(again=True)

    assert [entry.open for entry in source.document.entries][7] is True


async def test_not_too_often(deck: ChangedDeck, source: Source) -> None:
    """Asked again at once it does nothing, unless a person wants it."""
    await source.fetch(again=False)
    await source.fetch(again=False)
    assert len(deck.control.compared) == 1
    await source.fetch(again=True)
    deck.time += 3
    await source.fetch(again=False)
    assert len(deck.control.compared) == 3


async def test_a_fault_keeps_what_is_there(deck: ChangedDeck, source: Source) -> None:
    """A list that cannot be had raises, and what was fetched stays with the reason beside it."""
    await fetched(deck, source)
    deck.control.faults[""] = UnavailableError("the daemon is away")

    with pytest.raises(UnavailableError):
        await source.fetch(again=True)

    assert source.problem == "the daemon is away"
    assert len(source.document.entries) == 4
    del deck.control.faults[""]
    await source.fetch(again=True)
    assert source.problem == ""


async def test_comparing_with_what_is_not_there(deck: ChangedDeck, source: Source) -> None:
    """A commit that there is not leaves everything as it was."""
    await fetched(deck, source)
    deck.control.faults[""] = UsageError("there is no commit 'x'")

    with pytest.raises(UsageError):
        await source.compare(against="x", ignore_space=True)

    assert (source.against, source.ignore_space, source.problem) == ("base", False, "")


async def test_comparing_differently(deck: ChangedDeck, source: Source) -> None:
    """Lists and patches are asked for with what was chosen."""
    await source.compare(against="HEAD")
    await source.compare(ignore_space=True)
    await fetched(deck, source)

    last = deck.control.compared[-1]
    assert (last["against"], last["ignore_space"], "path" in last) == ("HEAD", True, True)


async def test_a_patch_that_cannot_be_had(deck: ChangedDeck, source: Source) -> None:
    """A file that is no change any more, or whose patch fails, says so; the others come."""
    deck.control.faults["docs/new.md"] = UsageError("no change")
    deck.control.faults["notes.txt"] = UnavailableError("the daemon is away")
    deck.control.truncated.add("src/signup.py")

    await fetched(deck, source)

    entries = {entry.change["path"]: entry for entry in source.document.entries}
    assert entries["docs/new.md"].problem == "is no change any more; r looks again"
    assert entries["notes.txt"].problem == "cannot be fetched: the daemon is away"
    assert entries["src/signup.py"].cut
    assert not entries["logo.png"].cut
    assert deck.said == []


async def test_the_same_patch_stays_the_same(deck: ChangedDeck, source: Source) -> None:
    """A patch that did not change keeps its lines, with all that was read of them; a new one replaces it."""
    await fetched(deck, source)
    before = [entry.patch for entry in source.document.entries]
    deck.control.patches["docs/new.md"] = MOVED.replace("new words", "newer words")

    await fetched(deck, source)

    same = [entry.patch is old for entry, old in zip(source.document.entries, before, strict=True)]
    assert same == [False, True, True, True]


async def test_what_comes_too_late_is_dropped(deck: ChangedDeck, source: Source) -> None:
    """An answer to an older question is not taken for one to the newest."""
    gate, answer = asyncio.Event(), deck.control.diff

    async def slow(request: object) -> object:
        view = await answer(request)  # type: ignore[arg-type] # handed on as it came
        if "path" in request or request["against"] == "base":  # type: ignore[operator,index] # a request
            await gate.wait()
        return view

    deck.control.diff = slow  # type: ignore[method-assign,assignment] # the daemon becomes slow
    first = asyncio.ensure_future(source.fetch(again=True))
    await asyncio.sleep(0)
    deck.control.files = FILES[:1]
    await source.compare(against="HEAD")
    source.want(source.document.entries)
    patch = asyncio.ensure_future(deck.settle())
    await asyncio.sleep(0)
    await source.compare(ignore_space=True)
    gate.set()
    await first
    await patch

    assert len(source.document.entries) == 1
    assert source.document.entries[0].stale


async def test_colours_are_read_once(deck: ChangedDeck, source: Source) -> None:
    """A hunk in sight is read once, however many frames are drawn."""
    hunk = parse(PATCHES["src/signup.py"]).hunks[0]
    source.want_colours("src/signup.py", hunk)
    source.want_colours("src/signup.py", hunk)
    assert len(deck._spawned) == 1
    await deck.settle()
    source.want_colours("src/signup.py", hunk)

    assert deck._spawned == []
    assert source.syntax.of(hunk)


async def test_nobody_is_chosen(deck: ChangedDeck) -> None:
    """Without an agent nothing is asked."""
    source = Source(deck, None, Document(), contextlib.nullcontext)
    await source.fetch(again=True)
    assert deck.control.compared == []
