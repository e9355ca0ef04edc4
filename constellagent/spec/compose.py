"""Builds the tree of a text in one pass over the parser's events, and keeps the limits while it builds.

The limits hold with aliases written out too, so that every later walk over a tree is short.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from constellagent.errors import Problem
from constellagent.spec.events import DEEPEST, TOO_DEEP, FatalError, events, place_at
from constellagent.spec.scalars import resolve, unfit
from constellagent.spec.tree import Entry, Mapping, Node, Place, Scalar, Sequence, dotted

MOST_EVENTS = 50_000
"""About 1.2 s of this parser, and more than a thousand agents: any file is answered within two seconds."""
MOST_ALIASES = 64


def compose(text: str, problems: list[Problem]) -> Node | None:
    """Return the tree of a text, or None where it holds nothing. What can be read past goes to `problems`.

    Raises:
        FatalError: it is no YAML, or beyond a limit.
    """
    return _Composer(text, problems).compose(events(text))


@dataclass(frozen=True, slots=True)
class _Written:
    """A node as it is written in one spot: itself, or an alias to it."""

    node: Node
    place: Place
    start: int
    end: int


@dataclass(slots=True)
class _Open:
    """A collection whose end is not reached yet; of a mapping also the key that waits for its value."""

    node: Sequence | Mapping
    anchor: str | None
    key: _Written | None = None
    merges: list[tuple[Place, Node]] = field(default_factory=list)

    def step(self) -> str:
        """Return the key or number that the next node has."""
        if isinstance(self.node, Sequence):
            return str(len(self.node.items))
        return self.key.node.text if self.key is not None and isinstance(self.key.node, Scalar) else ""


class _Composer:
    def __init__(self, text: str, problems: list[Problem]) -> None:
        self._text = text
        self._problems = problems
        self._anchors: dict[str, Node] = {}
        self._open: list[_Open] = []
        self._root: Node | None = None
        self._aliases = 0
        self._documents = 0

    def compose(self, stream: Iterable[Any]) -> Node | None:
        for count, event in enumerate(stream):
            if count >= MOST_EVENTS:
                raise FatalError(place_at(event.start_mark), f"the file has more than {MOST_EVENTS:,} parts")
            self._take(event)
        return self._root

    def _take(self, event: Any) -> None:
        place, start, end = place_at(event.start_mark), event.start_mark.index, event.end_mark.index
        if isinstance(event, ScalarEvent):
            self._refuse_tag(event, place)
            self._add(self._scalar(event, place), event.anchor)
        elif isinstance(event, SequenceStartEvent | MappingStartEvent):
            self._refuse_tag(event, place)
            if len(self._open) >= DEEPEST:
                raise FatalError(place, TOO_DEEP)
            kind = Sequence if isinstance(event, SequenceStartEvent) else Mapping
            node = kind(place, start, end, height=1, flow=bool(event.flow_style))
            self._open.append(_Open(node, event.anchor))
        elif isinstance(event, CollectionEndEvent):
            closed = self._open.pop()
            if closed.node.flow:
                closed.node.end = end
            self._merge(closed)
            self._add(closed.node, closed.anchor)
        elif isinstance(event, AliasEvent):
            self._put(_Written(self._target(event.anchor, place), place, start, end))
        elif isinstance(event, DocumentStartEvent):
            self._start_document(event, place)

    def _start_document(self, event: Any, place: Place) -> None:
        self._documents += 1
        if self._documents > 1:
            raise FatalError(place, "a second document starts here; a constellation file holds one")
        if event.version or event.tags:
            self._note(place, "directives (lines with % at the top) are not read; remove them")

    def _scalar(self, event: Any, place: Place) -> Scalar:
        start, end = event.start_mark.index, event.end_mark.index
        if event.style in {"|", ">"}:
            while self._text[end - 1] in " \t\r\n":
                end -= 1
        elif start == end and self._open:
            start = end = self._open[-1].key.end if self._open[-1].key else self._open[-1].node.end
        fault = unfit(event.value)
        if fault:
            self._note(place, fault)
            return Scalar(place, start, end, quoted=True, value="")
        quoted = not event.implicit[0]
        value = event.value if quoted else resolve(event.value)
        return Scalar(place, start, end, text=event.value, value=value, quoted=quoted)

    def _refuse_tag(self, event: Any, place: Place) -> None:
        if event.tag is not None:
            self._note(place, f"the tag {event.tag[:80]!r} is not read; write the value without it")

    def _target(self, anchor: str, place: Place) -> Node:
        self._aliases += 1
        if self._aliases > MOST_ALIASES:
            raise FatalError(place, f"more than {MOST_ALIASES} aliases (*name); write the values out")
        if any(opened.anchor == anchor for opened in self._open):
            raise FatalError(place, f"the alias {anchor[:80]!r} stands inside what it names")
        if anchor not in self._anchors:
            raise FatalError(place, f"the alias {anchor[:80]!r} names nothing that stands before it")
        return self._anchors[anchor]

    def _add(self, node: Node, anchor: str | None) -> None:
        """Put a complete node into the collection around it."""
        if anchor is not None:
            self._anchors[anchor] = node
        if self._open:
            self._put(_Written(node, node.place, node.start, node.end))
        else:
            self._root = node

    def _put(self, written: _Written) -> None:
        opened = self._open[-1]
        self._measure(opened.node, written)
        if isinstance(opened.node, Sequence):
            opened.node.items.append(written.node)
        elif opened.key is None:
            if not isinstance(written.node, Scalar):
                self._note(written.place, "a key must be a plain text, not a list or a mapping")
            opened.key = written
        else:
            key, opened.key = opened.key, None
            if isinstance(key.node, Scalar):
                self._put_entry(opened, opened.node, key, key.node, written)

    def _put_entry(
        self, opened: _Open, around: Mapping, key: _Written, name: Scalar, value: _Written
    ) -> None:
        if name.text == "<<" and not name.quoted:
            opened.merges.append((key.place, value.node))
            return
        first = around.entries.get(name.text)
        if first is None:
            around.entries[name.text] = Entry(
                key.place, value.node, key.start, key.end, value.start, value.end
            )
            return
        at = f"line {first.place.line}, column {first.place.column}"
        self._note(key.place, f"the key {name.text[:80]!r} is given twice, first at {at}", name.text)

    def _measure(self, around: Sequence | Mapping, written: _Written) -> None:
        around.end = max(around.end, written.end)
        around.size += written.node.size
        around.height = max(around.height, written.node.height + 1)
        if around.size > MOST_EVENTS:
            fault = f"the file has more than {MOST_EVENTS:,} parts with its aliases written out"
            raise FatalError(written.place, fault)
        if around.height > DEEPEST:
            raise FatalError(written.place, f"{TOO_DEEP} with its aliases written out")

    def _merge(self, closed: _Open) -> None:
        """Put what `<<` names under a mapping's own keys; of several the first one wins."""
        for place, node in closed.merges:
            assert isinstance(closed.node, Mapping)
            for source in node.items if isinstance(node, Sequence) else [node]:
                if not isinstance(source, Mapping):
                    self._note(place, "<< takes a mapping or a list of mappings, such as *name")
                    continue
                for key, entry in source.entries.items():
                    closed.node.entries.setdefault(key, replace(entry, inherited=True))

    def _note(self, place: Place, message: str, key: str = "") -> None:
        steps = [opened.step() for opened in self._open] + [key]
        self._problems.append(Problem(place.line, place.column, dotted(filter(None, steps)), message))
