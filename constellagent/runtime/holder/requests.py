"""What viewers ask of a holder, and which of them decides the size of the pty."""

from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.holder.program import INPUT, Program
from constellagent.runtime.holder.viewers import Viewer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_REPAINT_EVERY = 1.0


class Requests:
    """Answers the frames of viewers. One that breaks the protocol is dropped; the others never notice.

    Attributes:
        greeted: somebody has said HELLO, ever.
    """

    def __init__(
        self,
        program: Program,
        log: LogWriter,
        viewers: dict[int, Viewer],
        status: "Callable[[], dict[str, object]]",
        stop: "Callable[[float], None]",
    ) -> None:
        self._program = program
        self._log = log
        self._viewers = viewers
        self._status = status
        self._stop = stop
        self._turn = 0
        self.greeted = False
        self._repainted_at = 0.0

    def serve(self, viewer: Viewer, now: float) -> None:
        """Do what has come in from this viewer."""
        try:
            for kind, payload in viewer.receive():
                self._answer(viewer, kind, payload, now)
        except protocol.ProtocolError as broken:
            viewer.send(protocol.error(str(broken)))
            viewer.gone = True

    def leave(self, viewer: Viewer, now: float) -> None:
        """Close a viewer that was taken out; the size goes to the latest active of those who are left."""
        viewer.close()
        if viewer.size is not None:
            self._fit(now)

    def repaint(self, viewer: Viewer, now: float) -> None:
        """Have the program draw itself for a viewer that lost output; not more often than makes sense."""
        if not viewer.flags & protocol.VIEW and now >= self._repainted_at + _REPAINT_EVERY:
            self._repainted_at = now
            self._program.redraw(now)

    def _answer(self, viewer: Viewer, kind: int, payload: bytes, now: float) -> None:
        if kind == protocol.HELLO:
            protocol.parse_hello(payload)
            viewer.greeted = self.greeted = True
            viewer.send(protocol.report(protocol.WELCOME, self._status()))
        elif not viewer.greeted:
            raise protocol.ProtocolError("the first frame must be HELLO")
        elif kind == protocol.INPUT:
            self._input(viewer, payload, now)
        elif kind == protocol.ATTACH:
            self._attach(viewer, payload)
        elif kind == protocol.RESIZE:
            self._resize(viewer, payload, now)
        elif kind == protocol.STATUS:
            viewer.send(protocol.report(protocol.STATUS, self._status()))
        elif kind == protocol.SIGNAL:
            self._program.send_signal(protocol.parse_signal(payload))
        elif kind == protocol.STOP:
            self._stop(protocol.parse_stop(payload))
        elif kind == protocol.DETACH:
            viewer.detach()

    def _input(self, viewer: Viewer, data: bytes, now: float) -> None:
        if viewer.flags & protocol.VIEW:
            viewer.send(protocol.error("this viewer only looks; its input was dropped"))
            return
        if data and not self._program.write(data):
            text = f"the program does not read: {INPUT} bytes wait already, and {len(data)} were dropped"
            viewer.send(protocol.error(text))
        if viewer.size is not None and viewer.turn != self._turn:
            self._activate(viewer)
            self._fit(now)

    def _attach(self, viewer: Viewer, payload: bytes) -> None:
        flags, tail, value = protocol.parse_attach(payload)
        end = self._log.end
        place = max(self._log.begin, end - value) if tail else min(value, end)
        viewer.start(place, flags, end)
        if flags & protocol.DIRECT:
            viewer.join(self._program.fd)

    def _resize(self, viewer: Viewer, payload: bytes, now: float) -> None:
        size = protocol.parse_resize(payload)
        if viewer.flags & protocol.VIEW:
            return
        first = viewer.size is None
        viewer.size = size
        self._activate(viewer)
        if first and size == (self._program.rows, self._program.columns):
            self._program.redraw(now)
        self._fit(now)

    def _activate(self, viewer: Viewer) -> None:
        for other in self._viewers.values():
            if other.screen is not None and other.turn == self._turn and other is not viewer:
                other.send(protocol.frame(protocol.ASIDE))  # its keys do not come by here
        self._turn += 1
        viewer.turn = self._turn

    def _fit(self, now: float) -> None:
        sized = [viewer for viewer in self._viewers.values() if viewer.size is not None and not viewer.gone]
        if sized:
            latest = max(sized, key=lambda viewer: viewer.turn)
            if latest.size is not None:
                self._program.resize(*latest.size, now)
