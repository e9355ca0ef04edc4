"""`constellagent diff`: what an agent changed, as a list with counts and as a patch.

On a terminal both are shown, in colour and free of control characters. Into a pipe goes the patch alone, byte
for byte as `git apply` takes it; untracked files are new files in it.
"""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import Annotated

from constellagent.errors import ConstellagentError, UsageError
from constellagent.faces.blocking import BlockingClient
from constellagent.faces.cli import pager, patch_colours, screen
from constellagent.faces.cli.declare import Agent, Argument, File, Json, Option
from constellagent.faces.cli.place import constellation_file
from constellagent.faces.cli.reach import daemon
from constellagent.faces.wording import counted
from constellagent.runtime.diff_views import DiffRequest, DiffView, FileChange
from constellagent.runtime.review_views import WORKTREE
from constellagent.spec.suggest import did_you_mean

_SIGNS = {
    "added": "A",
    "modified": "M",
    "deleted": "D",
    "renamed": "R",
    "copied": "C",
    "type": "T",
    "unmerged": "U",
    "untracked": "?",
}
_SHORT = 10
_FILES_AT_ONCE = 200
_LINES_AT_ONCE = 5_000


def diff(
    agent: Agent,
    paths: Annotated[
        list[str] | None, Argument("PATH", "Only these files and folders of the worktree.")
    ] = None,
    *,
    file: File = None,
    against: Annotated[
        str | None,
        Option(("--against",), "Compare with base, HEAD, index, or a commit [default: base].", "COMMIT"),
    ] = None,
    to: Annotated[
        str | None,
        Option(("--to",), "Compare it to worktree, index, or a commit [default: worktree].", "COMMIT"),
    ] = None,
    staged: Annotated[
        bool, Option(("--staged",), "What is staged: against HEAD (or --against) to index.")
    ] = False,
    run: Annotated[
        str | None, Option(("--run",), "The work of one run of a schedule; enough of its id.", "ID")
    ] = None,
    ignore_space: Annotated[
        bool, Option(("--ignore-space", "-w"), "Leave changes of white space out.")
    ] = False,
    stat: Annotated[bool, Option(("--stat",), "List the files only.")] = False,
    pages: Annotated[
        bool, Option(("--pager/--no-pager",), "Show it through $GIT_PAGER, $PAGER or less on a terminal.")
    ] = True,
    as_json: Json = False,
) -> int:
    """Show what an agent changed in its worktree.

    Compares with the point where its branch left the base; commits, staged and unstaged changes and untracked
    files all count. A pipe gets a patch for `git apply`.

    Raises:
        UsageError: there is no such agent, commit, run or changed file, or no such comparison.
        ConstellagentError: part of the patch is missing, because a file's is too long.
    """
    request = DiffRequest(file=constellation_file(file), agent=agent)
    _choose(request, against, to, run, staged=staged)
    if ignore_space:
        request["ignore_space"] = True
    missing: list[str] = []
    with daemon() as client:
        view = _narrowed(client.diff(request), paths)
        parts = iter(()) if stat else _patches(client, request, view["files"], missing)
        if as_json:
            if not stat:
                view["patch"] = "".join(parts)
                view["truncated"] = view["truncated"] or bool(missing)
            screen.say_json(view)
            return 0
        with pager.paged() if pages else nullcontext():
            if stat or sys.stdout.isatty():
                _say_list(view)
            for part in parts:
                _say_patch(part)
    _tell_rest(view, missing, stat=stat)
    return 0


def _choose(
    request: DiffRequest, against: str | None, to: str | None, run: str | None, *, staged: bool
) -> None:
    """Say in the request what to compare.

    Raises:
        UsageError: the options do not go together.
    """
    if run is not None:
        if against is not None or to is not None or staged:
            raise UsageError("--run says both sides itself", hint="leave --against, --to and --staged out")
        request["run"] = run
        return
    if staged and to is not None:
        raise UsageError(
            "--staged compares to the index, and --to to something else", hint="give one of them"
        )
    request["against"] = against or ("HEAD" if staged else "base")
    if staged or to is not None:
        request["to"] = to or "index"


def _narrowed(view: DiffView, paths: Sequence[str] | None) -> DiffView:
    """Keep the files that were asked for, and count only these.

    Raises:
        UsageError: one of `paths` names no changed file, and no folder with one.
    """
    if not paths:
        return view
    wanted = [os.path.normpath(path) for path in paths]
    names = {change["path"] for change in view["files"]}
    for path in wanted:
        if not any(_within(name, path) for name in names):
            raise UsageError(
                f"{view['agent']} changed nothing at {path!r}{did_you_mean(path, names)}",
                hint=f"`constellagent diff {view['agent']} --stat` lists what it changed",
            )
    view["files"] = [
        change for change in view["files"] if any(_within(change["path"], path) for path in wanted)
    ]
    view["added"] = sum(change["added"] or 0 for change in view["files"])
    view["removed"] = sum(change["removed"] or 0 for change in view["files"])
    return view


def _within(name: str, path: str) -> bool:
    return path == "." or name.rstrip("/") == path or name.startswith(f"{path}/")


def _patches(
    client: BlockingClient, request: DiffRequest, files: Sequence[FileChange], missing: list[str]
) -> Iterator[str]:
    """Fetch the patch in parts, some files at a time; notes in `missing` whose patch is not whole."""
    group: list[FileChange] = []
    lines = 0
    for change in files:
        own = (change["added"] or 0) + (change["removed"] or 0)
        if group and (len(group) >= _FILES_AT_ONCE or lines + own > _LINES_AT_ONCE):
            yield from _fetched(client, request, group, missing)
            group, lines = [], 0
        group.append(change)
        lines += own
    if group:
        yield from _fetched(client, request, group, missing)


def _fetched(
    client: BlockingClient, request: DiffRequest, group: Sequence[FileChange], missing: list[str]
) -> Iterator[str]:
    """Fetch one part; where it is too long, or a file of it is no change any more, in halves."""
    try:
        view = client.diff({**request, "paths": [change["path"] for change in group]})
    except UsageError:
        view = None
    whole = view is not None and not view["truncated"]
    if view is not None and (whole or len(group) == 1):
        if not whole:
            missing.append(group[0]["path"])
        yield view["patch"] or ""
    elif len(group) > 1:
        half = len(group) // 2
        yield from _fetched(client, request, group[:half], missing)
        yield from _fetched(client, request, group[half:], missing)
    else:
        missing.append(group[0]["path"])


def _say_list(view: DiffView) -> None:
    rows = [
        [
            _SIGNS[change["status"]],
            _name(change),
            *_size(change),
        ]
        for change in view["files"]
    ]
    head = ["", "FILE", "ADDED", "REMOVED"]
    if rows:
        for number, row in enumerate(screen.table(head, rows, screen.terminal_columns())):
            colours = ["dim"] * 4 if number == 0 else ["yellow", "", "green", "red"]
            cells = [
                screen.paint(cell, colour, sys.stdout) for cell, colour in zip(row, colours, strict=True)
            ]
            screen.say("  ".join(cells).rstrip())
    screen.say(_summary(view))


def _size(change: FileChange) -> tuple[str, str]:
    """Return how much was added and removed, or what is changed instead of lines."""
    added, removed = change["added"], change["removed"]
    if (added, removed) == (0, 0) and change["old_mode"] and change["old_mode"] != change["mode"]:
        return f"{change['old_mode']} -> {change['mode']}", ""
    if added is None or removed is None:
        return "binary", ""
    return f"+{added}", f"-{removed}"


def _summary(view: DiffView) -> str:
    sides = [_side(view["against"], view["commit"])]
    if view["to"] != WORKTREE:
        sides.append(_side(view["to"], view["to_commit"]))
    files = counted(len(view["files"]), "file")
    lines = f"{view['added']} lines added, {view['removed']} removed"
    return f"{files} changed against {' to '.join(sides)}, {lines}"


def _side(word: str, commit: str) -> str:
    """Return how a side is called: by its word, and the commit where that is not the same."""
    if word == commit:
        return word[:_SHORT]
    return f"{word} ({commit[:_SHORT]})" if commit else word


def _name(change: FileChange) -> str:
    old = change["old_path"]
    return change["path"] if old is None else f"{old} -> {change['path']}"


def _say_patch(part: str) -> None:
    """Write a part of the patch: in colour for a person, as it is for a program."""
    if sys.stdout.isatty():
        for colour, line in patch_colours.coloured(part):
            screen.say(screen.paint(screen.clean(line), colour, sys.stdout))
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(part.encode("utf-8", "surrogateescape"))
        sys.stdout.buffer.flush()


def _tell_rest(view: DiffView, missing: Sequence[str], *, stat: bool) -> None:
    """Say what the output does not show.

    Raises:
        ConstellagentError: the patch is not whole.
    """
    if not view["files"] and not stat and not sys.stdout.isatty():
        screen.tell(_summary(view))
    if view["truncated"]:
        screen.tell("note: there is more than is listed and counted here")
    binary = [change for change in view["files"] if change["added"] is None]
    if binary and not stat:
        screen.tell(f"note: of {counted(len(binary), 'binary file')} the patch holds the name only")
    if missing:
        raise ConstellagentError(
            f"the patch is not whole: {counted(len(missing), 'file')} too long, or changed meanwhile: "
            + ", ".join(missing[:5])
            + (" ..." if len(missing) > 5 else ""),
            hint="use git in the agent's worktree for these",
        )
