"""Cuts a YAML text at the offsets of its tree, in block style by whole lines and in flow style inside them.

It knows only the form. Whether the result means what was meant is proven by `spec.edit`.
"""

import re
from dataclasses import dataclass

from constellagent.spec import emit
from constellagent.spec.tree import Entry, Mapping


@dataclass(frozen=True, slots=True)
class Splice:
    """A text and its tree."""

    text: str
    root: Mapping

    def put(self, steps: list[str], value: object) -> str:
        """Return the text with `value` at `steps`; blocks that are missing on the way are made."""
        around, depth = self.root, 0
        entry = _own(around, steps[0])
        while (
            entry is not None
            and isinstance(entry.node, Mapping)
            and entry.node.entries
            and steps[depth + 1 :]
        ):
            around, depth = entry.node, depth + 1
            entry = _own(around, steps[depth])
        for step in reversed(steps[depth + 1 :]):
            value = {step: value}
        if entry is None:
            return self._insert(around, steps[depth], value)
        return self._replace(around, entry, value)

    def remove(self, block: str, key: str) -> str:
        """Return the text without a key of a top-level block."""
        holder = self.root.entries[block]
        assert isinstance(holder.node, Mapping)
        entry = holder.node.entries[key]
        if len(holder.node.entries) == 1:
            return self._replace(self.root, holder, {})
        if not holder.node.flow:
            return self.text[: self._line_start(entry.start)] + self.text[self._next_line(entry.end) :]
        later = [other.start for other in holder.node.entries.values() if other.start > entry.start]
        if later:
            return self.text[: entry.start] + self.text[min(later) :]
        before = max(other.end for other in holder.node.entries.values() if other.start < entry.start)
        return self.text[:before] + self.text[entry.end :]

    def _insert(self, around: Mapping, key: str, value: object) -> str:
        """Return the text with a new key behind the others."""
        if around.flow:
            return self._insert_flow(around, f"{emit.scalar(key)}: {emit.flow(value)}")
        own = [entry for entry in around.entries.values() if not entry.inherited]
        column = own[0].place.column if own else around.place.column
        lines = emit.block({key: value}, " " * (column - 1), self._step())
        if len(own) > 1 and re.search(r"\n[ \t]*\r?\n\Z", self.text[: self._line_start(own[-1].start)]):
            lines = ["", *lines]
        at = self._behind_comments(self._next_line(around.end), column)
        head, tail = self.text[:at], self.text[at:]
        if not head.endswith("\n"):
            return self._newline.join([head, *lines])
        return head + "".join(line + self._newline for line in lines) + tail

    def _insert_flow(self, around: Mapping, pair: str) -> str:
        """Return the text with a pair before a closing brace; below a comment it gets its own line."""
        before, after = self.text[: around.end - 1], self.text[around.end - 1 :]
        head = before.rstrip()
        gap = before[len(head) :]
        comma = "" if around.size == 1 else " " if head.endswith(",") else ", "
        return f"{before}{comma}{pair}{after}" if "\n" in gap else f"{head}{comma}{pair}{gap}{after}"

    def _replace(self, around: Mapping, entry: Entry, value: object) -> str:
        """Return the text with another value behind a key; comments between the two stay."""
        colon = re.compile(r"\s*:").match(self.text, entry.key_end)
        behind = colon.end() if colon else entry.key_end
        head, tail = self.text[:behind] + (" " if colon else ": "), self.text[behind:]
        if entry.value_start < entry.end:
            if "\n" not in self.text[behind : entry.value_start]:
                head, tail = self.text[: entry.value_start], self.text[entry.end :]
            else:
                above = self.text[behind : self._line_start(entry.value_start)]
                tail = above + self.text[self._next_line(entry.end) :]
        if around.flow or not isinstance(value, dict) or not value:
            return head + emit.flow(value) + tail
        lines = emit.block(value, " " * (entry.place.column - 1) + self._step(), self._step())
        rest = tail[: tail.find("\n")].rstrip("\r") if "\n" in tail else tail
        return self._newline.join([head.rstrip(" ") + rest, *lines]) + tail[len(rest) :]

    @property
    def _newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def _step(self) -> str:
        """Return the blanks by which this file indents."""
        for entry in self.root.entries.values():
            if isinstance(entry.node, Mapping) and entry.node.entries and not entry.node.flow:
                inner = next(iter(entry.node.entries.values()))
                return " " * max(inner.place.column - entry.place.column, 1)
        return "  "

    def _behind_comments(self, at: int, column: int) -> int:
        """Return where the comments end that stand as deep as `column`: they belong to what is above."""
        pattern = (
            re.compile(rf"(?:[ \t]*\r?\n)*[ \t]{{{column - 1},}}#[^\n]*(?:\n|\Z)") if column > 1 else None
        )
        while pattern is not None and (found := pattern.match(self.text, at)):
            at = found.end()
        return at

    def _line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def _next_line(self, index: int) -> int:
        found = self.text.find("\n", index)
        return len(self.text) if found < 0 else found + 1


def _own(around: Mapping, key: str) -> Entry | None:
    """Return the entry that is written in a mapping itself."""
    entry = around.entries.get(key)
    return None if entry is None or entry.inherited else entry
