"""Answers what is to be changed in a worktree, one change at a time for each of them."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from constellagent.errors import UsageError
from constellagent.runtime.clock import Clock
from constellagent.runtime.edits import (
    authors,
    bases,
    commits,
    discarding,
    facts,
    hunks,
    merging,
    pushes,
    saving,
    staging,
)
from constellagent.runtime.edits.authors import Author, Identity
from constellagent.runtime.edits.choosing import Choice
from constellagent.runtime.edits.merging import Wanted
from constellagent.runtime.git import Git
from constellagent.runtime.live_views import Trace
from constellagent.runtime.review_views import BrowseRequest, ChangeRequest, DoneView
from constellagent.runtime.standing import Standing


async def _nobody(file: str, agent: str) -> Author | None:  # noqa: ARG001 - has the shape of `Identity`
    return None


async def _unheard(file: str, agent: str, text: str, *, as_agent: bool = False) -> None:
    """Have the shape of `Trace`."""


class Editor:
    """Looks at and changes the worktrees of agents; keeps nothing but who is changing what."""

    def __init__(self, git: Git, clock: Clock, identity: Identity = _nobody, trace: Trace = _unheard) -> None:
        """`git` runs in the worktrees; `identity` says who an agent commits as."""
        self._trace = trace
        self._git = git
        self._clock = clock
        self._identity = identity
        self._locks: WeakValueDictionary[Path, asyncio.Lock] = WeakValueDictionary()

    async def answer(self, standing: Standing, request: BrowseRequest) -> Any:
        """Return a `FactsView`, the hunks of a file, or a `MergeView`.

        Raises:
            UsageError: the request lacks something.
            ConflictError: there is no branch to merge.
            GitError: git failed.
        """
        git, folder = self._git, standing.folder
        match request["action"]:
            case "facts":
                return await facts.facts(
                    git, standing, await self._identity(request["file"], standing.agent.name)
                )
            case "hunks":
                staged = request.get("staged", False)
                return (await hunks.read(git, folder, _path(request), staged=staged)).views()
            case "merge":
                return await merging.preview(git, folder, standing.agent.base)
            case unknown:
                raise UsageError(f"there is nothing called {unknown!r} to look at here")

    async def change(self, standing: Standing, request: ChangeRequest) -> Any:
        """Do what is asked, alone in this worktree as far as this process goes.

        Raises:
            UsageError: the request lacks something, or names what is not there.
            ConflictError: something is not what it was when it was looked at.
            RefusedError: something would be lost.
            GitError: git failed.
        """
        if request["action"] == "merge":
            return await self._merge(standing, request)
        async with self._alone(standing.folder):
            return await self._change(standing, request)

    def _alone(self, folder: Path) -> asyncio.Lock:
        return self._locks.setdefault(folder, asyncio.Lock())

    async def _change(self, standing: Standing, request: ChangeRequest) -> Any:
        git, folder, agent = self._git, standing.folder, standing.agent.name
        match request["action"]:
            case "save":
                return await saving.save(
                    folder,
                    _path(request),
                    _text(request, "text"),
                    _text(request, "version"),
                    encoding=request.get("encoding"),
                    eol=request.get("eol"),
                )
            case "remove":
                removed = await saving.remove(
                    git, self._clock, folder, agent, _path(request), _text(request, "version")
                )
                await self._trace(request["file"], agent, f"removed a file, kept in {removed['rescue']}")
                return removed
            case "stage" | "unstage" | "discard":
                return await self._move(standing, request)
            case "commit":
                return await self._commit(standing, request)
            case "push":
                sheltered = standing.agent.spec.sandbox.kind != "none"
                only = standing.agent.branch if sheltered else ""
                pushed = await pushes.push(git, folder, request.get("remote"), only=only)
                if pushed.moved:
                    await self._trace(request["file"], agent, pushed.line)
                return DoneView(done=[pushed.line], rescue="")
            case unknown:
                raise UsageError(f"there is nothing called {unknown!r} to do here")

    async def _move(self, standing: Standing, request: ChangeRequest) -> DoneView:
        """Stage, unstage or discard files or hunks."""
        git, folder, action = self._git, standing.folder, request["action"]
        if action == "discard":
            return await self._discard(standing, request)
        if "hunks" in request:
            return await self._move_hunks(standing, action, _path(request), request["hunks"])
        choice = _choice(request)
        act: Callable[[Git, Path, Choice], Awaitable[list[str]]] = (
            staging.stage if action == "stage" else staging.unstage
        )
        return DoneView(done=await act(git, folder, choice), rescue="")

    async def _discard(self, standing: Standing, request: ChangeRequest) -> DoneView:
        git, clock, folder, agent = self._git, self._clock, standing.folder, standing.agent.name
        if "hunks" in request:
            path, ids = _path(request), request["hunks"]
            gone = await discarding.discard_hunks(git, clock, folder, agent, path, ids)
        else:
            gone = await discarding.discard(git, clock, folder, agent, _choice(request))
        if gone.changes:
            kept = f", kept in {gone.view['rescue']}" if gone.view["rescue"] else ""
            await self._trace(request["file"], agent, f"discarded {_many(gone.changes, 'change')}{kept}")
        return gone.view

    async def _move_hunks(self, standing: Standing, action: str, path: str, ids: Sequence[str]) -> DoneView:
        git, folder = self._git, standing.folder
        patch = await hunks.read(git, folder, path, staged=action == "unstage")
        picked = patch.chosen(ids)
        if patch.whole:
            whole = staging.stage if action == "stage" else staging.unstage
            return DoneView(done=await whole(git, folder, Choice.of([path])), rescue="")
        act = hunks.stage if action == "stage" else hunks.unstage
        await act(git, folder, patch, picked)
        return DoneView(done=[f"{action}d {len(picked)} of {len(patch.hunks)} hunks of {path}"], rescue="")

    async def _commit(self, standing: Standing, request: ChangeRequest) -> Any:
        git, folder = self._git, standing.folder
        message = _text(request, "message")
        commits.message_bytes(message)
        author = await self._author(standing, request, first="agent")
        every = request.get("all", False)
        if every:
            await staging.stage(git, folder, Choice())
        person = await authors.person(git, folder)
        own = author == await self._identity(request["file"], standing.agent.name)
        made = await commits.commit(git, folder, message, author, sign=author == person, every=every)
        text = f"committed {_many(made.files, 'file')} as {author}"
        await self._trace(request["file"], standing.agent.name, text, as_agent=own)
        return made.view

    async def _merge(self, standing: Standing, request: ChangeRequest) -> Any:
        """Merge alone in the repository too. The worktree's lock comes before its repository's, always."""
        author = await self._author(standing, request, first="person")
        common = await bases.common_folder(self._git, standing.folder)
        async with self._alone(standing.folder), self._alone(common):
            merged = await merging.merge(
                self._git,
                standing.folder,
                standing.agent.base,
                Wanted(
                    _text(request, "method"), author, request.get("message", ""), request.get("commit", "")
                ),
            )
        if merged["commit"] != merged["before"]:
            await self._trace(request["file"], standing.agent.name, merged["done"][0])
        return merged

    async def _author(self, standing: Standing, request: ChangeRequest, *, first: str) -> Author:
        agent = await self._identity(request["file"], standing.agent.name)
        person = await authors.person(self._git, standing.folder)
        return authors.chosen(request.get("author"), agent=agent, person=person, first=first)


def _path(request: BrowseRequest | ChangeRequest) -> str:
    if "path" not in request:
        raise UsageError(f"{request['action']} needs a path")
    return request["path"]


def _choice(request: ChangeRequest) -> Choice:
    paths = request.get("paths")
    return Choice.of([request["path"]] if paths is None and "path" in request else paths)


def _many(count: int, what: str) -> str:
    return f"1 {what}" if count == 1 else f"{count} {what}s"


def _text(request: ChangeRequest, key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str):
        raise UsageError(f"{request['action']} needs {key}")
    return value
