"""The `ravi` command of sessions, as a real program: where it is put, who it speaks as, what it prints."""

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from constellagent.errors import ConstellagentError
from constellagent.ravi.shim import install
from tests.ravi.provided import Provided
from tests.ravi.scripted import CLOSE, RESET, answer, scripted


@dataclass(frozen=True, slots=True)
class Shim:
    """The installed program in an empty home."""

    program: Path
    home: Path

    async def run(
        self, *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run it as a script of an agent would."""
        return await finished(
            [self.program, *words], {"HOME": str(self.home), **(env or {})}, cwd or self.home
        )


async def finished(
    argv: Sequence[str | Path], env: Mapping[str, str], cwd: Path
) -> subprocess.CompletedProcess[str]:
    """Run a program beside the event loop, in which the provider answers it."""

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            argv,
            env=env,
            cwd=cwd,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )

    return await asyncio.to_thread(run)


@pytest.fixture
def shim(tmp_path: Path) -> Shim:
    """The program, installed for this interpreter."""
    home = tmp_path / "home"
    home.mkdir()
    return Shim(install(tmp_path / "bin", sys.executable), home)


def session(local: Provided, key: str) -> dict[str, str]:
    """Return the variables of a session."""
    return {"RAVI_API_URL": local.url, "RAVI_API_KEY": key}


def configure(folder: Path, **content: str) -> None:
    """Write a `.ravi/config.json`."""
    (folder / ".ravi").mkdir(parents=True)
    (folder / ".ravi" / "config.json").write_text(json.dumps(content))


async def test_a_session_reads_its_own_address_number_and_owner(shim: Shim, local: Provided) -> None:
    """JSON exactly as the real client prints it: two spaces, and an empty line after it."""
    row = await local.identity(email_identifier="docs", provision_phone=True)
    env = session(local, await local.identity_key(row["uuid"]))
    email = await shim.run("get", "email", env=env)
    assert (email.returncode, email.stderr) == (0, "")
    body = json.loads(email.stdout)
    assert body == {"id": body["id"], "email": row["inbox"], "created_dt": row["created_dt"]}
    assert email.stdout == json.dumps(body, indent=2) + "\n\n"
    phone = await shim.run("get", "phone", env=env)
    assert json.loads(phone.stdout)["phone_number"] == row["phone"]
    owner = await shim.run("get", "owner", env=env)
    assert json.loads(owner.stdout).keys() == {"first_name", "last_name"}
    listed = await shim.run("identity", "list", env=env)
    assert [each["uuid"] for each in json.loads(listed.stdout)] == [row["uuid"]]


async def test_json_is_a_no_op_and_plain_is_bare(shim: Shim, local: Provided) -> None:
    """`--json` anywhere changes nothing; `--plain` prints the value alone."""
    row = await local.identity(provision_phone=True)
    env = session(local, await local.identity_key(row["uuid"]))
    usual = (await shim.run("get", "email", env=env)).stdout
    assert (await shim.run("get", "email", "--json", env=env)).stdout == usual
    assert (await shim.run("--json", "get", "email", env=env)).stdout == usual
    assert (await shim.run("get", "email", "--plain", env=env)).stdout == f"{row['inbox']}\n"
    assert (await shim.run("get", "phone", "--plain", env=env)).stdout == f"{row['phone']}\n"
    plain = await shim.run("identity", "list", "--plain", env=env)
    assert plain.stdout == f"{row['name']}\t{row['inbox']}\t{row['phone']}\n"


async def test_a_missing_number_is_an_error_in_json(shim: Shim, local: Provided) -> None:
    """As the real client says it, on stderr with exit code 1; a null number is an empty one in a list."""
    row = await local.identity()
    env = session(local, await local.identity_key(row["uuid"]))
    phone = await shim.run("get", "phone", env=env)
    assert (phone.returncode, phone.stdout) == (1, "")
    assert json.loads(phone.stderr) == {"error": "no phone number assigned"}
    assert json.loads((await shim.run("identity", "list", env=env)).stdout)[0]["phone"] == ""


async def test_the_folder_decides_without_variables(shim: Shim, local: Provided, tmp_path: Path) -> None:
    """From any depth below the worktree its own identity speaks; variables win over the folder."""
    row, other = await local.identity(), await local.identity()
    worktree = tmp_path / "work"
    configure(
        worktree,
        identity="docs",
        identity_name="docs",
        identity_uuid=row["uuid"],
        identity_key=await local.identity_key(row["uuid"]),
    )
    deep = worktree / "a" / "b"
    deep.mkdir(parents=True)
    url = {"RAVI_API_URL": local.url + "/"}
    found = await shim.run("get", "email", "--plain", env=url, cwd=deep)
    assert found.stdout.strip() == row["inbox"]
    status = json.loads((await shim.run("auth", "status", cwd=deep)).stdout)
    assert status == {"authenticated": True, "identity": "docs", "identity_uuid": row["uuid"]}
    env = session(local, await local.identity_key(other["uuid"]))
    assert (await shim.run("get", "email", "--plain", env=env, cwd=deep)).stdout.strip() == other["inbox"]


async def test_the_humans_account_is_never_used(shim: Shim, local: Provided, tmp_path: Path) -> None:
    """What lies in the home folder is not read: from home, below it, above it, or through a link to it."""
    configure(shim.home, management_key=local.key)
    below = shim.home / "src" / "deep"
    below.mkdir(parents=True)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".ravi").symlink_to(shim.home / ".ravi")
    for cwd in (shim.home, below, linked):
        got = await shim.run("get", "email", env={"RAVI_API_URL": local.url}, cwd=cwd)
        assert got.returncode == 1
        assert "not authenticated" in json.loads(got.stderr)["error"]
        status = await shim.run("auth", "status", cwd=cwd)
        assert (status.returncode, json.loads(status.stdout)) == (0, {"authenticated": False})


async def test_a_worktree_below_home_works(shim: Shim, local: Provided) -> None:
    """The walk ends at home, not before: a worktree that lies in it is found."""
    row = await local.identity()
    configure(shim.home / "work", identity_key=await local.identity_key(row["uuid"]))
    got = await shim.run("get", "email", "--plain", env={"RAVI_API_URL": local.url}, cwd=shim.home / "work")
    assert got.stdout.strip() == row["inbox"]


@pytest.mark.parametrize("content", ["{", "[]", "\xff", "[" * 100_000])
async def test_a_broken_file_is_said(shim: Shim, tmp_path: Path, content: str) -> None:
    """A file that cannot be read ends the walk with an error; nothing further up is used instead."""
    configure(tmp_path, identity_key="ravi_id_outer")
    configure(tmp_path / "work")
    (tmp_path / "work" / ".ravi" / "config.json").write_bytes(content.encode("latin-1"))
    got = await shim.run("auth", "status", cwd=tmp_path / "work")
    assert got.returncode == 1
    assert "cannot be read" in json.loads(got.stderr)["error"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another user")
async def test_another_users_file_is_not_used(shim: Shim, tmp_path: Path) -> None:
    """A file that somebody else planted further up does not become the session's identity."""
    configure(tmp_path / "shared", identity_key="ravi_id_planted")
    os.chown(tmp_path / "shared" / ".ravi" / "config.json", 4711, 4711)
    got = await shim.run("auth", "status", cwd=tmp_path / "shared")
    assert got.returncode == 1
    assert "another user" in json.loads(got.stderr)["error"]


async def test_a_session_cannot_create_identities(shim: Shim, local: Provided) -> None:
    """Refused with the way to do it; with a management key it works, also with the name as a bare word."""
    row = await local.identity()
    refused = await shim.run(
        "identity", "create", "x", env=session(local, await local.identity_key(row["uuid"]))
    )
    assert refused.returncode == 1
    assert "constellation.yaml" in json.loads(refused.stderr)["error"]
    env = session(local, local.key)
    made = await shim.run("identity", "create", "feature-auth", "--provision-phone", "--json", env=env)
    assert json.loads(made.stdout)["name"] == "feature-auth"
    assert json.loads(made.stdout)["phone"].startswith("+1")
    made = await shim.run("identity", "create", "--name", "n", "--email=abc@x.test", env=env)
    assert json.loads(made.stdout)["inbox"] == "abc@x.test"
    again = await shim.run("identity", "create", "--email", "abc@x.test", env=env)
    assert json.loads(again.stderr)["error"].startswith("API error: The address abc@x.test is taken")


async def test_nobody_there_is_exit_69(shim: Shim, local: Provided) -> None:
    """A daemon that does not run, resets or hangs up is said as such, with its own exit code."""
    env = session(local, "ravi_id_x")
    await local.provider.stop()
    got = await shim.run("get", "email", env=env)
    assert got.returncode == 69
    assert "daemon" in json.loads(got.stderr)["error"]
    for failure in (RESET, CLOSE):
        async with scripted(failure) as script:
            got = await shim.run("get", "email", env={"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"})
        assert got.returncode == 69
        json.loads(got.stderr)


async def test_odd_answers_are_errors_without_a_traceback(shim: Shim) -> None:
    """A page, rows of another shape, a redirect and a bare status all end in one line of JSON."""
    odd = [
        answer(200, raw=b"<html>"),
        answer(200, {"a": 1}),
        answer(200, [1]),
        answer(200, []),
        answer(302, headers="Location: https://evil.example/\r\n"),
        answer(401, {"detail": "Invalid API key."}),
        answer(500, ["x"]),
    ]
    async with scripted(*odd) as script:
        for _ in odd:
            got = await shim.run("get", "email", env={"RAVI_API_URL": script.url, "RAVI_API_KEY": "k"})
            assert got.returncode == 1, got
            assert json.loads(got.stderr)["error"]
            assert "Traceback" not in got.stderr


@pytest.mark.parametrize(
    "url",
    [
        "http://evil.example",
        "ftp://127.0.0.1",
        "127.0.0.1:80",
        "http://127.0.0.1.evil.example",
        "http://[::1",
    ],
)
async def test_the_key_is_not_sent_in_clear(shim: Shim, url: str) -> None:
    """An address that is neither https nor this machine is refused before anything is sent."""
    got = await shim.run("get", "email", env={"RAVI_API_URL": url, "RAVI_API_KEY": "k"})
    assert got.returncode == 1
    assert "RAVI_API_URL" in json.loads(got.stderr)["error"]


async def test_an_odd_key_is_not_sent(shim: Shim, local: Provided) -> None:
    """A key with a line break cannot smuggle a header in, and is not repeated."""
    got = await shim.run("get", "email", env=session(local, "canary\r\nX-Evil: 1"))
    assert got.returncode == 1
    assert "canary" not in got.stderr
    json.loads(got.stderr)


async def test_wrong_words_are_plain_text(shim: Shim) -> None:
    """Unknown commands name what exists; unknown flags and missing values are named."""
    unknown = await shim.run("inbox", "email", "--unread")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("Error: unknown command 'inbox email' for \"ravi\"")
    assert "ravi get email" in unknown.stderr
    assert (await shim.run("get", "email", "--nope")).stderr == "Error: unknown flag: --nope\n"
    assert (await shim.run("get", "email", "extra")).stderr == "Error: get email takes no 'extra'\n"
    assert (
        await shim.run("identity", "create", "--name")
    ).stderr == "Error: flag needs an argument: --name\n"
    assert (await shim.run("get", "email", "--json=yes")).returncode == 1


async def test_help_needs_nobody(shim: Shim) -> None:
    """No words, `help` and `--help` list the commands and succeed without a login."""
    for words in ([], ["help"], ["--help"], ["get", "email", "--help"], ["identity", "create", "-h"]):
        got = await shim.run(*words)
        assert (got.returncode, got.stderr) == (0, "")
        assert "ravi get phone" in got.stdout


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


async def test_variables_and_files_of_an_agent_do_not_change_the_program(shim: Shim, tmp_path: Path) -> None:
    """Neither `PYTHONPATH` nor a module in the current folder gets loaded."""
    (tmp_path / "json.py").write_text("raise SystemExit('hijacked')")
    got = await shim.run("version", "--plain", env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path)
    assert got.returncode == 0
    assert "hijacked" not in got.stderr


async def test_a_long_or_spaced_interpreter_path_works(tmp_path: Path) -> None:
    """Where the first line could not hold the interpreter, a small shell script starts it."""
    for name in ("with space's", "x" * 150):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "python").symlink_to(sys.executable)
        program = install(tmp_path / "bin", str(folder / "python"))
        assert program.read_text().startswith("#!/bin/sh\n")
        got = await Shim(program, tmp_path).run("auth", "status", "--json")
        assert (got.returncode, json.loads(got.stdout)) == (0, {"authenticated": False})


def test_installing_again_changes_nothing(tmp_path: Path) -> None:
    """The program is private, executable, and keeps its time stamp when it is the same."""
    program = install(tmp_path / "bin")
    before = program.stat()
    assert stat.S_IMODE(before.st_mode) == 0o700
    assert install(tmp_path / "bin").stat().st_mtime_ns == before.st_mtime_ns


def test_a_folder_that_cannot_be_used_is_said(tmp_path: Path) -> None:
    """A link in place of the folder is refused."""
    (tmp_path / "bin").symlink_to("/nowhere")
    with pytest.raises(ConstellagentError):
        install(tmp_path / "bin")


def test_it_starts_fast(shim: Shim) -> None:
    """The whole process takes at most 100 ms of processor time, which does not depend on who else is busy."""
    spent = []
    for _ in range(5):
        process = subprocess.Popen([shim.program, "auth", "status"], env={}, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
        spent.append(usage.ru_utime + usage.ru_stime)
    assert min(spent) <= 0.1
