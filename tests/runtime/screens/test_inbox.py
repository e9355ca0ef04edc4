"""How the items of a stream become batches."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.holder.stream import Exit, Gone, HolderStream, Item, Output, Refused, Resync, Sized
from constellagent.runtime.screens.inbox import _FULL, MOST, Batch, Inbox

ITEMS = st.lists(
    st.one_of(
        st.binary(min_size=1, max_size=9),
        st.tuples(st.integers(1, 99), st.integers(1, 99)),
        st.just("lost"),
        st.just("refused"),
    ),
    max_size=30,
)


async def taken(items: list[Item]) -> list[Batch]:
    """Return all batches of a stream that ends with `Exit`."""
    stream = HolderStream()
    inbox = Inbox(stream)
    for item in [*items, Exit({})]:
        stream._give(item)
    batches = [await inbox.take()]
    while not isinstance(batches[-1].then, Exit):
        batches.append(await inbox.take())
    return batches


@given(ITEMS)
def test_nothing_is_lost_and_all_is_in_order(drawn: list[bytes | tuple[int, int] | str]) -> None:
    """Joined, the batches hold every byte at its offset, each gap, and the last size of each run of sizes."""
    items, expected, offset = list[Item](), list[object](), 0
    for thing in drawn:
        if isinstance(thing, bytes):
            items.append(Output(offset, thing))
            expected += [(offset + n, byte) for n, byte in enumerate(thing)]
            offset += len(thing)
        elif isinstance(thing, tuple):
            items.append(Sized(offset, *thing))
            if expected and isinstance(expected[-1], Sized):
                expected.pop()
            expected.append(items[-1])
        elif thing == "lost":
            offset += 5
            items.append(Resync(offset))
            expected.append(items[-1])
        else:
            items.append(Refused("no"))
    refused = [n for n, item in enumerate(items) if isinstance(item, Refused)]
    batches = asyncio.run(
        taken([item for n, item in enumerate(items) if n not in refused] if refused else items)
    )
    found = list[object]()
    for batch in batches:
        found += [(batch.offset + n, byte) for n, byte in enumerate(batch.data)]
        if batch.then is not None and not isinstance(batch.then, Exit):
            found.append(batch.then)
    assert found == expected


async def test_what_was_refused_is_passed_over() -> None:
    """A refusal says nothing about the screen; output around it is joined."""
    batches = await taken([Output(0, b"a"), Refused("no"), Output(1, b"b")])

    assert [(batch.offset, batch.data) for batch in batches] == [(0, b"ab")]


async def test_no_batch_is_too_large_and_a_full_inbox_takes_no_more() -> None:
    """A flood comes in pieces of a bounded size, and the holder is made to wait until there is room again."""
    stream, part = HolderStream(), bytes(1 << 16)
    inbox = Inbox(stream)
    count = _FULL // len(part) + 1
    for n in range(count):
        stream._give(Output(n * len(part), part))
    paused = stream._paused
    sizes = [len((await inbox.take()).data) for _ in range(_FULL // MOST)]

    assert paused
    assert not stream._paused
    assert max(sizes) == MOST


async def test_a_take_waits_for_what_comes() -> None:
    """Who takes from an empty inbox gets the next item when it is there, and hears of a lost connection."""
    stream = HolderStream()
    inbox = Inbox(stream)
    waiting = asyncio.ensure_future(inbox.take())
    await asyncio.sleep(0)
    stream._give(Gone("away"))

    assert (await waiting).then == Gone("away")
