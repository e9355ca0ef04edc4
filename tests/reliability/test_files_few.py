"""A daemon that may open few files, and strangers who keep connections to its ports open for nothing."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.api.served import Api
from tests.reliability.lab import Lab, wait_for

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the lab reads /proc"),
    pytest.mark.timeout(300),
]
FILES = 256
IDLE = 300
LIMITED = """
import os, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]),) * 2)
os.execv(sys.executable, [sys.executable, "-m", "constellagent", *sys.argv[2:]])
"""


@pytest.fixture
def lab() -> Iterator[Lab]:
    """Give a lab whose daemon may open 256 files, and no more whatever it does."""
    with Lab(agents=2) as made:

        def answers() -> bool:
            words = [sys.executable, "-c", LIMITED, str(FILES), "status"]
            return subprocess.run(words, cwd=made.repo, env=made.environment(), check=False).returncode == 0

        wait_for(answers, "the daemon to answer")  # where the machine is busy its start may take long
        yield made


BODY = b"POST /api/v1/me HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf"


@pytest.mark.parametrize("said", [b"", b"P", BODY])
def test_idle_connections_do_not_stop_its_work(lab: Lab, said: bytes) -> None:
    """With 300 at each port that say nothing, or half of something, commands answer and sessions start."""
    limits = Path(f"/proc/{lab.daemon_pid()}/limits").read_text()
    (files,) = [line.split()[3:5] for line in limits.splitlines() if line.startswith("Max open files")]
    assert files == [str(FILES)] * 2
    places = lab.json("provider", "status")
    api = Api(lab.home).open()
    ports = [urlsplit(places[name]).port for name in ("api", "smtp")] + [api.port]
    with ExitStack() as open_ones:
        for port in ports * IDLE:
            line = open_ones.enter_context(socket.create_connection(("127.0.0.1", port), 30))
            if said:
                line.send(said)
        assert lab.json("status")
        lab.run("apply", "--yes")
        wait_for(lambda: len(lab.sessions()) == 2, "both sessions to run")
        assert lab.json("provider", "status")["identities"] == 2
        assert api.ask("GET", "/me").status == 200
    log = (lab.home / "logs" / "daemon.log").read_text()
    assert "Traceback" not in log
    assert "Too many open files" not in log
