"""What viewers ask of a holder, and which of them decides the size of the pty."""

from constellagent.runtime.holder import protocol
from constellagent.runtime.holder.log import LogWriter
from constellagent.runtime.holder.program import INPUT, Program
from constellagent.runtime.holder.reports import Reports
from constellagent.runtime.holder.viewers import Viewer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_REPAINT_EVERY = 1.0
_TELL_EVERY = 0.25
"""Seconds between two words about somebody who types."""
_ANSWERS = 1 << 16
"""Bytes of input that may wait where an answer is added; beyond that only what is typed is."""


class Requests:
    """Answers the frames of viewers. One that breaks the protocol is dropped; the others never notice.

    Attributes:
        greeted: somebody has said HELLO, ever.
        answered: a viewer answers what the program asks its terminal.
    """

    def __init__(
        self,
        program: Program,
        log: LogWriter,
        viewers: dict[int, Viewer],
        reports: Reports,
        status: "Callable[[], dict[str, object]]",
        stop: "Callable[[float], None]",
        *,
        smallest: bool,
        clipboard: bool,
    ) -> None:
        self._program = program
        self._log = log
        self._viewers = viewers
        self._reports = reports
        self._status = status
        self._stop = stop
        self._smallest = smallest
        self._clipboard = clipboard
        self._turn = 0
        self.greeted = False
        self.answered = False
        self._repainted_at = 0.0
        self._told_at = 0.0

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
        if viewer.place is not None:
            self._direct_questions()
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
        elif kind == protocol.HOOK:
            self._report(viewer, payload)
        elif not viewer.greeted:
            raise protocol.ProtocolError("the first frame must be HELLO")
        else:
            self._do(viewer, kind, payload, now)

    def _do(self, viewer: Viewer, kind: int, payload: bytes, now: float) -> None:
        """Do what a viewer that was greeted asks for; what is unknown is for a newer holder."""
        if kind == protocol.INPUT:
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
        elif kind == protocol.TYPED:
            self._tell_typed(now)
        elif kind == protocol.DETACH:
            viewer.detach()
            self._direct_questions()

    def _report(self, viewer: Viewer, payload: bytes) -> None:
        """Keep what the program reports, and pass it on to who keeps the screen."""
        number, record = self._reports.take(payload, self._log.end)
        self._tell_watchers(record)
        viewer.send(protocol.taken(number))

    def _input(self, viewer: Viewer, data: bytes, now: float) -> None:
        if viewer.flags & protocol.ANSWERS:
            self._program.write(data, _ANSWERS)
            return
        if viewer.flags & protocol.VIEW:
            viewer.send(protocol.error("this viewer only looks; its input was dropped"))
            return
        if data and not self._program.write(data):
            text = f"the program does not read: {INPUT} bytes wait already, and {len(data)} were dropped"
            viewer.send(protocol.error(text))
        if data:
            self._tell_typed(now)
        if viewer.size is not None and viewer.turn != self._turn:
            self._activate(viewer)
            self._fit(now)

    def _tell_typed(self, now: float) -> None:
        """Tell who keeps the screen that somebody types, which says what the output after it is."""
        if now < self._told_at + _TELL_EVERY:
            return
        self._told_at = now
        self._tell_watchers(protocol.frame(protocol.TYPED))

    def _tell_watchers(self, frame: bytes) -> None:
        for viewer in self._viewers.values():
            if viewer.flags & protocol.ANSWERS and viewer.place is not None:
                viewer.send(frame)

    def _attach(self, viewer: Viewer, payload: bytes) -> None:
        flags, tail, value = protocol.parse_attach(payload)
        end = self._log.end
        place = max(self._log.begin, end - value) if tail else min(value, end)
        viewer.start(place, flags, end)
        if flags & protocol.DIRECT:
            viewer.join(self._program.fd, clipboard=self._clipboard)
        viewer.tell_size()
        self._direct_questions()

    def _resize(self, viewer: Viewer, payload: bytes, now: float) -> None:
        size = protocol.parse_resize(payload)
        if viewer.flags & (protocol.VIEW | protocol.ANSWERS):
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
        if viewer.screen is not None:
            self._direct_questions()

    def _direct_questions(self) -> None:
        """Let one at most answer what the program asks: who is there for that, or else one terminal."""
        viewers = self._viewers.values()
        answered = any(viewer.flags & protocol.ANSWERS and viewer.place is not None for viewer in viewers)
        shown = [viewer for viewer in viewers if viewer.screen is not None]
        asked = None if answered else max(shown, key=lambda viewer: viewer.turn, default=None)
        for viewer in shown:
            if viewer.screen is not None:
                viewer.screen.ask(asked=viewer is asked)
        if answered != self.answered:
            self.answered = answered
            news = protocol.report(protocol.STATUS, self._status())
            for viewer in viewers:
                if viewer.place is not None and viewer.screen is None:
                    viewer.send(news)

    def _fit(self, now: float) -> None:
        viewers = [viewer for viewer in self._viewers.values() if not viewer.gone]
        sizes = [(viewer.turn, *viewer.size) for viewer in viewers if viewer.size is not None]
        if not sizes:
            return
        if self._smallest:
            rows, columns = min(size[1] for size in sizes), min(size[2] for size in sizes)
        else:
            _, rows, columns = max(sizes)
        self._program.resize(rows, columns, now)
