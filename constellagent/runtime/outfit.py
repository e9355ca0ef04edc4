"""What a session of a coding agent is fitted out with: files, hooks, tools, instructions, its conversation.

The kind says how its program takes each of these; here is what they are for this agent, on this machine. The
person's own configuration of the program is never written.
"""

import asyncio
import glob
import hashlib
import os
import sys
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from constellagent.agents.instructions import Self, instructions
from constellagent.agents.kind import Conversation, Kind, Place, Start, Task, Tools
from constellagent.agents.start import kind_of, start
from constellagent.errors import WorldError
from constellagent.plan.desired import DesiredAgent
from constellagent.runtime import bridge_program
from constellagent.runtime.paths import Paths
from constellagent.runtime.ports import Talk
from constellagent.runtime.store.conversations import ConversationRow, ConversationRows

FILES = "agent"
"""The part of a session's folder that its program may read: what `Start.files` are relative to."""
MCP_VARIABLES = ("RAVI_API_URL", "RAVI_API_KEY", "CONSTELLAGENT_SESSION")


@dataclass(frozen=True, slots=True)
class Outfit:
    """How a session starts, and what is remembered of its conversation.

    Attributes:
        start: the words, variables and files.
        talk: the conversation; None where its kind keeps none.
        profile: the folder of the agent's own configuration of the program; None where it uses the person's.
    """

    start: Start
    talk: Talk | None
    profile: Path | None


class Outfits:
    """Fits out the sessions of one constellation."""

    def __init__(
        self, constellation: str, name: str, paths: Paths, common_dir: Path, conversations: ConversationRows
    ) -> None:
        """`constellation` is its id and `name` its name; `common_dir` is git's folder of the repository."""
        self._constellation = constellation
        self._name = name
        self._paths = paths
        self._common_dir = common_dir
        self._conversations = conversations

    async def own(self, agent: DesiredAgent, session: str, worktree: Path, env: Mapping[str, str]) -> Outfit:
        """Fit out the agent's own session, which goes on with its newest conversation if it can.

        A conversation that goes on gets the declared prompt only if that is another one than it began with.

        Raises:
            WorldError: nobody can say whether its conversation still exists.
        """
        kind = kind_of(agent.spec)
        place = await self._place(agent, kind, session, worktree, env)
        talk = await self._talk(agent, kind, place)
        before = await self._conversations.newest(self._constellation, agent.name)
        asked = talk is not None and talk.resumed and before is not None and before.prompt == talk.prompt
        task = Task(
            prompt=None if asked else agent.spec.prompt,
            conversation=Conversation(talk.id, talk.resumed) if talk is not None and talk.id else None,
        )
        return self._outfit(agent, kind, place, task, talk)

    async def run(
        self, agent: DesiredAgent, session: str, worktree: Path, prompt: str | None, env: Mapping[str, str]
    ) -> Outfit:
        """Fit out a run, which has a conversation of its own."""
        kind = kind_of(agent.spec)
        place = await self._place(agent, kind, session, worktree, env)
        talk = self._new(agent, kind, place) if kind.keeps_conversations else None
        chosen = Conversation(talk.id) if talk is not None and talk.id else None
        return self._outfit(agent, kind, place, Task(prompt, headless=True, conversation=chosen), talk)

    def _outfit(self, agent: DesiredAgent, kind: Kind, place: Place, task: Task, talk: Talk | None) -> Outfit:
        begin = start(agent.spec, task, place, self._tools(agent, kind, place.env))
        return Outfit(begin, talk, None if place.profile is None else Path(place.profile))

    async def _place(
        self, agent: DesiredAgent, kind: Kind, session: str, worktree: Path, env: Mapping[str, str]
    ) -> Place:
        own = agent.spec.own_profile
        profile = self._paths.profiles / self._constellation / agent.name / kind.name
        return Place(
            folder=self._paths.sessions / session / FILES,
            worktree=worktree,
            git=(self._common_dir, *await asyncio.to_thread(_own_folder, worktree)),
            env=env,
            profile=profile if own else None,
        )

    def _tools(self, agent: DesiredAgent, kind: Kind, env: Mapping[str, str]) -> Tools:
        options = agent.spec.options
        able = agent.spec.own_profile or not kind.needs_profile
        mcp = options.mcp and kind.mcp and able and agent.identity is not None
        who = Self(
            agent=agent.name,
            constellation=self._name,
            branch=agent.branch,
            address=env.get("CONSTELLAGENT_EMAIL", ""),
            number=env.get("CONSTELLAGENT_PHONE", ""),
            owner=env.get("CONSTELLAGENT_OWNER", ""),
            tools=mcp,
        )
        return Tools(
            hook=(str(self._paths.hook_program),) if options.hooks and kind.hooks and able else (),
            bridge=(sys.executable, "-IS", str(Path(bridge_program.__file__))),
            mcp=(str(self._paths.mcp_program),) if mcp else (),
            mcp_env=tuple(name for name in MCP_VARIABLES if mcp),
            instructions=instructions(who, options.instructions or ""),
        )

    async def _talk(self, agent: DesiredAgent, kind: Kind, place: Place) -> Talk | None:
        """Return the conversation of the agent's own session: the newest where it exists, else a new one."""
        if not kind.keeps_conversations:
            return None
        before = await self._conversations.newest(self._constellation, agent.name)
        new = self._new(agent, kind, place)
        if before is None:
            return new
        why = await self._lost(before, kind, place)
        if why:
            return _because(new, why)
        return Talk(new.agent, new.kind, before.id, new.worktree, new.profile, new.prompt, resumed=True)

    def _new(self, agent: DesiredAgent, kind: Kind, place: Place) -> Talk:
        return Talk(
            agent=agent.name,
            kind=kind.name,
            id=str(uuid.uuid4()) if kind.chooses_conversation else "",
            worktree=str(place.worktree),
            profile=str(place.profile or ""),
            prompt=_digest(agent.spec.prompt),
        )

    async def _lost(self, before: ConversationRow, kind: Kind, place: Place) -> str:
        """Return why a conversation cannot go on, empty where it can.

        Raises:
            WorldError: that cannot be looked at.
        """
        if before.kind != kind.name:
            return f"the one before was with {before.kind}"
        if before.worktree != str(place.worktree):
            return f"the one before took place in {before.worktree}"
        if before.profile != str(place.profile or ""):
            return "the one before had another profile"
        patterns = kind.transcripts(before.id, place)
        if patterns and not await asyncio.to_thread(_exists, patterns):
            return "the transcript of the one before is not there any more"
        return ""


def _own_folder(worktree: Path) -> tuple[Path, ...]:
    """Return git's own folder of a linked worktree; none where there is no such file to tell it."""
    try:
        told = (worktree / ".git").read_text().strip()
    except OSError:
        return ()
    return (worktree / told.removeprefix("gitdir: "),) if told.startswith("gitdir: ") else ()


def _because(new: Talk, why: str) -> Talk:
    return Talk(new.agent, new.kind, new.id, new.worktree, new.profile, new.prompt, why=why)


def _digest(prompt: str | None) -> str:
    return "" if prompt is None else hashlib.sha256(prompt.encode()).hexdigest()[:16]


def _exists(patterns: tuple[str, ...]) -> bool:
    """Say whether a file of these patterns exists; a folder that cannot be read is no answer.

    Raises:
        WorldError: that cannot be looked at.
    """
    for pattern in patterns:
        if glob.glob(pattern):  # noqa: PTH207 - the pattern is absolute
            return True
        fixed = pattern.split("*", 1)[0].rpartition("/")[0] or "/"
        try:
            os.scandir(fixed).close()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:
            raise WorldError(
                f"nobody can say whether the agent's conversation still exists: {fixed}: {error.strerror}",
                hint="`constellagent restart AGENT --new` begins a new one",
            ) from error
    return False
