"""The home of ruamel.yaml: text -> parser events, every failure of the parser turned into one.

Trees are built from events by `spec.compose`, so a text can neither make objects nor exhaust time or memory
before somebody has looked at it.
"""

from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.scanner import Scanner

from constellagent.errors import Problem
from constellagent.spec.tree import Place

DEEPEST = 32
TOO_DEEP = f"nested deeper than {DEEPEST} levels"


class FatalError(Exception):
    """The text cannot be read on from here; carries the problem that says why."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(place.line, place.column, "", message)


def events(text: str) -> Iterator[Any]:
    """Yield the parser's events.

    Raises:
        FatalError: the text is no YAML, or nests deeper than `DEEPEST` in brackets.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Scanner = _ShallowScanner
    reached = Place(1, 1)
    try:
        for event in yaml.parse(text):
            reached = place_at(event.end_mark)
            yield event
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise FatalError(place_at(mark), f"not valid YAML: {_words(error)}") from error
    except ReaderError as error:
        fault = f"the character U+{error.character:04X} may not stand in a file"
        raise FatalError(place_of(text, error.position), fault) from error
    except (YAMLError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as error:
        # The scanner lets bare Python errors out for some texts, such as "\UFFFFFFFF".
        raise FatalError(reached, "not valid YAML: what follows cannot be read") from error


def place_of(text: str, index: int) -> Place:
    """Return the place of a character of the text."""
    line_start = text.rfind("\n", 0, index) + 1
    return Place(text.count("\n", 0, index) + 1, index - line_start + 1)


def place_at(mark: Any) -> Place:
    """Return the place of one of the parser's marks."""
    return Place(mark.line + 1, mark.column + 1)


class _ShallowScanner(Scanner):
    """Refuses deep flow nesting where it is scanned: the scanner reads far ahead, and ever slower."""

    def fetch_flow_collection_start(self, TokenClass: Any, to_push: str) -> None:  # noqa: N803 - its parent's word
        if self.flow_level >= DEEPEST:
            raise FatalError(place_at(self.reader.get_mark()), TOO_DEEP)
        super().fetch_flow_collection_start(TokenClass, to_push)


def _words(error: MarkedYAMLError) -> str:
    said = str(error.problem or error.context).partition("\n")[0]
    if "'\\t'" in said:
        return "a tab cannot indent; use spaces"
    return f"{said}, {error.context}" if error.problem and error.context else said
