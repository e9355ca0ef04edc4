"""Turns what pydantic found into problems that a person can act on: a place, a path, plain words.

The words of pydantic (`Input should be a valid tuple`) are about Python; these are about the file.
"""

import re
from collections.abc import Callable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic_core import ErrorDetails

from constellagent.errors import Problem
from constellagent.spec.cron import CronError
from constellagent.spec.models import IDENTITY_FORMS, Constellation
from constellagent.spec.names import like_zone
from constellagent.spec.places import Places, Step
from constellagent.spec.suggest import did_you_mean, listed
from constellagent.spec.values import Block

NEVER_FIRES, UNKNOWN_ZONE, UNSAFE = "CS003", "CS002", "CS004"
"""Codes of the rules about schedules that a file breaks as a whole; a cron expression names its own."""

MOST = 500
"""So many problems are told; who has more will not read them."""


def explain(errors: list[ErrorDetails], places: Places) -> list[Problem]:
    """Return the problems of a failed validation."""
    found = [details for details in errors if not _follows(details)]
    problems = [_problem(details, places) for details in found[:MOST]]
    if len(found) > MOST:
        problems.append(Problem(0, 0, "", f"{len(found) - MOST} more problems are not shown"))
    return problems


def steps_of(details: ErrorDetails) -> tuple[Step, ...]:
    """Return where in the file an error is, without pydantic's own marks."""
    return tuple(step for step in details["loc"] if step not in {*IDENTITY_FORMS, "[key]"})


def _follows(details: ErrorDetails) -> bool:
    """Whether an error only follows from others: a list is not too short when its items are wrong."""
    return details["type"] == "too_short" and bool(details["input"])


def _problem(details: ErrorDetails, places: Places) -> Problem:
    steps = steps_of(details)
    kind = details["type"]
    if kind == "value_error":
        return _told(details, steps, places)._replace(rule=_rule(details, steps))
    return _told(details, steps, places)


def _rule(details: ErrorDetails, steps: tuple[Step, ...]) -> str:
    """Return the rule about schedules that a value or a combination of values breaks."""
    error = details["ctx"]["error"]
    if isinstance(error, CronError):
        return error.rule
    if steps[-1:] == ("timezone",):
        return UNKNOWN_ZONE
    block = details["loc"][-1:] != ("[key]",) and steps[:1] == ("agents",) and steps[2:3] == ("schedules",)
    return UNSAFE if block and (len(steps) == 4 or steps[4:] == ("on",)) else ""


def _told(details: ErrorDetails, steps: tuple[Step, ...], places: Places) -> Problem:
    kind = details["type"]
    if kind == "missing":
        return places.problem(steps, _missing(str(steps[-1])))
    if kind == "extra_forbidden":
        known = sorted(_known_keys(steps[:-1]))
        near = did_you_mean(str(steps[-1]), known) or f"; known are {listed(known, 'and')}"
        message = f"unknown key{near}"
        return places.problem(steps, message, places.key(*steps))
    place = places.key(*steps) if details["loc"][-1:] == ("[key]",) else None
    return places.problem(steps, _MESSAGES[kind](details), place)


def _missing(key: str) -> str:
    return "is missing; write version: 1 at the top" if key == "version" else "is missing"


def _known_keys(steps: tuple[Step, ...]) -> set[str]:
    """Return the keys that the block at `steps` may have."""
    return {
        field.alias or name
        for model in _blocks(Constellation, steps)
        for name, field in model.model_fields.items()
    }


def _blocks(kind: Any, steps: tuple[Step, ...]) -> Iterator[type[Block]]:
    """Yield the models that describe what stands at `steps` below a value of type `kind`."""
    origin = get_origin(kind)
    if origin is Annotated:
        yield from _blocks(get_args(kind)[0], steps)
    elif origin in {Union, UnionType}:
        for choice in get_args(kind):
            yield from _blocks(choice, steps)
    elif origin is dict and steps:
        yield from _blocks(get_args(kind)[1], steps[1:])
    elif isinstance(kind, type) and issubclass(kind, Block):
        if not steps:
            yield kind
        for name, field in kind.model_fields.items() if steps else ():
            if (field.alias or name) == steps[0]:
                yield from _blocks(field.annotation, steps[1:])


def _value_error(details: ErrorDetails) -> str:
    message = str(details["ctx"]["error"])
    if details["loc"][-1] == "timezone" and isinstance(details["input"], str):
        return message + like_zone(details["input"])
    return message


def _found(details: ErrorDetails) -> str:
    """Return what stands in the file, in words."""
    match details["input"]:
        case None:
            return "nothing"
        case bool() | int() | float() as value:
            return f"{str(value).lower()[:40]}"
        case str() as text:
            return f"the text {text if len(text) <= 40 else text[:37] + '...'!r}"
        case list():
            return "a list"
        case _:
            return "a block of keys"


def _expected(what: str) -> Callable[[ErrorDetails], str]:
    return lambda details: f"expected {what}, found {_found(details)}"


def _text(details: ErrorDetails) -> str:
    if isinstance(details["input"], bool | int | float):
        return f"expected a text, found {_found(details)}; put it in quotes"
    return _expected("a text")(details)


def _flag(details: ErrorDetails) -> str:
    yes_no = isinstance(details["input"], str) and details["input"].lower() in {
        "yes",
        "no",
        "on",
        "off",
        "y",
        "n",
    }
    return _expected("true or false")(details) + (" (YAML 1.2 reads it as a text)" if yes_no else "")


def _list(details: ErrorDetails) -> str:
    return _expected("a list, such as [first, second]")(details)


def _one_of(details: ErrorDetails) -> str:
    known = re.findall(r"'([^']*)'", details["ctx"]["expected"]) or [details["ctx"]["expected"]]
    value = details["input"]
    near = did_you_mean(value, known) if isinstance(value, str) else ""
    return f"expected {listed(known)}, found {_found(details)}{near}"


_MESSAGES: dict[str, Callable[[ErrorDetails], str]] = {
    "value_error": _value_error,
    "literal_error": _one_of,
    "identity_form": lambda details: f"{details['msg']}, found {_found(details)}",
    "string_type": _text,
    "bool_type": _flag,
    "int_type": _expected("a whole number"),
    "int_parsing_size": lambda _: "is too large a number",
    "tuple_type": _list,
    "dict_type": _expected("a block of keys"),
    "model_type": _expected("a block of keys"),
    "string_too_short": lambda _: "is empty; write something or remove the key",
    "too_short": lambda _: "is empty; write something or remove the key",
    "greater_than_equal": lambda details: f"must be at least {details['ctx']['ge']}",
    "less_than_equal": lambda details: f"must be at most {details['ctx']['le']:,}",
}
