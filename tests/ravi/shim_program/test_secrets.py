"""`ravi secrets`: values under names, kept off the command line."""

import asyncio
import os
import pty
import subprocess

from tests.ravi.scripted import answer, scripted
from tests.ravi.shim_program.running import Agent, Shim


async def test_a_value_is_stored_and_read(ada: Agent) -> None:
    """From standard input quietly, with or without a dash; the name is the same in small letters."""
    done = await ada.run("secrets", "set", "stripe_api_key", stdin="sk_1\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert await ada.plain("secrets", "get", "STRIPE_API_KEY") == "sk_1"
    assert await ada.json("secrets", "set", "STRIPE_API_KEY", "-", "--notes", "n", stdin="sk_2\r\n")
    row = await ada.json("secrets", "get", "stripe_api_key")
    assert (row["key"], row["value"], row["notes"]) == ("STRIPE_API_KEY", "sk_2", "n")
    assert await ada.json("secrets", "get", row["uuid"]) == row
    assert await ada.json("secrets", "list") == [row]
    assert "sk_2" not in await ada.plain("secrets", "list")


async def test_a_value_from_a_variable(ada: Agent) -> None:
    """A variable's value is kept exactly."""
    done = await ada.run("secrets", "set", "K", "--value-env", "V", V=" two\nlines\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert (await ada.json("secrets", "get", "K"))["value"] == " two\nlines\n"


async def test_a_value_on_the_command_line_is_warned_of(ada: Agent) -> None:
    """The line of the manual works; stderr says who else could read it, and not what."""
    done = await ada.run("secrets", "set", "STRIPE_API_KEY", "sk_test_1")
    assert done.returncode == 0
    assert "every user of this machine" in done.stderr
    assert "sk_test_1" not in done.stderr
    assert await ada.plain("secrets", "get", "STRIPE_API_KEY") == "sk_test_1"


async def test_a_person_types_it_unseen(ada: Agent) -> None:
    """At a terminal the value is asked for and not shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [ada.shim.program, "secrets", "set", "TYPED", "--plain"],
        env={"HOME": str(ada.shim.home), **ada.env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen = b""
    while b"not shown): " not in seen:
        seen += await asyncio.to_thread(os.read, ours, 1000)
    os.write(ours, b"hush\n")
    assert await asyncio.to_thread(process.wait, 20) == 0
    os.set_blocking(ours, False)
    seen += os.read(ours, 1000)
    os.close(ours)
    assert b"hush" not in seen
    assert await ada.plain("secrets", "get", "TYPED") == "hush"


async def test_removed_by_name_or_uuid(ada: Agent) -> None:
    """Both remove it; what is not there is said."""
    await ada.json("secrets", "set", "ONE", stdin="1")
    uuid = (await ada.json("secrets", "set", "TWO", stdin="2"))["uuid"]
    assert await ada.json("secrets", "delete", "one") == {"status": "deleted"}
    assert await ada.json("secrets", "delete", uuid) == {"status": "deleted"}
    assert await ada.json("secrets", "list") == []
    for verb in ("get", "delete"):
        assert "no secret ONE" in await ada.refused("secrets", verb, "ONE")


async def test_nothing_is_not_a_value(ada: Agent) -> None:
    """An empty value, and a name that no secret can have, are refused."""
    assert "empty" in await ada.refused("secrets", "set", "K")
    assert "empty" in await ada.refused("secrets", "set", "K", "")
    assert "UTF-8" in await ada.refused("secrets", "set", "K", stdin="\udcff")
    assert (await ada.refused("secrets", "set", "a-b", stdin="x")).startswith("API error: key")


async def test_vaults_do_not_meet(ada: Agent, ben: Agent) -> None:
    """The same name is another secret in another session."""
    await ada.json("secrets", "set", "K", stdin="of ada")
    uuid = (await ben.json("secrets", "set", "K", stdin="of ben"))["uuid"]
    assert await ada.plain("secrets", "get", "K") == "of ada"
    assert "No SecretEntry matches" in await ada.refused("secrets", "delete", uuid)


async def test_whoever_was_first_is_replaced(shim: Shim) -> None:
    """A name that is taken between the look and the write is looked up again and changed."""
    row = {"uuid": "u1", "key": "K", "value": "old"}
    taken = answer(422, {"detail": "key: taken"})
    async with scripted(answer(200, []), taken, answer(200, [row]), answer(200, row)) as script:
        env = {"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"}
        done = await shim.run("secrets", "set", "K", env=env, stdin="new")
    assert done.returncode == 0
    assert script.asked[-1] == "PATCH /api/secrets/u1/"
    assert script.bodies[-1] == b'{"value": "new"}'
