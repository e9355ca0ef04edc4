"""Finds in the code what changes something durably: statements, files, and git; and what has a point.

It reads the text of the program, so a function is found before anybody has run it. What it cannot resolve, as
the flags of a file that come from elsewhere, or a git command that is put together, it takes for a change.
"""

import ast
import re
from collections.abc import Callable, Collection, Iterator, Sequence

Function = ast.FunctionDef | ast.AsyncFunctionDef

_WRITES = re.compile(
    r"\b(INSERT\s+(OR|INTO)|REPLACE\s+INTO|DELETE\s+FROM|UPDATE\s+(OR\s+\w+\s+)?\S+(\s+(AS\s+)?\w+)?\s+SET)\b"
)
_OF_OS = frozenset(
    {"replace", "rename", "renames", "link", "symlink", "unlink", "remove", "rmdir", "removedirs"}
    | {"fsync", "truncate", "ftruncate"}
)
_OF_SHUTIL = frozenset({"rmtree", "move", "copy", "copy2", "copyfile", "copytree"})
_OF_PATHS = frozenset(
    ("write_text", "write_bytes", "rename", "unlink", "symlink_to", "hardlink_to", "rmdir", "touch")
)
_READING = re.compile(r"os\.O_(RDONLY|CLOEXEC|NOFOLLOW|NONBLOCK|DIRECTORY|NOCTTY|PATH|NOATIME)")
_HARMLESS = frozenset(
    (
        *("rev-parse", "ls-files", "cat-file", "rev-list", "for-each-ref", "log", "ls-tree"),
        *("diff", "diff-index", "diff-files", "diff-tree", "status", "check-ignore", "merge-base"),
        *("merge-tree", "var", "version", "grep", "check-attr", "show", "fsck"),
        *("count-objects", "--version", "hash-object", "write-tree", "commit-tree", "mktree"),
    )
)
"""Git commands that change no ref, no index, no file and no configuration.

The last four make objects that nothing refers to yet: nobody can lose them.
"""
_ONLY_LOOKS = {
    "config": {"--get", "--list"},
    "symbolic-ref": {"-q"},
    "stash": {"list"},
    "worktree": {"list"},
}
"""Words with which a command that could change something only looks."""


def text_of(node: ast.AST) -> str | None:
    """Return a text as it stands in the code, with a word for whatever is put into it; None for no text."""
    match node:
        case ast.Constant(value=str() as value):
            return value
        case ast.JoinedStr(values=values):
            return "".join(text_of(value) or "X" for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            first, second = text_of(left), text_of(right)
            return None if first is None and second is None else f"{first or 'X'}{second or 'X'}"
        case _:
            return None


def statement(tree: ast.AST) -> bool:
    """Say whether a statement stands in it that changes a database."""
    return any(_WRITES.search(text) for node in ast.walk(tree) if (text := text_of(node)))


def unnamed(tree: ast.Module, excused: Collection[str] = ()) -> set[str]:
    """Return the functions of a module that change a database without a point, or a reason."""
    constants = {name for name, value in _assigned(tree.body).items() if any(map(statement, value))}

    def writes(function: Function) -> bool:
        return statement(function) or any(
            isinstance(node, ast.Name) and node.id in constants for node in ast.walk(function)
        )

    return pointless(tree, writes, excused)


def files(tree: ast.Module, excused: Collection[str] = ()) -> set[str]:
    """Return the functions of a module that make, change or remove a file without a point, or a reason.

    `write_private` has a point of its own.
    """
    known = _assigned(tree.body)

    def writes(function: Function) -> bool:
        here = known | _assigned(function.body, deep=True)
        return any(isinstance(node, ast.Call) and _of_file(node, here) for node in ast.walk(function))

    return pointless(tree, writes, excused)


def through_git(tree: ast.Module, excused: Collection[str] = ()) -> set[str]:
    """Return the functions of a module that let git change something, outside of a step and with no point."""
    known = _assigned(tree.body)

    def writes(function: Function) -> bool:
        here = known | _assigned(function.body, deep=True)
        stepped = {id(node) for body in _steps(function, here) for node in ast.walk(body)}
        return any(
            id(node) not in stepped and isinstance(node, ast.Call) and _of_git(node, here)
            for node in ast.walk(function)
        )

    return pointless(tree, writes, excused)


def pointless(tree: ast.Module, wanted: Callable[[Function], bool], excused: Collection[str]) -> set[str]:
    """Return the wanted functions of a module that have no point of theirs, nor all who call them."""
    outer = list(outermost(tree.body))
    safe = set(excused) | {one.name for one in outer if _pointed(one)}
    named_by = [(one, _names(one)) for one in outer]
    callers = {
        one.name: {other.name for other, names in named_by if other is not one and one.name in names}
        for one in outer
    }
    while True:
        more = {name for name, by in callers.items() if name.startswith("_") and by and by <= safe} - safe
        if not more:
            return {one.name for one in outer if wanted(one)} - safe
        safe |= more


def outermost(body: Sequence[ast.stmt]) -> Iterator[Function]:
    """Yield the functions and methods that stand in no other function."""
    for node in body:
        if isinstance(node, Function):
            yield node
        elif isinstance(node, ast.ClassDef):
            yield from outermost(node.body)


def passes(call: ast.Call, *names: str) -> bool:
    """Say whether a call is one of what reaches points, by its whole name, imported or of `failpoints`."""
    return re.fullmatch(rf"(failpoints\.)?({'|'.join(names)})", ast.unparse(call.func)) is not None


def steps(call: ast.Call) -> bool:
    """Say whether a call begins a step of a journal."""
    return re.fullmatch(r"([\w.]*\.)?_?journal\.step", ast.unparse(call.func)) is not None


def _pointed(function: Function) -> bool:
    decorated = any(isinstance(one, ast.Call) and passes(one, "around") for one in function.decorator_list)
    return decorated or any(
        isinstance(node, ast.Call) and passes(node, "reach") for node in ast.walk(function)
    )


def _of_file(call: ast.Call, known: dict[str, list[ast.expr]]) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return ast.unparse(call.func) == "open" and _to_write(call, 1)
    owner, name = ast.unparse(call.func.value), call.func.attr
    if owner == "os":
        return name in _OF_OS or (
            name == "open" and ast.unparse(call.args[0]) != "os.devnull" and not _reads(call.args[1], known)
        )
    if owner in {"shutil", "tarfile"}:  # archives are of streams here
        return owner == "shutil" and name in _OF_SHUTIL
    if name in {"replace", "touch"}:  # a text's takes two, a moment's or a tuple's names, a watch's an agent
        return len(call.args) == (name == "replace") and not (call.keywords and name == "replace")
    return name in _OF_PATHS or (name == "open" and _to_write(call, 0))


def _reads(flags: ast.expr, known: dict[str, list[ast.expr]], depth: int = 4) -> bool:
    """Say whether the flags of an `open` are known to be only for reading; those from elsewhere are not."""
    match flags:
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _reads(left, known, depth) and _reads(right, known, depth)
        case ast.IfExp(body=body, orelse=orelse):
            return _reads(body, known, depth) and _reads(orelse, known, depth)
        case ast.Constant(value=0):
            return True
        case ast.Name(id=name):
            values = known.get(name, []) if depth else []
            return bool(values) and all(_reads(value, known, depth - 1) for value in values)
        case _:
            return _READING.fullmatch(ast.unparse(flags)) is not None


def _to_write(call: ast.Call, at: int) -> bool:
    """Say whether the mode of an `open`, the argument at that place, is one to write."""
    modes = [*call.args[at : at + 1], *(word.value for word in call.keywords if word.arg == "mode")]
    return any(
        isinstance(mode, ast.Constant) and re.fullmatch(r"[rbt]*[wax+][rwabt+x]*", str(mode.value))
        for mode in modes
    )


def _of_git(call: ast.Call, known: dict[str, list[ast.expr]]) -> bool:
    """Say whether a call lets git change something: of our class, or as the words of a program."""
    if isinstance(call.func, ast.Attribute) and call.func.attr == "run":
        owner = ast.unparse(call.func.value).lower()
        if re.search(r"(^|[._])git(\(.*)?$", owner, re.DOTALL):
            return _changes(_words(call.args, known))
    if re.search(r"^[A-Z]|^shlex[.]join$", ast.unparse(call.func)):  # words that are shown
        return False
    listed = [one.elts for one in call.args if isinstance(one, ast.List | ast.Tuple)]
    return any(
        _changes(words[1:])
        for args in (call.args, *listed)
        if len(words := _words(args, known)) > 1 and words[0] == "git"
    )


def _words(args: Sequence[ast.expr], known: dict[str, list[ast.expr]]) -> list[str | None]:
    """Return the words of a command; None for one that is not in the code."""
    words: list[str | None] = []
    for arg in args:
        values = [arg]
        if isinstance(arg, ast.Starred) and isinstance(arg.value, ast.Name):
            values = known.get(arg.value.id, [arg])
            if len(values) == 1 and isinstance(values[0], ast.Tuple | ast.List):
                values = list(values[0].elts)
        words += [value.value if isinstance(value, ast.Constant) else None for value in values]  # type: ignore[misc] # git's words are texts
    return words


def _changes(words: Sequence[str | None]) -> bool:
    settled = [*words]
    while settled[:1] in (["-C"], ["-c"]):
        del settled[:2]
    command = settled[0] if settled else None
    if settled == ["remote"]:
        return False
    return command not in _HARMLESS and not _ONLY_LOOKS.get(command or "", set()) & set(settled)


def _steps(function: Function, known: dict[str, list[ast.expr]]) -> Iterator[ast.AST]:
    """Yield the blocks of a function that are steps of a journal."""
    for node in ast.walk(function):
        if isinstance(node, ast.AsyncWith):
            for item in node.items:
                values = [item.context_expr]
                if isinstance(item.context_expr, ast.Name):
                    values = known.get(item.context_expr.id, [])
                if values and all(isinstance(value, ast.Call) and steps(value) for value in values):
                    yield from node.body
                    break


def _assigned(body: Sequence[ast.stmt], *, deep: bool = False) -> dict[str, list[ast.expr]]:
    """Return what is assigned to each name, at the outermost place or (`deep`) anywhere."""
    found: dict[str, list[ast.expr]] = {}
    nodes = (node for one in body for node in ast.walk(one)) if deep else iter(body)
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                names, values = [target], [node.value]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    names, values = target.elts, node.value.elts
                for name, value in zip(names, values, strict=False):
                    if isinstance(name, ast.Name):
                        found.setdefault(name.id, []).append(value)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
            found.setdefault(ast.unparse(node.target), []).append(node.value)
    return found


def _names(function: Function) -> set[str]:
    """Return what a function names: whatever it calls is among it."""
    return {
        node.id if isinstance(node, ast.Name) else node.attr
        for node in ast.walk(function)
        if isinstance(node, ast.Name | ast.Attribute)
    }
