"""Which mails belong together."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.local.mail import threads
from constellagent.ravi.local.mail.letter import Letter
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.local.schema import MIGRATIONS
from constellagent.ravi.vault import DataKey
from tests.ravi.local.mail.letters import letter

SAFES = [Safe(number, str(number), {1: DataKey.create(str(number))}) for number in (1, 2)]


@contextmanager
def database() -> Iterator[sqlite3.Connection]:
    """Give a database with two identities and no mail."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA foreign_keys=ON")
    for statement in (statement for version in MIGRATIONS for statement in version):
        db.execute(statement)
    for safe in SAFES:
        db.execute(
            """INSERT INTO identities (id, uuid, name, address, created_dt, updated_dt)
                VALUES (?1, ?2, ?2, ?2, '', '')""",
            (safe.identity, safe.uuid),
        )
    try:
        yield db
    finally:
        db.close()


def uuid_of(db: sqlite3.Connection, thread: int) -> str:
    """Return a thread's own uuid."""
    return str(db.execute("SELECT uuid FROM mail_threads WHERE id = ?", (thread,)).fetchone()["uuid"])


@st.composite
def conversations(draw: st.DrawFn) -> tuple[list[Letter], list[int]]:
    """Draw mails that answer earlier ones or nothing, in any order of arrival, and where each began."""
    size = draw(st.integers(1, 12))
    letters: list[Letter] = []
    roots: list[int] = []
    for index in range(size):
        parent = draw(st.none() | st.integers(0, index - 1)) if index else None
        if parent is None:
            letters.append(letter(message_id=f"<{index}@x>", subject="Your code"))
            roots.append(index)
            continue
        above = letters[parent]
        chain = (*above.references, above.message_id)
        form = draw(st.sampled_from(["both", "reply", "references", "shortened"]))
        letters.append(
            letter(
                message_id=f"<{index}@x>",
                subject="Your code",
                in_reply_to="" if form == "references" else above.message_id,
                references={"reply": (), "shortened": chain[-1:]}.get(form, chain),
            )
        )
        roots.append(roots[parent])
    order = draw(st.permutations(range(size)))
    return [letters[index] for index in order], [roots[index] for index in order]


@given(conversations())
def test_a_chain_of_replies_is_one_thread_in_any_order(drawn: tuple[list[Letter], list[int]]) -> None:
    """Mails are in one thread exactly when they go back to one mail, and every uuid given stays good."""
    letters, roots = drawn
    with database() as db:
        given_out = [uuid_of(db, threads.join(db, SAFES[0], each)) for each in letters]
        final = []
        for uuid, each in zip(given_out, letters, strict=True):
            row = threads.find(db, uuid)
            assert row is not None
            linked = db.execute(
                "SELECT thread FROM mail_links WHERE mark = ?", (threads.mark(SAFES[0], each.message_id),)
            ).fetchone()
            assert linked["thread"] == row["id"]
            final.append(row["id"])
        for first, second in combinations(range(len(letters)), 2):
            assert (final[first] == final[second]) == (roots[first] == roots[second])


def test_two_answers_to_a_mail_that_never_came_are_one_thread() -> None:
    """What both name joins them, though the identity has not got it."""
    with database() as db:
        first = threads.join(db, SAFES[0], letter(in_reply_to="<lost@x>"))
        assert threads.join(db, SAFES[0], letter(references=("<lost@x>",))) == first


def test_one_subject_joins_nothing() -> None:
    """Mails with the same subject, also with `Re:` before it, stay apart."""
    with database() as db:
        found = {threads.join(db, SAFES[0], letter(subject=text)) for text in ("Your code", "Re: Your code")}
    assert len(found) == 2


def test_identities_have_their_own_threads() -> None:
    """The same mail of two identities lies in two threads, and joins nothing across them."""
    with database() as db:
        mail, answer = letter(message_id="<1@x>"), letter(in_reply_to="<1@x>")
        ours = [threads.join(db, SAFES[0], each) for each in (mail, answer)]
        theirs = [threads.join(db, SAFES[1], each) for each in (mail, answer)]
        assert len(set(ours)) == len(set(theirs)) == 1
        assert not set(ours) & set(theirs)
        owners = {
            row["identity"] for row in db.execute("SELECT * FROM mail_threads WHERE id = ?", theirs[:1])
        }
    assert owners == {2}


def test_an_endless_chain_is_looked_at_in_part() -> None:
    """Of thousands of references the first and the newest join, and few are stored."""
    with database() as db:
        first = threads.join(db, SAFES[0], letter(message_id="<0@x>"))
        chain = tuple(f"<{number}@x>" for number in range(5000))
        assert threads.join(db, SAFES[0], letter(references=chain)) == first
        assert threads.join(db, SAFES[0], letter(in_reply_to="<4999@x>")) == first
        assert db.execute("SELECT count(*) FROM mail_links").fetchone()[0] < 150


def test_an_unknown_thread_is_none() -> None:
    """A uuid that was never given leads nowhere."""
    with database() as db:
        assert threads.find(db, "none") is None
