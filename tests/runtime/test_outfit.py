"""What sessions of coding agents are fitted out with, and which conversation they take up."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from constellagent.agents import start as table
from constellagent.agents.kind import Kind, Place, Start, Task, Tools
from constellagent.errors import WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime.outfit import Outfit, Outfits
from constellagent.runtime.paths import Paths
from constellagent.runtime.store.conversations import ConversationRow, ConversationRows
from constellagent.runtime.store.database import Database
from constellagent.spec.models import Agent
from tests.plan.samples import declared

ENV = {"HOME": "/home/person", "CONSTELLAGENT_EMAIL": "docs@acme.test", "CONSTELLAGENT_PHONE": "+12025550100"}


class Seen:
    """A kind that notes what it is told. The real ones look for transcripts of their own programs."""

    def __init__(self, transcripts: Path) -> None:
        self.transcripts = transcripts
        self.told: list[tuple[Task, Place, Tools | None]] = []

    def kind(self, **changes: Any) -> Kind:
        """Return it."""
        whole = Kind(
            "codex",
            "codex",
            self.start,
            transcripts=lambda talk, _: (f"{self.transcripts}/*/{talk}.jsonl",),
            keeps_conversations=True,
            chooses_conversation=True,
            hooks=True,
            mcp=True,
        )
        return replace(whole, **changes)

    def start(self, spec: Agent, task: Task, place: Place, tools: Tools | None) -> Start:
        """Note it all."""
        del spec
        self.told.append((task, place, tools))
        return Start(("codex",), files={"a": "b"})


class Wardrobe:
    """Outfits of one constellation, with a kind that notes what it is told."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.rows = ConversationRows(database)
        self.seen = Seen(folder / "transcripts")
        self.paths = Paths(folder / "home")
        self.outfits = Outfits("c", "acme", self.paths, Path("/repo/.git"), self.rows)
        self.folder = folder

    def agent(self, **block: Any) -> DesiredAgent:
        """Return a declared agent."""
        return declared(docs={"kind": "codex", "prompt": "Write.", **block}).agents["docs"]

    async def own(self, session: str = "s-2", **block: Any) -> Outfit:
        """Fit out the agent's own session."""
        return await self.outfits.own(self.agent(**block), session, Path("/w/docs"), ENV)

    async def before(self, talk: str = "talk-1", **changes: Any) -> None:
        """Let there have been a session in a conversation that its program still has."""
        row = ConversationRow("s-1", "c", "docs", "agent", "codex", talk, "/w/docs", "", "", 1.0)
        await self.rows.begin(replace(row, **changes))
        place = self.seen.transcripts / "2026" / f"{talk}.jsonl"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("{}\n")


@pytest.fixture
def wardrobe(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wardrobe:
    """Give one."""
    made = Wardrobe(database, tmp_path)
    monkeypatch.setitem(table.KINDS, "codex", made.seen.kind())
    return made


async def test_a_first_session_begins_a_conversation_of_our_choosing(wardrobe: Wardrobe) -> None:
    """It has a new id, the prompt, and everything that a session gets."""
    outfit = await wardrobe.own()

    (task, place, tools), talk = wardrobe.seen.told[0], outfit.talk
    assert talk is not None
    assert tools is not None
    assert task.conversation is not None
    assert (task.prompt, task.headless, task.conversation.resumed) == ("Write.", False, False)
    assert talk.id == task.conversation.id != ""
    assert not talk.resumed
    assert talk.why == ""
    assert place.folder == wardrobe.paths.sessions / "s-2" / "agent"
    assert place.git == (Path("/repo/.git"),)
    assert tools.hook == (str(wardrobe.paths.hook_program),)
    assert tools.mcp == (str(wardrobe.paths.mcp_program),)
    assert "docs@acme.test" in tools.instructions
    assert outfit.profile is None


async def test_the_next_session_goes_on(wardrobe: Wardrobe) -> None:
    """With the same id; it gets the declared prompt again only if that was another one before."""
    first = await wardrobe.own("s-0")
    assert first.talk is not None
    await wardrobe.before(first.talk.id, prompt=first.talk.prompt)

    second, changed = await wardrobe.own(), await wardrobe.own(prompt="Write more.")

    assert second.talk == replace(first.talk, resumed=True)
    assert [task.prompt for task, _, _ in wardrobe.seen.told] == ["Write.", None, "Write more."]
    assert changed.talk is not None
    assert (changed.talk.id, changed.talk.resumed) == (first.talk.id, True)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kind": "claude"}, "with claude"),
        ({"worktree": "/elsewhere"}, "took place in /elsewhere"),
        ({"profile": "/p"}, "another profile"),
    ],
)
async def test_another_ones_conversation_is_not_taken_up(
    wardrobe: Wardrobe, changes: dict[str, str], why: str
) -> None:
    """Programs find a conversation again only where it was; a new one begins, and it is said why."""
    await wardrobe.before(**changes)

    talk = (await wardrobe.own()).talk

    assert talk is not None
    assert not talk.resumed
    assert why in talk.why
    assert talk.id != "talk-1"


async def test_a_transcript_that_is_gone_is_no_conversation(wardrobe: Wardrobe) -> None:
    """A new one begins with the prompt."""
    await wardrobe.before()
    (wardrobe.seen.transcripts / "2026" / "talk-1.jsonl").unlink()

    talk = (await wardrobe.own()).talk

    assert talk is not None
    assert "not there any more" in talk.why
    assert wardrobe.seen.told[0][0].prompt == "Write."


async def test_the_worktrees_own_folder_is_named(wardrobe: Wardrobe, tmp_path: Path) -> None:
    """As git's file in the worktree says it, beside the folder that all share; a sandbox needs both."""
    (tmp_path / ".git").write_text("gitdir: /repo/.git/worktrees/docs1\n")

    await wardrobe.outfits.own(wardrobe.agent(), "s-5", tmp_path, ENV)

    assert wardrobe.seen.told[0][1].git == (Path("/repo/.git"), Path("/repo/.git/worktrees/docs1"))


async def test_unknown_is_not_absent(wardrobe: Wardrobe, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nobody can look, no new conversation is begun."""
    await wardrobe.before()

    def refuse(_: str) -> None:
        raise PermissionError(13, "Permission denied")

    # The tests may run as root, who can look anywhere.
    with monkeypatch.context() as patched:
        patched.setattr("constellagent.runtime.outfit.glob.glob", lambda _: [])
        patched.setattr("constellagent.runtime.outfit.os.scandir", refuse)
        with pytest.raises(WorldError, match="nobody can say"):
            await wardrobe.own()


async def test_a_program_that_names_its_conversations_itself(
    wardrobe: Wardrobe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first has no id before it tells; one that keeps none has none at all."""
    monkeypatch.setitem(table.KINDS, "codex", wardrobe.seen.kind(chooses_conversation=False))
    first = (await wardrobe.own()).talk
    monkeypatch.setitem(table.KINDS, "codex", wardrobe.seen.kind(keeps_conversations=False))
    none = (await wardrobe.own()).talk

    assert first is not None
    assert first.id == ""
    assert none is None
    assert [task.conversation for task, _, _ in wardrobe.seen.told] == [None, None]


async def test_what_the_file_turns_off_is_not_given(wardrobe: Wardrobe) -> None:
    """No hooks, no tools; without an identity no tools either, and no word of mail."""
    await wardrobe.own(
        options={"hooks": False, "mcp": False, "profile": "agent", "instructions": "Be brief."}
    )
    agent = wardrobe.agent(identity=False)
    await wardrobe.outfits.own(agent, "s-3", Path("/w/docs"), {"HOME": "/home/person"})

    (_, place, tools), (_, other, fewer) = wardrobe.seen.told
    assert tools is not None
    assert fewer is not None
    assert (tools.hook, tools.mcp, tools.mcp_env) == ((), (), ())
    assert tools.instructions.endswith("Be brief.\n")
    assert place.profile == wardrobe.paths.profiles / "c" / "docs" / "codex"
    assert (fewer.mcp, other.profile) == ((), None)
    assert "vault" not in fewer.instructions


async def test_a_run_has_a_conversation_of_its_own(wardrobe: Wardrobe) -> None:
    """Headless, with its own prompt, and never the agent's."""
    await wardrobe.before()

    outfit = await wardrobe.outfits.run(wardrobe.agent(), "s-4", Path("/w/run"), "Do it.", ENV)

    task = wardrobe.seen.told[0][0]
    assert (task.prompt, task.headless) == ("Do it.", True)
    assert outfit.talk is not None
    assert outfit.talk.id not in {"", "talk-1"}
    assert not outfit.talk.resumed
