"""How many requests are answered at once, and for how long the slowest waits."""

import http.client
import shutil
import sys
import threading
import time

import pytest

from tests.bench.web_load import TOOLS, idlers, measured
from tests.e2e.api.served import Served

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(600),
]
PATH = "/constellations/lab/agents"
TOOL = next((each for each in TOOLS if shutil.which(each)), "")


def ask_again_and_again(place: Served, times: int, waits: list[float], wrong: list[int]) -> None:
    """Ask so often over one connection, and note for how long, and what was no answer."""
    connection = http.client.HTTPConnection("127.0.0.1", place.api.port, timeout=60)
    headers = {"Authorization": f"Bearer {place.api.admin}"}
    for _ in range(times):
        begin = time.monotonic()
        connection.request("GET", f"/api/v1{PATH}", headers=headers)
        answer = connection.getresponse()
        answer.read()
        waits.append(time.monotonic() - begin)
        if answer.status != 200:
            wrong.append(answer.status)
    connection.close()


def test_e8_many_requests_are_answered() -> None:
    """Five clients ask as fast as they can: each request is answered, and none waits for long."""
    with Served(agents=0, extra=idlers(3)) as place:
        place.open()
        waits, wrong = list[float](), list[int]()
        asking = [
            threading.Thread(target=ask_again_and_again, args=(place, 80, waits, wrong)) for _ in range(5)
        ]
        begin = time.monotonic()
        for each in asking:
            each.start()
        for each in asking:
            each.join()
        took = time.monotonic() - begin
    waits.sort()
    print(f"{len(waits) / took:,.0f} requests a second, p99 {waits[int(len(waits) * 0.99)] * 1000:.0f} ms")
    assert (len(waits), wrong) == (400, [])
    assert waits[-1] < 10


@pytest.mark.long
@pytest.mark.skipif(not TOOL, reason=f"needs {' or '.join(TOOLS)}")
def test_e8_a_minute_of_all_that_a_load_tool_can_ask() -> None:
    """With fifty agents, for a minute: no request fails; the rate and the slowest hundredth are printed."""
    with Served(agents=0, extra=idlers(50)) as place:
        place.open()
        told = measured(TOOL, place, PATH, place.api.token("read"), "", 60)
    print(f"{told.rate:,.0f} requests a second, p99 {told.p99:.1f} ms")
    assert told.refused == 0
    assert told.rate > 0
