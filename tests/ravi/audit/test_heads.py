"""The ends of the chains: no head can be changed, put back or removed without it showing."""

import sqlite3
from collections.abc import Callable, Iterator

import pytest

from constellagent.ravi.audit.heads import TABLES, Heads
from constellagent.ravi.audit.lines import AuditError, Position
from constellagent.ravi.vault import RootKey
from tests.ravi.audit.kept import KEY, uuid

HEADS = Heads(KEY)
A, B, C = uuid(1), uuid(2), uuid(3)


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    """Two heads, one of which went on."""
    db = sqlite3.connect(":memory:")
    db.row_factory = sqlite3.Row
    for table in TABLES:
        db.execute(table)
    assert not HEADS.begin(db)
    HEADS.put(db, {A: Position(1, "a" * 64, 300), B: Position(2, "b" * 64, 600)})
    HEADS.put(db, {A: Position(2, "c" * 64, 610)})
    yield db
    db.close()


def test_heads_come_back(db: sqlite3.Connection) -> None:
    """The newest end of each chain is kept; the register agrees, and is made once."""
    assert HEADS.of(db, A) == (2, "c" * 64, 610)
    assert HEADS.of(db, C) is None
    assert HEADS.identities(db) == {A, B}
    HEADS.check(db)
    assert HEADS.begin(db)


@pytest.mark.parametrize(
    "change",
    ["seq = 1", "hash = 'd'", "bytes = 0", "mac = '00'", f"identity = '{C}'"],
)
def test_a_changed_head_is_seen(db: sqlite3.Connection, change: str) -> None:
    """Each column is covered: the head itself is refused, and neither read nor written over."""
    db.execute(f"UPDATE audit_heads SET {change} WHERE identity = '{A}'")
    identity = C if C in change else A
    calls: tuple[Callable[[], object], ...] = (
        lambda: HEADS.of(db, identity),
        lambda: HEADS.put(db, {identity: Position(3, "e" * 64, 9)}),
    )
    for call in calls:
        with pytest.raises(AuditError) as raised:
            call()
        assert raised.value.identity == identity


@pytest.mark.parametrize(
    "attack",
    [
        f"DELETE FROM audit_heads WHERE identity = '{A}'",
        "DELETE FROM audit_heads",
        "DELETE FROM audit_register",
        "UPDATE audit_register SET heads = 1",
        "UPDATE audit_register SET total = '0'",
        "UPDATE audit_heads SET mac = 'zz'",
        "UPDATE audit_heads SET mac = (SELECT max(mac) FROM audit_heads)",
    ],
)
def test_removed_heads_are_seen(db: sqlite3.Connection, attack: str) -> None:
    """The register knows how many heads there are and which."""
    db.execute(attack)
    with pytest.raises(AuditError, match="audit"):
        HEADS.check(db)


def test_f5_an_older_head_is_seen(db: sqlite3.Connection) -> None:
    """A head that was right once does not fit the register any more."""
    old = db.execute("SELECT * FROM audit_heads WHERE identity = ?", (A,)).fetchone()
    HEADS.put(db, {A: Position(3, "d" * 64, 900)})
    HEADS.check(db)
    db.execute("INSERT OR REPLACE INTO audit_heads VALUES (?, ?, ?, ?, ?)", tuple(old))
    assert HEADS.of(db, A) == (2, "c" * 64, 610)
    with pytest.raises(AuditError, match="older one"):
        HEADS.check(db)


def test_a_removed_register_is_not_made_again(db: sqlite3.Connection) -> None:
    """With heads there and no register, a start refuses; so does writing."""
    db.execute("DELETE FROM audit_register")
    for call in (lambda: HEADS.begin(db), lambda: HEADS.put(db, {C: Position(1, "f" * 64, 1)})):
        with pytest.raises(AuditError, match="register"):
            call()


def test_a_forgotten_head_counts_no_more(db: sqlite3.Connection) -> None:
    """A chain that is begun again leaves a register that agrees."""
    HEADS.forget(db, A)
    HEADS.check(db)
    assert HEADS.identities(db) == {B}


def test_another_key_reads_nothing(db: sqlite3.Connection) -> None:
    """Heads of another root key are refused."""
    with pytest.raises(AuditError):
        Heads(RootKey(bytes(32), "another")).of(db, A)
