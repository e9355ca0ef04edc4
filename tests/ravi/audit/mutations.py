"""Ways in which somebody without the key could touch the audit: files, and rows of the database."""

import json
import random
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from constellagent.ravi.audit.lines import Chain, Entry, Position, hash_of
from constellagent.ravi.vault import RootKey


@dataclass(frozen=True)
class Scene:
    """What an attacker sees: files and a database, and copies of both from an earlier moment."""

    folder: Path
    earlier: Path
    identities: Sequence[str]
    random: random.Random

    def file(self, identity: str, where: Path | None = None) -> Path:
        """Return the file of an identity, now or at the earlier moment."""
        return (where or self.folder) / "audit" / f"{identity}.jsonl"

    def lines(self, identity: str) -> list[bytes]:
        """Return its lines."""
        return self.file(identity).read_bytes().splitlines(keepends=True)

    def rewrite(self, identity: str, lines: Sequence[bytes]) -> None:
        """Write its lines."""
        self.file(identity).write_bytes(b"".join(lines))

    def sql(self, statement: str, *values: object) -> None:
        """Change the database."""
        db = sqlite3.connect(self.folder / "provider.db")
        with db:
            db.execute(statement, values)
        db.close()

    def earlier_row(self, identity: str) -> tuple[object, ...]:
        """Return the head of an identity at the earlier moment."""
        db = sqlite3.connect(self.earlier / "provider.db")
        row = db.execute("SELECT * FROM audit_heads WHERE identity = ?", (identity,)).fetchone()
        db.close()
        return tuple(row)


@dataclass(frozen=True)
class Trace:
    """What must be found: the identity (empty where no one is to blame) and the line (0 where none is)."""

    identity: str
    line: int


Mutation = Callable[[Scene, str], Trace]


def flip_a_byte(scene: Scene, identity: str) -> Trace:
    """Change one byte anywhere."""
    content = bytearray(scene.file(identity).read_bytes())
    index = scene.random.randrange(len(content))
    content[index] ^= scene.random.randrange(1, 256)
    line = scene.file(identity).read_bytes()[:index].count(b"\n") + 1
    scene.file(identity).write_bytes(content)
    return Trace(identity, line)


def cut_anywhere(scene: Scene, identity: str) -> Trace:
    """Cut the end off at any byte."""
    content = scene.file(identity).read_bytes()
    kept = content[: scene.random.randrange(len(content))]
    scene.file(identity).write_bytes(kept)
    return Trace(identity, kept.count(b"\n") + 1)


def cut_lines(scene: Scene, identity: str) -> Trace:
    """Cut off whole lines."""
    lines = scene.lines(identity)
    kept = scene.random.randrange(len(lines))
    scene.rewrite(identity, lines[:kept])
    return Trace(identity, kept + 1)


def drop_a_line(scene: Scene, identity: str) -> Trace:
    """Take one line out."""
    lines = scene.lines(identity)
    index = scene.random.randrange(len(lines))
    scene.rewrite(identity, lines[:index] + lines[index + 1 :])
    return Trace(identity, index + 1)


def repeat_a_line(scene: Scene, identity: str) -> Trace:
    """Write one line twice."""
    lines = scene.lines(identity)
    index = scene.random.randrange(len(lines))
    scene.rewrite(identity, lines[: index + 1] + lines[index:])
    return Trace(identity, index + 2)


def swap_lines(scene: Scene, identity: str) -> Trace:
    """Exchange two lines."""
    lines = scene.lines(identity)
    one, other = sorted(scene.random.sample(range(len(lines)), 2))
    lines[one], lines[other] = lines[other], lines[one]
    scene.rewrite(identity, lines)
    return Trace(identity, one + 1)


def line_of_another(scene: Scene, identity: str) -> Trace:
    """Put a line of another identity in the place of one."""
    other = scene.random.choice([name for name in scene.identities if name != identity])
    lines, others = scene.lines(identity), scene.lines(other)
    index = scene.random.randrange(min(len(lines), len(others)))
    lines[index] = others[index]
    scene.rewrite(identity, lines)
    return Trace(identity, index + 1)


def swap_files(scene: Scene, identity: str) -> Trace:
    """Exchange the files of two identities."""
    other = scene.random.choice([name for name in scene.identities if name != identity])
    mine, others = scene.file(identity).read_bytes(), scene.file(other).read_bytes()
    scene.file(identity).write_bytes(others)
    scene.file(other).write_bytes(mine)
    return Trace(identity, 1)


def older_file(scene: Scene, identity: str) -> Trace:
    """Put the file back to an earlier moment."""
    shutil.copyfile(scene.file(identity, scene.earlier), scene.file(identity))
    return Trace(identity, len(scene.lines(identity)) + 1)


def no_file(scene: Scene, identity: str) -> Trace:
    """Delete the file."""
    scene.file(identity).unlink()
    return Trace(identity, 1)


def empty_file(scene: Scene, identity: str) -> Trace:
    """Empty the file."""
    scene.file(identity).write_bytes(b"")
    return Trace(identity, 1)


def forge_with_another_key(scene: Scene, identity: str) -> Trace:
    """Append a line as we would write it, under another key."""
    lines = scene.lines(identity)
    at = Position(len(lines), hash_of(lines[-1]), sum(map(len, lines)))
    forged = Entry(0, "2026-11-22T00:00:00.000Z", "person", "secrets.get", "ok", "", "", "")
    _, line = Chain(RootKey(bytes(32), "another")).line(identity, at, forged)
    scene.rewrite(identity, [*lines, line])
    return Trace(identity, len(lines) + 1)


def forge_from_the_last(scene: Scene, identity: str) -> Trace:
    """Append the last line once more with the next number."""
    lines = scene.lines(identity)
    fields = json.loads(lines[-1])
    fields["seq"] += 1
    scene.rewrite(identity, [*lines, json.dumps(fields, ensure_ascii=False).encode() + b"\n"])
    return Trace(identity, len(lines) + 1)


def link_to_the_same(scene: Scene, identity: str) -> Trace:
    """Put a link in place of the file, with the same content behind it, which can be changed later."""
    elsewhere = scene.folder / "elsewhere"
    scene.file(identity).rename(elsewhere)
    scene.file(identity).symlink_to(elsewhere)
    return Trace(identity, 0)


def edit_the_head(scene: Scene, identity: str) -> Trace:
    """Change one column of the head."""
    column, value = scene.random.choice(
        [("seq", 3), ("hash", "0" * 64), ("bytes", 7), ("mac", "0" * 64), ("seq", 0)]
    )
    scene.sql(f"UPDATE audit_heads SET {column} = ? WHERE identity = ?", value, identity)
    return Trace(identity, -1)


def cut_and_edit_the_head(scene: Scene, identity: str) -> Trace:
    """Cut lines off, and make the head say what the last one that is left says."""
    lines = scene.lines(identity)
    kept = lines[: scene.random.randrange(1, len(lines))]
    scene.rewrite(identity, kept)
    values = (len(kept), hash_of(kept[-1]), sum(map(len, kept)))
    scene.sql("UPDATE audit_heads SET seq = ?, hash = ?, bytes = ? WHERE identity = ?", *values, identity)
    return Trace(identity, -1)


def older_file_and_head(scene: Scene, identity: str) -> Trace:
    """Put both the file and its head back to an earlier moment."""
    older_file(scene, identity)
    row = scene.earlier_row(identity)
    scene.sql("INSERT OR REPLACE INTO audit_heads VALUES (?, ?, ?, ?, ?)", *row)
    return Trace("", 0)


def no_head(scene: Scene, identity: str) -> Trace:
    """Delete the head, and cut lines off."""
    cut_lines(scene, identity)
    scene.sql("DELETE FROM audit_heads WHERE identity = ?", identity)
    return Trace("", 0)


def no_head_and_no_file(scene: Scene, identity: str) -> Trace:
    """Delete all that tells of the identity."""
    scene.file(identity).unlink()
    scene.sql("DELETE FROM audit_heads WHERE identity = ?", identity)
    return Trace("", 0)


def no_register(scene: Scene, identity: str) -> Trace:
    """Delete the head and the register that counts it."""
    no_head_and_no_file(scene, identity)
    scene.sql("DELETE FROM audit_register")
    return Trace("", 0)


def edit_the_register(scene: Scene, identity: str) -> Trace:
    """Delete the head, and count one less."""
    no_head_and_no_file(scene, identity)
    scene.sql("UPDATE audit_register SET heads = heads - 1")
    return Trace("", 0)


MUTATIONS: tuple[Mutation, ...] = (
    flip_a_byte,
    cut_anywhere,
    cut_lines,
    drop_a_line,
    repeat_a_line,
    swap_lines,
    line_of_another,
    swap_files,
    older_file,
    no_file,
    empty_file,
    forge_with_another_key,
    forge_from_the_last,
    link_to_the_same,
    edit_the_head,
    cut_and_edit_the_head,
    older_file_and_head,
    no_head,
    no_head_and_no_file,
    no_register,
    edit_the_register,
)
