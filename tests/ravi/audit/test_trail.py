"""The audit beside its database: every change shows, a crash loses nothing, and no line means no secret."""

import asyncio
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError, UsageError, WorldError
from constellagent.ravi.audit import AuditError, Entry, done
from constellagent.ravi.vault import RootKey
from tests.ravi.audit.kept import NOW, Kept, keeping, problems_after_start, uuid
from tests.ravi.audit.mutations import MUTATIONS, Scene, Trace
from tests.ravi.audit.test_files import no_file_beyond

A, B, C = uuid(1), uuid(2), uuid(3)


@pytest.fixture
async def kept(tmp_path: Path) -> AsyncIterator[Kept]:
    """An audit that runs."""
    async with keeping(tmp_path) as running:
        yield running


async def read(kept: Kept, identity: str, after: int = 0) -> list[Entry]:
    """Return lines of an identity."""
    snapshot = await kept.store.run(lambda db: kept.audit.snapshot(db, identity))
    return kept.audit.entries(snapshot, after)


async def test_what_was_told_is_read(kept: Kept, tmp_path: Path) -> None:
    """Lines come back in their order with what they are about, also after a restart; no clear text."""
    await kept.note(A, A, B, about="canary.example", value="hunter2")
    await kept.note(A)
    lines = await read(kept, A)
    assert [line.seq for line in lines] == [1, 2, 3]
    assert lines[0].about == "canary.example"
    assert lines[0].value == lines[1].value != lines[2].value == ""
    assert (lines[0].at, lines[0].actor, lines[0].action) == (
        "2026-09-21T14:13:20.000Z",
        "a test",
        "secrets.get",
    )
    assert await kept.store.run(lambda db: kept.audit.read(db, A)) == lines
    assert await kept.problems() == []
    await kept.store.close()
    async with keeping(tmp_path) as again:
        await again.note(A)
        assert (await read(again, A))[:3] == lines
        assert await again.lines(A) == 4
        assert await again.store.run(again.audit.identities) == [A, B]
    content = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert not any(word in content for word in (b"canary", b"hunter2"))


async def test_the_newest_lines_are_read_from_the_end(kept: Kept) -> None:
    """Lines after any number are the same whether they are found from the end or from the beginning."""
    for _ in range(20):
        await kept.note(*[A] * 60, about="x" * 200)
    whole = await read(kept, A)
    assert kept.file(A).stat().st_size > 4 * (64 << 10)
    for after in (0, 1, 17, 600, 1100, 1199, 1200, 5000):
        assert await read(kept, A, after) == [line for line in whole if line.seq > after]


async def test_a_call_that_is_rolled_back_leaves_no_line(kept: Kept) -> None:
    """A failed call's lines are dropped, and others of the same commit keep theirs."""

    def fails(_: sqlite3.Connection) -> None:
        kept.audit.note(NOW, A, "a test", "secrets.get")
        raise LookupError

    with pytest.raises(LookupError):
        await kept.store.run(fails)
    await kept.note(A)
    assert await kept.lines(A) == 1


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (0, 2, 1)])
async def test_a_refused_call_takes_no_line_of_another(kept: Kept, order: tuple[int, ...]) -> None:
    """Of calls that share a transaction each has its own lines, and the one that failed has none."""
    held = threading.Event()

    def told(action: str) -> Callable[[sqlite3.Connection], None]:
        def call(_: sqlite3.Connection) -> None:
            kept.audit.note(NOW, A, "a test", action)
            if action == "secrets.refused":
                raise LookupError

        return call

    calls = [told("secrets.first"), told("secrets.refused"), told("secrets.second")]
    waiting = asyncio.ensure_future(kept.store.run(lambda _: held.wait(30)))
    answers = [asyncio.ensure_future(kept.store.run(calls[one])) for one in order]
    await asyncio.sleep(0)  # each is in the queue behind the one that holds the thread
    held.set()
    assert await waiting
    outcomes = await asyncio.gather(*answers, return_exceptions=True)
    assert [isinstance(outcome, LookupError) for outcome in outcomes] == [one == 1 for one in order]
    expected = ["secrets.first", "secrets.second"]
    assert [line.action for line in await read(kept, A)] == expected


async def test_forty_identities_at_once(kept: Kept) -> None:
    """One commit tells of forty identities, each in a file of its own."""
    names = [uuid(number) for number in range(40)]
    for _ in range(3):
        await kept.note(*names)
    assert await kept.store.run(kept.audit.identities) == names
    assert [await kept.lines(name) for name in names] == [3] * 40
    assert await kept.problems() == []


@pytest.mark.parametrize("bad", ["", "../../etc/passwd", A.upper() + "x"])
async def test_only_a_uuid_is_told_of(kept: Kept, bad: str) -> None:
    """A name that is no uuid fails the call, and no other."""
    with pytest.raises(AuditError, match="no uuid"):
        await kept.note(bad)
    await kept.note(A)


# Crashes and full disks.


async def test_a_line_whose_commit_failed_stays(tmp_path: Path) -> None:
    """Written and never committed, it is adopted, and told of as undone: in this process, and in the next."""
    async with keeping(tmp_path) as kept:
        await kept.note(A)

        def lost(db: sqlite3.Connection) -> None:
            kept.audit.note(NOW, A, "a test", "secrets.lost")
            kept.audit.note(NOW, B, "a test", "secrets.lost")
            kept.audit.settle(db)
            raise LookupError

        with pytest.raises(LookupError):
            await kept.store.run(lost)
        assert await kept.problems() == []
        await kept.note(A)
        assert [line.action for line in await read(kept, A)] == [
            *("secrets.get", "secrets.lost", "audit.undone", "secrets.get")
        ]
        assert [line.action for line in done(await read(kept, A), None)] == [
            *("secrets.get", "audit.undone", "secrets.get")
        ]
        with pytest.raises(LookupError):
            await kept.store.run(lost)
    async with keeping(tmp_path) as kept:
        await kept.note(A, B)
        assert (await kept.lines(A), await kept.lines(B)) == (7, 5)
        assert [line.row for line in await read(kept, A) if line.action == "audit.undone"] == ["2-2", "5-5"]
        assert await kept.problems() == []


@pytest.mark.parametrize("torn", [b'{"seq": 3, "at', b"\0" * 4096, b"{"])
async def test_half_a_line_of_a_crash_is_removed(
    tmp_path: Path, torn: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Half a line behind the head, as a loss of power leaves it, is cut off at the start, and said."""
    async with keeping(tmp_path) as kept:
        await kept.note(A, A)
        with kept.file(A).open("ab") as file:
            file.write(torn)
    async with keeping(tmp_path) as kept:
        assert "removed half a line after line 2" in caplog.text
        assert await kept.problems() == []
        await kept.note(A)
        assert await kept.lines(A) == 3


WRITER = """
import asyncio, sys
from pathlib import Path
from tests.ravi.audit.kept import keeping, uuid

async def main():
    async with keeping(Path(sys.argv[1])) as kept:
        number = 0
        while True:
            await kept.note(uuid(number % 3), uuid((number + 1) % 3), about="x" * 100)
            number += 1
            print(number, flush=True)

asyncio.run(main())
"""


@pytest.mark.parametrize("enough", [1, 7, 40])
async def test_killed_at_any_moment(tmp_path: Path, enough: int) -> None:
    """After kill -9 in the middle of writing, every chain holds and every line that was answered is there."""
    told = 0
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        for _ in range(enough):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read().splitlines()
        process.wait()
        process.stdout.close()
        told += 2 * (enough + len(rest))
        assert await problems_after_start(tmp_path) == []
    async with keeping(tmp_path) as kept:
        lines = [await kept.lines(name) for name in await kept.store.run(kept.audit.identities)]
    assert told <= sum(lines) <= told + 12, "a kill leaves two unanswered lines at most, and two that say so"


async def test_a_full_disk(kept: Kept) -> None:
    """While a line cannot be written nothing is given out; afterwards all goes on, and nothing is broken."""
    for _ in range(16):
        await kept.note(*[A] * 150, about="x" * 300)
    size = kept.file(A).stat().st_size
    assert size > 2 * (kept.folder / "provider.db").stat().st_size
    given: list[str] = []

    def give(_: sqlite3.Connection) -> str:
        kept.audit.note(NOW, A, "a test", "secrets.get")
        return "hunter2"

    with no_file_beyond(size + 50), pytest.raises(WorldError, match="cannot be used"):
        given.append(await kept.store.run(give))
    assert given == []
    assert kept.file(A).stat().st_size == size
    assert await kept.store.run(give) == "hunter2"
    assert await kept.lines(A) == 16 * 150 + 1


# Somebody touches it.


async def scene(folder: Path, seed: int) -> Scene:
    """Write three chains of different lengths, with copies from an earlier moment."""
    now, earlier = folder / "now", folder / "earlier"
    now.mkdir(parents=True)
    async with keeping(now) as kept:
        for _ in range(4):
            await kept.note(A, B, C, about="about it")
        await kept.note(B, B)
    shutil.copytree(now, earlier)
    async with keeping(now) as kept:
        for _ in range(5):
            await kept.note(A, A, B, C, about="about it", value="hunter2")
    return Scene(now, earlier, (A, B, C), random.Random(seed))


def is_found(trace: Trace, found: list[ConstellagentError]) -> bool:
    """Whether what was found names what was done: the identity's file and its first line."""
    named = [error for error in found if isinstance(error, AuditError) and error.identity == trace.identity]
    return any(trace.line in {-1, error.line} for error in named)


async def mutate(tmp_path: Path, seed: int, count: int) -> list[str]:
    """Touch the audit `count` times, each time from the same state; return what was missed."""
    fresh = await scene(tmp_path / "fresh", seed)
    assert await problems_after_start(fresh.folder) == []
    missed = []
    for number in range(count):
        shutil.copytree(fresh.folder, tmp_path / "now")
        attack = Scene(tmp_path / "now", fresh.earlier, fresh.identities, fresh.random)
        mutation = MUTATIONS[number % len(MUTATIONS)]
        trace = mutation(attack, attack.random.choice(attack.identities))
        found = await problems_after_start(attack.folder)
        if not is_found(trace, found):
            missed.append(f"{mutation.__name__}: {trace}, found {[error.message for error in found]}")
        shutil.rmtree(tmp_path / "now")
    return missed


async def test_f5_every_mutation_is_found(tmp_path: Path) -> None:
    """Whatever is touched while the daemon is down, `verify` names the file and its first bad line."""
    assert await mutate(tmp_path, 1, 5 * len(MUTATIONS)) == []


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_f5_a_thousand_mutations_are_found(tmp_path: Path) -> None:
    """The same a thousand times over; prints how many were missed."""
    missed = await mutate(tmp_path, random.randrange(1 << 30), 1008)
    print(f"1008 mutations, {len(missed)} missed")
    assert missed == []


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_mutation_in_use_is_found(tmp_path: Path, mutation: object) -> None:
    """What is touched while the daemon runs is found as well."""
    fresh = await scene(tmp_path, 2)
    async with keeping(fresh.folder) as kept:
        assert callable(mutation)
        trace = mutation(fresh, A)
        found = await kept.problems()
    assert [error for error in found if error.identity == trace.identity]


async def test_a_forged_half_line_in_use_is_found(kept: Kept) -> None:
    """While the daemon runs, nobody but it may write anything at all."""
    await kept.note(A)
    with kept.file(A).open("ab") as file:
        file.write(b"{")
    assert [error.line for error in await kept.problems()] == [2]


async def test_a_broken_chain_closes_one_identity_only(kept: Kept) -> None:
    """No secret of that identity is given out, those of others are, and mending it opens it again."""
    await kept.note(A, B)
    content = kept.file(A).read_bytes()
    kept.file(A).write_bytes(b"")
    with pytest.raises(AuditError):
        await kept.note(A)
    with pytest.raises(AuditError, match="has 0 bytes") as raised:
        await kept.note(A)
    assert raised.value.hint
    await kept.note(B)
    kept.file(A).write_bytes(content)
    await kept.note(A)
    assert (await kept.lines(A), await kept.lines(B)) == (2, 2)


async def test_a_broken_chain_is_closed_from_the_start(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A daemon starts with a damaged audit, says so, and serves the other identities."""
    async with keeping(tmp_path) as kept:
        await kept.note(A, B)
    kept.file(A).unlink()
    async with keeping(tmp_path) as kept:
        assert f"{A}.jsonl does not hold at line 1" in caplog.text
        with pytest.raises(AuditError):
            await kept.note(A)
        await kept.note(B)
        assert not kept.file(A).exists()


async def test_a_chain_can_be_begun_again(kept: Kept) -> None:
    """Set aside on purpose, the old file stays for whoever looks into it, and the new one tells why."""
    await kept.note(A, B)
    with pytest.raises(UsageError, match="holds"):
        await kept.store.run(lambda db: kept.audit.restart(db, NOW, A, "person"))
    broken = kept.file(A).read_bytes().replace(b"ok", b"no", 1)
    kept.file(A).write_bytes(broken)
    aside = await kept.store.run(lambda db: kept.audit.restart(db, NOW, A, "person"))
    assert aside is not None
    assert aside.read_bytes() == broken
    await kept.note(A)
    lines = await read(kept, A)
    assert [line.action for line in lines] == ["audit.restarted", "secrets.get"]
    assert "does not hold" in lines[0].about
    assert await kept.problems() == []


async def test_files_without_their_database(tmp_path: Path) -> None:
    """A new database beside old files is refused at the start, until a person moves them away."""
    async with keeping(tmp_path) as kept:
        await kept.note(A)
    for file in tmp_path.glob("provider.db*"):
        file.unlink()
    with pytest.raises(AuditError, match="knows nothing of the audit") as raised:
        async with keeping(tmp_path):
            pass
    assert str(tmp_path / "audit") in raised.value.message
    assert "move that folder away" in raised.value.hint
    (tmp_path / "audit").rename(tmp_path / "away")
    async with keeping(tmp_path) as kept:
        await kept.note(A)
        assert await kept.lines(A) == 1


async def test_another_root_key_does_not_pass_for_ours(tmp_path: Path) -> None:
    """With another key every chain is foreign."""
    async with keeping(tmp_path) as kept:
        await kept.note(A)
    async with keeping(tmp_path, RootKey(bytes(32), "another")) as kept:
        with pytest.raises(AuditError):
            await kept.note(A)
