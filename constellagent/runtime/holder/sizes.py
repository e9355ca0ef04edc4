"""Which size the pty had for which output, so that a viewer who is behind learns of each where it belongs."""

_KEPT = 500
"""Changes that are remembered; a viewer further behind learns of the oldest of them too early."""

Size = tuple[int, int, int]
"""A number that grows with each change, rows and columns."""


class Sizes:
    """The sizes of one pty, by the offset of the output that came next."""

    __slots__ = ("_changes",)

    def __init__(self, rows: int, columns: int) -> None:
        self._changes: list[tuple[int, Size]] = [(0, (0, rows, columns))]

    def add(self, offset: int, rows: int, columns: int, begin: int) -> bool:
        """Note the size from `offset` on; False where it is the same. Output before `begin` is gone."""
        changes = self._changes
        last, (number, *size) = changes[-1]
        if size == [rows, columns]:
            return False
        if last == offset:
            del changes[-1]
        changes.append((offset, (number + 1, rows, columns)))
        while len(changes) > _KEPT or (len(changes) > 1 and changes[1][0] <= begin):
            del changes[0]
        return True

    def at(self, place: int) -> Size:
        """Return the size for output from `place` on."""
        for offset, size in reversed(self._changes):
            if offset <= place:
                return size
        return self._changes[0][1]

    def room(self, place: int, limit: int) -> int:
        """Return how many bytes from `place` on have one size, at most `limit`."""
        room = limit
        for offset, _ in reversed(self._changes):
            if offset <= place:
                break
            room = min(room, offset - place)
        return room
