"""The way from a sandbox without a network to the provider."""

import asyncio
from pathlib import Path

import pytest

from constellagent.runtime.sandbox import outline
from tests.runtime.sandbox.yard import Yard

pytestmark = pytest.mark.usefixtures("bwrap")

_ASK = """
import socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1])), 10) as there:
    there.sendall(b"x" * 300_000)
    there.shutdown(socket.SHUT_WR)
    data = b""
    while block := there.recv(65536):
        data += block
print(len(data), data[:3])
"""


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    data = await reader.read()
    writer.write(b"got" + data)
    writer.write_eof()
    await writer.drain()
    writer.close()


async def test_the_provider_answers_at_its_own_address(yard: Yard) -> None:
    """Both directions, more than fits a buffer, the end of each; twice, and after the provider came again."""
    env = {"PATH": "/usr/bin:/bin", "RAVI_API_URL": "http://127.0.0.1:18123"}
    shelter = await yard.shelter(said={"network": "none"}, env=env)
    for _ in range(2):
        Path(yard.paths.provider_door).unlink(missing_ok=True)
        async with await asyncio.start_unix_server(_echo, yard.paths.provider_door):
            done = await asyncio.to_thread(yard.run, shelter, "python3", "-c", _ASK, "18123")
        assert done.stdout == "300003 b'got'\n", done.stderr


async def test_only_the_provider_on_this_machine_is_forwarded_to(yard: Yard) -> None:
    """A hosted one, or none, leads nowhere; and with a network nothing needs to."""
    for said, url in (("none", "https://example.com"), ("none", ""), ("host", "http://127.0.0.1:18123")):
        shelter = await yard.shelter(said={"network": said}, env={"PATH": "/bin", "RAVI_API_URL": url})
        assert "provider.sock" not in shelter.files[outline.NAME].replace(str(yard.paths.doors), "")
        assert not any("=" in part for part in shelter.files[outline.NAME].split("\0"))
