"""The quick reader of a command line: takes the plain cases, and leaves all others to typer.

Typer and the pydantic that it loads cost ten times what a `status` costs, so a well-formed call does not
import them. Whatever is not plainly right (a mistake, a request for help, an odd spelling) gives None, and
typer, which is told the same declarations, answers it. A test holds that both read alike.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args, get_origin

from constellagent.faces.cli.declare import Argument, Option, Rest


class Parameter:
    """One parameter of a command's function: its marker, its type, and whether it may be left out."""

    def __init__(self, name: str, annotation: Any, *, required: bool, default: Any) -> None:
        declared, *markers = get_args(annotation)
        self.name = name
        self.declared = declared
        self.marker: Option | Argument | Rest = markers[0]
        self.required = required
        self.default = default
        kinds = [kind for kind in get_args(declared) or (declared,) if kind is not type(None)]
        if get_origin(declared) is list:
            kinds = [declared]
        self.many = get_origin(kinds[0]) is list
        self.kind: type = get_args(kinds[0])[0] if self.many else kinds[0]


def parameters(function: Callable[..., int]) -> list[Parameter]:
    """Return the parameters of a command in the order in which it declares them."""
    code, keyword_defaults = function.__code__, function.__kwdefaults__ or {}
    positional = code.co_varnames[: code.co_argcount]
    late = function.__defaults__ or ()
    defaults = dict(zip(positional[len(positional) - len(late) :], late, strict=True)) | keyword_defaults
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return [
        Parameter(
            name, function.__annotations__[name], required=name not in defaults, default=defaults.get(name)
        )
        for name in names
    ]


def read(function: Callable[..., int], words: Sequence[str]) -> dict[str, Any] | None:
    """Return the arguments for `function`, or None where typer should look at `words`."""
    declared = parameters(function)
    flags = {
        flag: parameter
        for parameter in declared
        if isinstance(parameter.marker, Option)
        for flag in parameter.marker.flags
    }
    values: dict[str, Any] = {}
    free: list[str] = []
    remaining = iter(words)
    for word in remaining:
        if word == "-" or not word.startswith("-"):
            free.append(word)
        elif not _take(flags, word, remaining, values):
            return None
    return _place(declared, free, values)


def _take(flags: dict[str, Parameter], word: str, remaining: Iterable[str], values: dict[str, Any]) -> bool:
    """Read one option into `values`; False where it is not plainly right."""
    flag, equals, text = word.partition("=")
    if equals and not flag.startswith("--"):
        return False
    parameter = flags.get(flag)
    if parameter is None:
        return False
    if parameter.kind is bool:
        values[parameter.name] = True
        return not equals
    value = text if equals else next(iter(remaining), "-")
    if value.startswith("-") or not value:
        return False
    try:
        converted = parameter.kind(value)
    except ValueError:
        return False
    if parameter.many:
        values.setdefault(parameter.name, []).append(converted)
    else:
        values[parameter.name] = converted
    return True


def _place(declared: list[Parameter], free: list[str], values: dict[str, Any]) -> dict[str, Any] | None:
    """Give the free words to the positional parameters; None where they do not fit."""
    for parameter in declared:
        if parameter.name in values:
            continue
        if isinstance(parameter.marker, Argument) and parameter.many:
            if parameter.required and not free:
                return None
            values[parameter.name], free = free or parameter.default, []
        elif isinstance(parameter.marker, Argument) and free:
            values[parameter.name] = free.pop(0)
        elif parameter.required and not isinstance(parameter.marker, Rest):
            return None
        else:
            values[parameter.name] = parameter.default
    return None if free else values
