"""The `ravi` command as a program: words, help, output, and what it costs to start."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from constellagent.ravi.shim_program.program import NOUNS, parse, verbs
from tests.ravi.provided import Provided
from tests.ravi.shim_program.running import Agent, Shim, finished, session

ROOT = Path(__file__).parents[3]
ALL = [name for noun in NOUNS for name in verbs(noun)]


async def test_a_reader_that_stops_is_no_traceback(shim: Shim) -> None:
    """Printing into a closed pipe ends quietly."""
    read, write = os.pipe()
    os.close(read)
    process = await asyncio.create_subprocess_exec(
        shim.program, "version", stdout=write, stderr=asyncio.subprocess.PIPE, env={"HOME": str(shim.home)}
    )
    os.close(write)
    _, stderr = await process.communicate()
    assert b"Traceback" not in stderr


async def test_a_folder_that_is_gone_is_no_traceback(shim: Shim, tmp_path: Path) -> None:
    """Called in a folder that was removed, it says so."""
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f"cd '{gone}' && rmdir '{gone}' && exec '{shim.program}' auth status"
    got = await finished(["/bin/sh", "-c", script], {"HOME": str(shim.home)}, tmp_path)
    assert got.returncode == 1
    assert json.loads(got.stderr)["error"]


def test_it_starts_fast(shim: Shim) -> None:
    """The whole process takes a few times the processor time of an interpreter that does nothing."""

    def spent(*words: str) -> float:
        process = subprocess.Popen(words, env={}, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        return usage.ru_utime + usage.ru_stime

    bare = min(spent(sys.executable, "-IS", "-c", "pass") for _ in range(5))
    ours = min(spent(str(shim.program), "auth", "status") for _ in range(5))
    print(f"{ours * 1000:.0f} ms, a bare interpreter {bare * 1000:.0f} ms")
    assert ours < 8 * bare


async def test_wrong_words_are_plain_text(shim: Shim) -> None:
    """Unknown commands name what exists; unknown flags, and words too many or too few, are named."""
    unknown = await shim.run("mailbox", "list")
    assert (unknown.returncode, unknown.stdout) == (1, "")
    assert unknown.stderr.startswith("Error: unknown command 'mailbox' for \"ravi\"")
    assert "ravi get email" in unknown.stderr
    unknown = await shim.run("inbox", "list")
    assert unknown.stderr.startswith("Error: unknown command 'inbox list'")
    assert "ravi inbox sms" in unknown.stderr
    assert "ravi get" not in unknown.stderr
    for words, said in {
        ("get", "email", "--nope"): "unknown flag: --nope",
        ("get", "email", "extra"): "get email takes no 'extra'",
        ("identity", "create", "--name"): "flag needs an argument: --name",
        ("get", "email", "--json=yes"): "--json takes true or false, not 'yes'",
        ("passwords", "get"): "passwords get needs <uuid or site>",
    }.items():
        got = await shim.run(*words)
        assert (got.returncode, got.stdout, got.stderr) == (1, "", f"Error: {said}\n")


async def test_help_needs_nobody(shim: Shim) -> None:
    """Help succeeds without a login: of everything, of a noun, of a verb with its flags."""
    for words in ([], ["help"], ["--help"], ["-h"]):
        got = await shim.run(*words)
        assert (got.returncode, got.stderr) == (0, "")
        assert all(f"ravi {' '.join(name)}" in got.stdout for name in ALL)
    got = await shim.run("sms")
    assert (got.returncode, got.stderr) == (0, "")
    assert "ravi sms send [number] [text]" in got.stdout
    for word in ("--help", "-h"):
        got = await shim.run("passwords", "get", word)
        assert (got.returncode, got.stderr) == (0, "")
        assert got.stdout.startswith("ravi passwords get <uuid or site>\n")
        assert "--identity" in got.stdout


@pytest.mark.parametrize("name", ALL)
def test_every_command_is_reachable(name: tuple[str, ...]) -> None:
    """A row of a table is found by its words, and its needed words are asked for first."""
    noun = verbs(name[0])
    needed = ["x" for word in noun[name].words if word.startswith("<")]
    parsed = parse([*name, *needed])
    assert not isinstance(parsed, str)
    assert parsed[:2] == (name, noun[name])


async def test_the_identity_flag_takes_the_sessions_own(ada: Agent, ben: Agent) -> None:
    """`--identity` before or after the verb is accepted for the own uuid, and for no other."""
    uuid = ada.row["uuid"]
    assert await ada.plain("--identity", uuid, "get", "email") == ada.address
    assert await ada.plain("get", "email", f"--identity={uuid.upper()}") == ada.address
    assert "does not open" in await ada.refused("get", "email", "--identity", ben.row["uuid"])
    assert "does not open" in await ada.refused("--identity", "nonsense", "inbox", "email")


async def test_a_management_key_may_choose(ada: Agent, local: Provided) -> None:
    """Outside of a session the flag narrows a management key to an identity."""
    env = session(local, local.key)
    got = await ada.shim.run("get", "email", "--plain", "--identity", ada.row["uuid"], env=env)
    assert got.stdout == f"{ada.address}\n"


async def test_plain_rows_cannot_draw_on_the_terminal(ada: Agent, ben: Agent) -> None:
    """A subject with a tab and an escape sequence stays one field of one row; alone, a value is exact."""
    await ada.gets_mail("a\tb \x1b[2J \u202ec", "text", ben)
    (row,) = (await ada.plain("inbox", "email")).splitlines()
    assert row.split("\t")[2].isprintable()
    assert len(row.split("\t")) == 3


def test_nothing_but_the_standard_library_is_imported() -> None:
    """With every noun loaded, the program has only itself and the search for codes; with one, little."""
    code = (
        "import sys; sys.path.append(sys.argv[1]); from constellagent.ravi.shim_program import program; "
        "[program.verbs(noun) for noun in sys.argv[2].split()]; "
        "print(*(n for n in sys.modules if n.partition('.')[0] not in sys.stdlib_module_names))"
    )

    def loaded(*nouns: str) -> set[str]:
        argv = [sys.executable, "-IS", "-c", code, str(ROOT), " ".join(nouns)]
        done = subprocess.run(argv, capture_output=True, text=True, check=True)
        return set(done.stdout.split()) - {"__main__", "constellagent", "constellagent.ravi"}

    prefix = "constellagent.ravi.shim_program"
    assert {m for m in loaded(*NOUNS) if not m.startswith(prefix)} == {"constellagent.ravi.codes"}
    assert {m.removeprefix(f"{prefix}.") for m in loaded("get")} == {
        prefix,
        "api",
        "failing",
        "get",
        "login",
        "program",
        "words",
    }


def test_dear_modules_stay_out() -> None:
    """Neither logging nor an event loop nor a process is loaded, whatever noun is used."""
    code = (
        "import sys; sys.path.append(sys.argv[1]); from constellagent.ravi.shim_program import program; "
        "[program.verbs(noun) for noun in program.NOUNS]; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-IS", "-c", code, str(ROOT)], capture_output=True, text=True, check=True
    )
    assert not {"asyncio", "logging", "subprocess", "urllib.request"} & set(done.stdout.split())
