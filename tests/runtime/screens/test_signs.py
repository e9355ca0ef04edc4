"""The signs of each kind, against what real programs showed; and which session gets which."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from constellagent.agents import kind as agents
from constellagent.agents.start import KINDS
from constellagent.runtime.contexts import load_once
from constellagent.runtime.screens.signs import KnownSigns, compiled, signs_of
from constellagent.runtime.store.constellations import Applied, Constellations
from constellagent.runtime.store.conversations import ConversationRow, ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.runtime.store.sessions import SessionRow
from constellagent.term.activity import Signs
from tests.term.activity.recording import Recording, Verdict, recordings, replay, words

FLOOR = 0.95
"""The share of moments at which the tracker must agree with a person, of each kind and of all."""
RECORDINGS = recordings()
ROW = SessionRow("s", "c", "agent", "docs", "print", 1.0, 10.0, "boot")
FILE = """
version: 1
agents:
  docs: {kind: codex}
  script: {kind: claude, shell: 'echo hello'}
"""


def verdicts(*, hooks: bool) -> Iterator[tuple[str, Verdict]]:
    """Return the kind and the verdict of every check of every recording."""
    for recording in RECORDINGS:
        kind = next(kind for name, kind in KINDS.items() if name == recording.kind)
        heard = kind.read_hook if hooks else None
        for verdict, _ in replay(recording, signs_of(recording.kind), heard):
            yield recording.kind, verdict


@pytest.mark.parametrize("hooks", [False, True], ids=["without hooks", "with hooks"])
def test_the_state_agrees_with_a_person(hooks: bool) -> None:
    """At nearly every recorded moment of every kind; those that are missed are listed."""
    right: dict[str, list[bool]] = defaultdict(list)
    missed = []
    for kind, verdict in verdicts(hooks=hooks):
        right[kind].append(verdict.right)
        if not verdict.right:
            found, source = verdict.found.state, verdict.found.source
            wrong = f"{found} ({verdict.found.reason}) from {source}, not {' or '.join(verdict.says)}"
            missed.append(f"{verdict.where}: {wrong}\n{verdict.screen.rstrip()}\n")
    shares = {kind: sum(each) / len(each) for kind, each in sorted(right.items())}
    every = [one for each in right.values() for one in each]
    score = f"{sum(every)} of {len(every)}, " + ", ".join(f"{k} {v:.1%}" for k, v in shares.items())
    print(score, *missed, sep="\n")
    assert min(sum(every) / len(every), *shares.values()) >= FLOOR, score


@pytest.mark.parametrize(
    "recording", [each for each in RECORDINGS if each.kind in {"claude", "codex"}], ids=str
)
def test_what_hooks_do_not_tell_is_seen(recording: Recording) -> None:
    """Esc fires no hook, nor does a yes: two seconds later the state is right all the same."""
    kind = next(kind for name, kind in KINDS.items() if name == recording.kind)
    scenes = {"refused by Esc", "question refused", "interrupted", "a tool runs"}
    found = [
        (check["check"], words(verdict.found), verdict.right)
        for verdict, check in replay(recording, signs_of(recording.kind), kind.read_hook)
        if check["check"] in scenes
    ]
    assert all(right for _, _, right in found), found
    assert found or recording.name.endswith("trust")


def test_hooks_alone_would_leave_states_stuck() -> None:
    """The recordings have the holes that the screen must close: without it, Esc changes nothing."""
    blind = Signs(titles=(), notifications=())
    stuck = [
        check["check"]
        for recording in RECORDINGS
        if recording.kind == "claude"
        for verdict, check in replay(recording, blind, KINDS["claude"].read_hook)
        if not verdict.right
    ]
    assert {"refused by Esc", "interrupted", "a tool runs"} <= set(stuck)


def test_every_kind_with_a_terminal_of_its_own_was_recorded() -> None:
    """A kind without recordings has no score."""
    assert {recording.kind for recording in RECORDINGS} == KINDS.keys() - {"command"}


def test_recordings_are_small_and_tell_nothing_of_their_maker() -> None:
    """They hold no path of the machine that they were made on, and take little room in the repository."""
    size = 0
    for recording in RECORDINGS:
        text = repr(recording.events)
        assert not re.search(r"/root|constellagent-tests|\br-[a-z0-9_]{8}\b", text), recording.name
        assert str(Path.home()) not in text, recording.name
        size += len(text)
    assert size < 2_000_000


@pytest.mark.parametrize("kind", KINDS)
def test_the_signs_of_every_kind_can_be_used(kind: str) -> None:
    """Their patterns are regular expressions, and so are those of dialogs and readiness."""
    signs = next(each for name, each in KINDS.items() if name == kind).signs
    assert len(signs_of(kind).screens) == len(signs.screens)
    texts = agents.Signs(
        screens=tuple(agents.Sign(text, "waiting") for text in (*signs.dialogs, *signs.ready))
    )
    assert len(compiled(texts).screens) == len(signs.dialogs) + len(signs.ready)


def test_a_kind_has_the_common_signs_or_its_own() -> None:
    """No table means the common one, an empty table none; all of a sign is taken over."""
    own = (agents.Sign("x", "waiting", "question", at_cursor=True, below=3),)
    with_none = compiled(agents.Signs(screens=own))
    with_own = compiled(agents.Signs(titles=own, notifications=()))
    assert (with_none.titles, with_none.notifications) == (Signs().titles, Signs().notifications)
    assert with_own.notifications == ()
    sign = with_none.screens[0]
    assert (sign.pattern.pattern, sign.state, sign.reason) == ("x", "waiting", "question")
    assert (sign.at_cursor, sign.below) == (True, 3)
    assert with_own.titles == with_none.screens


def test_a_kind_of_another_release_has_the_common_signs() -> None:
    """A session that a newer daemon started is followed all the same."""
    assert signs_of("dreamer") == Signs()


async def known(database: Database, text: str | None = FILE) -> KnownSigns:
    """Return what finds signs, with a file that was applied."""
    constellations = Constellations(database)
    if text is not None:
        await constellations.put(Applied("c", "c", Path("/x/c.yaml"), Path("/x"), "hash", text), 1.0)
    return KnownSigns(constellations, ConversationRows(database), load_once)


async def test_the_declaration_tells_the_kind(database: Database) -> None:
    """A session of a kind without conversations is known by the file; a shell line is a command."""
    signs = await known(database)
    assert await signs.of(ROW) is signs_of("codex")
    assert await signs.of(replace(ROW, subject="script")) is signs_of("command")


async def test_the_conversation_tells_it_first(database: Database) -> None:
    """The file may declare another kind by now; the session goes on as what it was started as."""
    signs = await known(database)
    row = ConversationRow("s", "c", "docs", "agent", "claude", "id", "/x", "", "", 1.0)
    await ConversationRows(database).begin(row)
    assert await signs.of(ROW) is signs_of("claude")


@pytest.mark.parametrize(
    ("row", "text"),
    [
        (replace(ROW, role="run"), FILE),
        (replace(ROW, role="service", subject="web"), FILE),
        (replace(ROW, subject="gone"), FILE),
        (ROW, "agents: ["),
        (ROW, None),
    ],
    ids=["a run", "a service", "an agent that is gone", "a file of another release", "never applied"],
)
async def test_others_have_the_common_signs(database: Database, row: SessionRow, text: str | None) -> None:
    """Where no kind of agent draws the screen, or nobody knows which, only common signs count."""
    signs = await known(database, text)
    assert await signs.of(row) == Signs()
