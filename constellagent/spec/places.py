"""Where each part of a loaded file is written, for everybody who has something to say about it."""

from collections.abc import Sequence as Keys
from dataclasses import dataclass

from constellagent.errors import Problem
from constellagent.spec.tree import Mapping, Node, Place, Scalar, Sequence, dotted

Step = str | int


@dataclass(frozen=True, slots=True)
class Places:
    """The places of one file. What came from `defaults` has its place there."""

    root: Node

    def find(self, *steps: Step) -> Place:
        """Return the place of a value, or of the nearest thing around it that the file has.

        The place of a block or an empty value is that of its key.
        """
        node, place = self.root, self.root.place
        for step in steps:
            child = _child(node, step)
            if child is None:
                break
            node, place = child
        return place

    def key(self, *steps: Step) -> Place:
        """Return the place of the last step's key, or of the nearest thing around it that the file has."""
        around = self.node(*steps[:-1])
        if isinstance(around, Mapping) and steps[-1] in around.entries:
            return around.entries[str(steps[-1])].place
        return self.find(*steps)

    def node(self, *steps: Step) -> Node | None:
        """Return what stands there, or None."""
        node: Node | None = self.root
        for step in steps:
            child = None if node is None else _child(node, step)
            node = None if child is None else child[0]
        return node

    def problem(self, steps: Keys[Step], message: str, place: Place | None = None) -> Problem:
        """Return a problem with the value at `steps`."""
        at = place or self.find(*steps)
        return Problem(at.line, at.column, dotted(steps), message)


def _child(node: Node, step: Step) -> tuple[Node, Place] | None:
    if isinstance(node, Mapping) and step in node.entries:
        entry = node.entries[str(step)]
        simple = isinstance(entry.node, Scalar) and (entry.node.text or entry.node.quoted)
        return entry.node, entry.node.place if simple or isinstance(entry.node, Sequence) else entry.place
    if isinstance(node, Sequence) and isinstance(step, int) and step < len(node.items):
        return node.items[step], node.items[step].place
    return None
