"""What a diff looks like in a given room: a line that sums up, then the files beside the rows in sight."""

from collections.abc import Sequence

from constellagent.faces.tui.symbols import Symbols
from constellagent.faces.tui.views import diff_drawing
from constellagent.faces.tui.views.diff_code import Look
from constellagent.faces.tui.views.diff_colours import Palette
from constellagent.faces.tui.views.diff_document import Entry, One, Two
from constellagent.faces.tui.views.diff_place import Place
from constellagent.faces.tui.views.diff_source import Source
from constellagent.faces.tui.words import Fragments, clean, fit, spread, width

LIST_FROM = 110
"""Columns from which on the list of files stands beside the diff."""
SPLIT_FROM = 80
"""Columns of the diff from which on it can be shown side by side."""
_DRAWN = 2_000


class Picture:
    """Draws, and has fetched and read what is in sight.

    Attributes:
        listing: the list of files is wanted.
        splitting: two sides are wanted.
        shift: columns of code that are out of sight on the left.
        words: what was searched for.
        columns: the width that was last drawn for.
    """

    def __init__(self, source: Source, place: Place, palette: Palette, symbols: Symbols) -> None:
        self.listing = True
        self.splitting = False
        self.shift = 0
        self.words = ""
        self.columns = 1
        self._source = source
        self._document = source.document
        self._place = place
        self._palette = palette
        self._symbols = symbols
        self._kept: dict[object, Fragments] = {}

    @property
    def beside(self) -> int:
        """How wide the list is, its border included; 0 where there is none."""
        return max(34, min(60, self.columns // 4)) if self.listing and self.columns >= LIST_FROM else 0

    @property
    def fits_split(self) -> bool:
        """There is room for two sides."""
        return self.columns - self.beside >= SPLIT_FROM

    @property
    def first_listed(self) -> int:
        """The first file of the list: the file with the cursor stands in its middle."""
        last = max(0, len(self._document.entries) - self._place.height)
        return max(0, min(self._place.number - self._place.height // 2, last))

    def rows(self, columns: int, height: int) -> Sequence[Fragments]:
        """Draw everything."""
        self.columns, self._place.height = columns, max(1, height - 1)
        if not self._document.entries:
            lines = ("", *self._nothing())
            return [fit([("class:dim", f" {line}")], columns, self._symbols.more) for line in lines]
        self._split(split=self.splitting and self.fits_split)
        self._place.settle()
        look = Look(self._palette, self._symbols, self.shift, self.words)
        room = columns - self.beside
        body = [self._row(row, room, look) for row in self._place.in_sight]
        body += [fit([], room)] * (self._place.height - len(body))
        if self.beside:
            border = ("class:border", self._symbols.bar)
            files = self._list(self.beside - 1, look)
            body = [[*left, border, *right] for left, right in zip(files, body, strict=True)]
        self._want()
        return [self._summary(columns), *body][:height]

    def _nothing(self) -> Sequence[str]:
        source = self._source
        if source.agent is None:
            return ["No agent is chosen: close this, and choose one in the list."]
        if source.problem:
            return [f"The changes cannot be shown: {clean(source.problem)}", "r tries again."]
        if source.view is None:
            return ["Comparing ..."]
        other = "HEAD" if source.against == "base" else "base"
        against = f"{clean(source.against)} ({source.view['commit'][:10]})"
        return [f"Nothing differs from {against}.", f"a compares with {other}, r looks again."]

    def _summary(self, columns: int) -> Fragments:
        """Say what is compared, and in which file the cursor is."""
        view, symbols = self._source.view, self._symbols
        assert view is not None
        number, count = self._place.number, len(view["files"])
        files = f" {'more than ' if view['truncated'] else ''}{count} file{'' if count == 1 else 's'}"
        left: Fragments = [
            ("class:title", files),
            ("class:added", f" +{view['added']}"),
            ("class:removed", f" {symbols.minus}{view['removed']}"),
            ("class:dim", f" {symbols.dot} {view['commit'][:7]}"),
        ]
        if view["ahead"] is not None and view["behind"] is not None:
            left.append(("class:dim", f" {symbols.ahead}{view['ahead']} {symbols.behind}{view['behind']}"))
        if self._source.problem:
            left.append(("class:tone.warning", f" {symbols.dot} not fresh: {clean(self._source.problem)}"))
        room = columns - sum(width(text) for _, text in left) - 12
        path = diff_drawing.named(self._document.entries[number].change["path"])
        right: Fragments = [
            ("class:title", f" {diff_drawing.tail(path, max(8, room), symbols)}"),
            ("class:dim", f" {number + 1}/{count} "),
        ]
        return spread(left, right, columns, symbols.more)

    def _row(self, at: int, columns: int, look: Look) -> Fragments:
        entry, row = self._document.at(at)
        chosen = at == self._place.cursor
        if not isinstance(row, One | Two):
            return diff_drawing.row(entry, row, columns, look, None, chosen=chosen)
        syntax = self._source.syntax.of(row.hunk)
        key = (row, entry.digits, columns, look.shift, look.words, chosen, syntax is None)
        if key not in self._kept:
            if len(self._kept) >= _DRAWN:
                self._kept.clear()
            self._kept[key] = diff_drawing.row(entry, row, columns, look, syntax, chosen=chosen)
        return self._kept[key]

    def _list(self, columns: int, look: Look) -> list[Fragments]:
        first, chosen = self.first_listed, self._place.number
        shown = self._document.entries[first : first + self._place.height]
        drawn = [
            diff_drawing.listed(entry, columns, look, chosen=number == chosen)
            for number, entry in enumerate(shown, first)
        ]
        return drawn + [fit([], columns)] * (self._place.height - len(drawn))

    def _split(self, *, split: bool) -> None:
        if split != self._document.split:
            with self._place.kept():
                self._document.split = split
                self._document.changed()

    def _want(self) -> None:
        """Have fetched and read what is in sight."""
        entries: dict[Entry, None] = {}
        coloured = any(self._palette.values())
        for at in self._place.in_sight:
            entry, row = self._document.at(at)
            entries[entry] = None
            if coloured and isinstance(row, One | Two):
                self._source.want_colours(entry.change["path"], row.hunk)
        self._source.want(entries)
