"""The shapes of the API as pydantic checks and describes them; the one home of pydantic among the faces.

The runtime's shapes are the standard library's `TypedDict`s, which pydantic takes only from Python 3.12 on,
so each is converted once, and the `Between` of a number with it. A body must fit to the letter: no unknown
key, no text for a number. A parameter of a query is text, which must be the one way to write its value. Text
may hold lone surrogates.
"""

import functools
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    NotRequired,
    Required,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

import typing_extensions
from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from constellagent.faces.web.problems import HttpError

_WHOLE = re.compile(r"-?(0|[1-9][0-9]{0,15})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,9})?")
_MOST_PROBLEMS = 20


@functools.cache
def body_check(shape: Any) -> Callable[[Any], Any]:
    """Return what checks a JSON body against the shape and returns it.

    It raises `HttpError` (422) that names every key that does not fit.
    """
    return _check(shape, "the body does not fit", query=False)


@functools.cache
def query_check(shape: Any) -> Callable[[Mapping[str, Any]], dict[str, Any]]:
    """Return what turns the text of query parameters into the shape; `HttpError` (422) as for bodies."""
    return _check(shape, "the query does not fit", query=True)


@functools.cache
def list_parameters(shape: Any) -> frozenset[str]:
    """Return the names of the query parameters that may be given more than once."""
    hints = get_type_hints(shape) if shape is not None else {}
    return frozenset(name for name, kind in hints.items() if get_origin(_bare(kind)) is list)


def schemas(wanted: Iterable[Any]) -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    """Return the JSON Schema of each shape, and the components that they refer to, by name."""
    shapes = list(dict.fromkeys(wanted))
    inputs = [
        (shape, "validation", TypeAdapter(_convert(shape, query=False)))  # the key that the result has
        for shape in shapes
    ]
    found, components = TypeAdapter.json_schemas(
        inputs,  # type: ignore[arg-type] # any hashable key does
        ref_template="#/components/schemas/{model}",
        schema_generator=_Plain,
    )
    by_shape = {shape: schema for (shape, _), schema in found.items()}
    return by_shape, components.get("$defs", {})


def parameters(shape: Any) -> list[tuple[str, bool, dict[str, Any]]]:
    """Return name, whether it is required, and JSON Schema of each parameter of a query's shape."""
    if shape is None:
        return []
    schema = TypeAdapter(_convert(shape, query=True)).json_schema(schema_generator=_Plain)
    required = schema.get("required", [])
    return [(name, name in required, one) for name, one in schema.get("properties", {}).items()]


class _Plain(GenerateJsonSchema):
    """JSON Schema without the titles that repeat the names of keys."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Return that no key needs a title."""
        del schema
        return False


def _check(shape: Any, message: str, *, query: bool) -> Callable[[Any], Any]:
    adapter: TypeAdapter[Any] = TypeAdapter(_convert(shape, query=query))

    def check(value: Any) -> Any:
        try:
            return adapter.validate_python(value)
        except ValidationError as error:
            problems = [
                {"path": ".".join(str(part) for part in found["loc"]), "message": found["msg"]}
                for found in error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]
            ]
            words = "; ".join(f"{one['path'] or 'it'}: {one['message']}" for one in problems)
            raise HttpError(422, f"{message}: {words}", more={"problems": problems}) from None

    return check


@functools.cache
def _typed_dict(shape: type, *, query: bool) -> type:
    """Return the shape as a `TypedDict` that pydantic takes, with the same name, keys and docstring."""
    hints = get_type_hints(shape, include_extras=True)
    keys = {
        name: (Required if name in shape.__required_keys__ else NotRequired)[  # type: ignore[attr-defined]
            _convert(_bare(kind), query=query)
        ]
        for name, kind in hints.items()
    }
    named: Any = typing_extensions.TypedDict
    made = named(shape.__name__, keys)
    made.__doc__ = shape.__doc__
    made.__module__ = shape.__module__
    made.__qualname__ = shape.__qualname__
    made.__pydantic_config__ = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    return cast("type", made)


def _convert(kind: Any, *, query: bool) -> Any:
    """Return a type as pydantic is to check it."""
    kind = _bare(kind)
    if typing_extensions.is_typeddict(kind):
        return _typed_dict(kind, query=query)
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Annotated:
        within = Annotated[int, Field(ge=inner[1].least, le=inner[1].most)]
        return Annotated[within, BeforeValidator(_whole)] if query else within
    if origin in {Union, UnionType}:
        return functools.reduce(operator.or_, (_convert(one, query=query) for one in inner))
    if origin is not None and origin is not Literal:
        return origin[tuple(_convert(one, query=query) for one in inner)]
    return _TEXTS.get(kind, kind) if query else kind


def _bare(kind: Any) -> Any:
    """Return the type without what says whether its key is required."""
    while get_origin(kind) in {
        Required,
        NotRequired,
        typing_extensions.Required,
        typing_extensions.NotRequired,
    }:
        (kind,) = get_args(kind)
    return kind


def _flag(text: Any) -> Any:
    return {"true": True, "false": False}.get(text, text) if isinstance(text, str) else text


def _whole(text: Any) -> Any:
    return int(text) if isinstance(text, str) and _WHOLE.fullmatch(text) else text


def _number(text: Any) -> Any:
    return float(text) if isinstance(text, str) and _NUMBER.fullmatch(text) else text


_TEXTS: Mapping[Any, Any] = {
    bool: Annotated[bool, BeforeValidator(_flag)],
    int: Annotated[int, BeforeValidator(_whole)],
    float: Annotated[float, BeforeValidator(_number)],
    NoneType: NoneType,
}
"""How the text of a parameter becomes a value: in one way only, so that what is accepted is what is said."""
