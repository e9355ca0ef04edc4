"""The HTTP API at its unix socket, as far as a test says: one answer to every question."""

import http.server
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class _Handler(http.server.BaseHTTPRequestHandler):
    """Answers with what the server was told, and notes what it was asked."""

    server: "Api"

    def address_string(self) -> str:
        """A unix socket has no address."""
        return "unix"

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.server.asked.append((self.command, self.path, self.rfile.read(length), dict(self.headers)))
        status, body = self.server.answer
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if body:
            self.wfile.write(body)

    do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - names that the standard library looks for


class Api(socketserver.ThreadingUnixStreamServer):
    """A server whose one answer a test sets."""

    daemon_threads = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.asked: list[tuple[str, str, bytes, dict[str, str]]] = []
        self.answer: tuple[int, bytes] = (200, b"{}")


@contextmanager
def answering(path: Path) -> Iterator[Api]:
    """Serve at `path`, from threads of their own."""
    with Api(path) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
