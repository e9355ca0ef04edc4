"""Plans as people and programs read them."""

import json
from dataclasses import replace
from pathlib import PurePath
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from constellagent.plan.actions import (
    Action,
    AddSchedule,
    AdoptIdentity,
    ArchiveIdentity,
    ChangeSchedule,
    CreateIdentity,
    CreateWorktree,
    Forget,
    GiveNumber,
    Note,
    Plan,
    RemoveSchedule,
    RemoveWorktree,
    RepairWorktree,
    RestartService,
    RestartSession,
    StartService,
    StartSession,
    StopRun,
    StopService,
    StopSession,
    WriteIdentity,
)
from constellagent.plan.diff import Options, plan
from constellagent.plan.observed import Absent, Observed, ObservedService, SessionFacts, There, WorktreeState
from constellagent.plan.render import summary, to_json, to_lines
from tests.golden_option import Golden
from tests.plan.samples import COMMIT, branch, declared, identity, nothing, session, settled, worktree

PATH = PurePath("/w/docs")

EACH_ACTION: tuple[Action, ...] = (
    CreateIdentity("docs", "why", "docs", "docs", "acme.test", phone=True),
    CreateIdentity("docs", "why", "docs", "docs", None, phone=False),
    AdoptIdentity("docs", "why", "docs", "docs", "acme.test", True, "u-1", "docs@acme.test"),
    GiveNumber("docs", "why", "docs", "docs", "acme.test", True, "u-1", "docs@acme.test"),
    CreateIdentity("docs", "why", "docs", "docs", None, phone=True, host="ravi.example"),
    GiveNumber("docs", "why", "docs", "docs", None, True, "u-1", "d@x.example", host="ravi.example"),
    CreateWorktree("docs", "why", PATH, "agents/docs", COMMIT, new_branch=True),
    CreateWorktree("docs", "why", PATH, "agents/docs", COMMIT, new_branch=False),
    RepairWorktree("docs", "why", PATH),
    WriteIdentity("docs", "why", PATH),
    StartService("db", "why"),
    StartSession("docs", "why"),
    RestartSession("docs", "why", session="s-1"),
    RestartService("db", "why", session="s-9"),
    StopSession("docs", "why", session="s-1"),
    StopRun("docs", "why", session="s-2"),
    StopService("db", "why", session="s-9"),
    RemoveWorktree("docs", "why", PATH),
    RemoveWorktree("docs", "why", PATH, force=True),
    ArchiveIdentity("docs", "why", uuid="u-1", name="docs"),
    AddSchedule("docs", "why", "morning", "{}"),
    ChangeSchedule("docs", "why", "morning", "{}"),
    RemoveSchedule("docs", "why", "morning"),
    Forget("docs", "why"),
)
EACH_NOTE = tuple(Note(symbol, "a-longer-name", "text") for symbol in ("~", "!", "?", "x"))


def page(shown: Plan) -> str:
    """Return the lines and the summary as a face prints them."""
    return "\n".join((*to_lines(shown), summary(shown), ""))


def test_every_action_and_note(golden: Golden) -> None:
    """Each kind of action and note has its line; no kind is left out."""
    assert {type(action) for action in EACH_ACTION} == set(get_args(Action))
    golden("plan/every-kind.txt", page(Plan("acme", EACH_ACTION, EACH_NOTE)))


def test_json_of_every_action(golden: Golden) -> None:
    """Programs get every field of every action under its own name."""
    shown = to_json(Plan("acme", EACH_ACTION, EACH_NOTE))
    golden("plan/every-kind.json.txt", json.dumps(shown, indent=1) + "\n")


def test_first_apply(golden: Golden) -> None:
    """The plan of a first apply."""
    services = {"db": {"command": ["true"]}}
    desired = declared(
        auth={"branch": "feature/auth", "needs": ["db"]}, triage={"autostart": False}, services=services
    )
    seen = Observed({name: nothing() for name in desired.agents}, {"db": ObservedService(Absent())})
    golden("plan/first-apply.txt", page(plan(desired, seen)))


def test_first_apply_at_a_hosted_provider(golden: Golden) -> None:
    """Where identities are made and what may cost money is said for each, and summed up for several."""
    desired = replace(declared(auth={}, docs={}, quiet={"identity": {"phone": False}}), host="ravi.example")
    seen = Observed({name: nothing() for name in desired.agents})
    golden("plan/first-apply-hosted.txt", page(plan(desired, seen)))
    notes = to_json(plan(desired, seen))["notes"]
    assert any("3 identities" in note["text"] and "2 numbers" in note["text"] for note in notes)
    alone = plan(desired, seen, Options(agents=frozenset({"auth"})))
    assert alone.notes == ()


def test_drift(golden: Golden) -> None:
    """The plan of a used constellation in which much has gone its own way."""
    desired = declared(
        ended={}, changed={}, moved={}, foreign={}, lost={}, renamed={"identity": "New Name"}, adopted={}
    )
    agents = desired.agents
    end = {"live": False, "ended_by": "itself", "outcome": "exit status 3"}
    moved = worktree(agents["moved"], state=WorktreeState.MOVED, path=PurePath("/elsewhere"))
    lost = worktree(agents["lost"], state=WorktreeState.MISSING)
    foreign = worktree(agents["foreign"], state=WorktreeState.FOREIGN)
    seen = Observed(
        {
            "ended": settled(agents["ended"], session=session(agents["ended"], **end)),
            "changed": settled(agents["changed"], session=session(agents["changed"], fingerprint="old")),
            "moved": settled(agents["moved"], worktree=moved),
            "foreign": settled(agents["foreign"], worktree=foreign),
            "lost": settled(agents["lost"], worktree=lost, branch=branch()),
            "renamed": settled(agents["renamed"], identity=identity(agents["renamed"], name="Old Name")),
            "adopted": nothing(identity=identity(agents["adopted"], bound=False)),
            "gone": nothing(made_by_us=True),
        }
    )
    golden("plan/drift.txt", page(plan(desired, seen)))


def test_destroy(golden: Golden) -> None:
    """The plan of a destroy with force."""
    desired = declared(docs={}, services={"db": {"command": ["true"]}})
    db = ObservedService(There(SessionFacts("s-9", live=True, fingerprint="")))
    seen = Observed({"docs": settled(desired.agents["docs"])}, {"db": db})
    golden("plan/destroy.txt", page(plan(desired, seen, Options(destroy=True, force=True))))


def test_nothing_to_do() -> None:
    """An empty plan has no lines and says so in its summary."""
    assert to_lines(Plan("acme")) == []
    assert summary(Plan("acme")) == "no changes"


def test_summary_counts_what_is_left_open() -> None:
    """A plan that does nothing because it may not or cannot is not called `no changes`."""
    assert summary(Plan("acme", notes=EACH_NOTE)) == "1 waiting for --restart, 1 unknown, 1 blocked"


@given(st.text())
def test_no_text_can_drive_the_terminal_or_break_a_line(text: str) -> None:
    """Whatever git, a provider or a program said, each note is one line of printable characters."""
    (line,) = to_lines(Plan("acme", notes=(Note("?", "docs", text),)))
    assert line.isprintable()
    assert "\n" not in line


def test_newlines_become_blanks_and_escapes_become_visible() -> None:
    """What git wrote over several lines stays readable, and an escape sequence is shown, not obeyed."""
    (line,) = to_lines(Plan("acme", notes=(Note("?", "d", "a\r\nb\tc\x1b[2J\x07"),)))
    assert line == "? d  a b c\\x1b[2J\\x07"


@given(st.lists(st.sampled_from(EACH_ACTION)), st.lists(st.sampled_from(EACH_NOTE)))
def test_json_survives_a_file(actions: list[Action], notes: list[Note]) -> None:
    """A saved plan equals the plan that it was saved from, and differs from every other."""
    shown = to_json(Plan("acme", tuple(actions), tuple(notes)))
    assert json.loads(json.dumps(shown)) == shown
    longer = Plan("acme", (*actions, Forget("zeta", "why")), tuple(notes))
    assert to_json(longer) != shown
