"""A remote that asks for a password, so that git asks its credential helper for one."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Asks(BaseHTTPRequestHandler):
    """Lets nobody in."""

    def do_GET(self) -> None:
        """Ask who it is."""
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="locked"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing of it."""


@contextlib.contextmanager
def locked_door() -> Iterator[str]:
    """Listen on a port of this machine; yields the address of a repository there."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Asks) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/locked.git"
        finally:
            server.shutdown()
            thread.join()
