"""Asks the API again and again, in a process of its own: `python -m tests.proof.asker PORT PAUSE < TOKEN`.

Until its standard input ends; then it prints, as JSON, how many seconds each answer took and the statuses.
"""

import http.client
import itertools
import json
import sys
import threading
import time
from collections import Counter

PATHS = ("agents", "agents/log-0", "schedules", "runs", "agents/log-0/session", "identities", "")


def ask(port: int, pause: float, token: str, over: threading.Event) -> tuple[list[float], Counter[int]]:
    """Ask for one thing after the other over one connection, which is made anew when it breaks."""
    waits: list[float] = []
    statuses: Counter[int] = Counter()
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for path in itertools.cycle(PATHS):
        if over.wait(pause):
            line.close()
            return waits, statuses
        begin = time.monotonic()
        try:
            target = f"/api/v1/constellations/lab/{path}".rstrip("/")
            line.request("GET", target, headers={"Authorization": f"Bearer {token}"})
            answer = line.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            line.close()
            statuses[0] += 1
            continue
        waits.append(time.monotonic() - begin)
        statuses[answer.status] += 1
    raise AssertionError


def main() -> int:
    """Ask until nobody listens any more."""
    token, over = sys.stdin.readline().strip(), threading.Event()

    def listen() -> None:
        sys.stdin.read()
        over.set()

    threading.Thread(target=listen, daemon=True).start()
    waits, statuses = ask(int(sys.argv[1]), float(sys.argv[2]), token, over)
    json.dump({"waits": waits, "statuses": statuses}, sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
