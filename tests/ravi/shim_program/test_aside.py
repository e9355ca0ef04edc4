"""Stepping aside for the vendor's `ravi`: when, as whom, and never as the human."""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from constellagent.ravi.shim import install
from constellagent.ravi.shim_program import aside
from constellagent.ravi.shim_program.login import Login
from constellagent.ravi.shim_program.program import NOUNS, parse, verbs
from tests.ravi.shim_program.running import Done, Shim, configure, finished

KEY = "ravi_id_session"
UUID = "123e4567-e89b-42d3-a456-426614174000"
HOSTED = "https://ravi.invalid"


class Rig:
    """A session at the hosted service: a worktree below the human's home, a stand-in for the vendor's client.

    The stand-in prints how it was started, and which key the real one would use: that of the current folder's
    `.ravi/config.json` where there is one, else that of `HOME`.
    """

    def __init__(self, shim: Shim, folder: Path) -> None:
        """Lay it out in `folder`."""
        self.shim = shim
        self.worktree = shim.home / "work" / "agent"
        self.deep = self.worktree / "a" / "b"
        self.vendor = folder / "vendor"
        self.deep.mkdir(parents=True)
        self.vendor.mkdir()
        configure(self.worktree, identity_key=KEY, identity_uuid=UUID, identity_name="ada")
        configure(shim.home, management_key="ravi_mgmt_human")
        self.write(self.vendor)

    def write(self, folder: Path) -> Path:
        """Write the stand-in into a folder."""
        program = folder / "ravi"
        program.write_text(
            f"#!{sys.executable} -IS\n"
            "import json, os, sys\n"
            "places = (os.getcwd(), os.environ['HOME'])\n"
            "files = [f'{place}/.ravi/config.json' for place in places]\n"
            "found = [json.load(open(file)) for file in files if os.path.exists(file)]\n"
            "said = {'argv': sys.argv, 'cwd': os.getcwd(), 'env': dict(os.environ), 'config': found[:1]}\n"
            "print(json.dumps(said))\n"
        )
        program.chmod(0o755)
        return program

    async def run(self, *words: str, cwd: Path | None = None, **env: str) -> Done:
        """Run our program in the session."""
        whole = {
            "HOME": str(self.shim.home),
            "PATH": f"{self.shim.program.parent}:{self.vendor}:/usr/bin:/bin",
            "RAVI_API_URL": HOSTED,
            "RAVI_API_KEY": KEY,
            "CONSTELLAGENT_WORKTREE": str(self.worktree),
            **env,
        }
        return await finished([self.shim.program, *words], whole, cwd or self.worktree)

    async def vendors(self, *words: str, cwd: Path | None = None, **env: str) -> dict[str, Any]:
        """Run it where the vendor's client must take over, and return how that was started."""
        done = await self.run(*words, cwd=cwd, **env)
        assert done.returncode == 0, done
        found: dict[str, Any] = json.loads(done.stdout)
        assert "ravi_mgmt_human" not in json.dumps(found["config"])
        return found

    async def ours(self, *words: str, cwd: Path | None = None, **env: str) -> None:
        """Run it where we must do the call ourselves, at a host that does not exist."""
        done = await self.run(*words, cwd=cwd, **env)
        assert done.returncode == 69, done
        assert "cannot reach ravi.invalid" in done.stderr


@pytest.fixture
def rig(shim: Shim, tmp_path: Path) -> Rig:
    """A session at the hosted service."""
    return Rig(shim, tmp_path)


async def test_the_vendors_client_takes_over(rig: Rig) -> None:
    """With the same words, in the same folder, as the session: its home is the worktree, found from below."""
    for cwd in (rig.worktree, rig.deep):
        found = await rig.vendors("inbox", "email", "--unread", cwd=cwd)
        assert found["argv"] == [str(rig.vendor / "ravi"), "inbox", "email", "--unread"]
        assert found["cwd"] == str(cwd)
        assert found["env"]["HOME"] == str(rig.worktree)
        assert found["env"]["RAVI_API_URL"] == HOSTED
        assert found["config"][0]["identity_key"] == KEY


async def test_outside_of_the_worktree_it_is_the_session_too(rig: Rig, tmp_path: Path) -> None:
    """In a folder without a `.ravi` the session's worktree is the home; without that, the call is ours."""
    found = await rig.vendors("get", "email", cwd=tmp_path)
    assert (found["cwd"], found["env"]["HOME"]) == (str(tmp_path), str(rig.worktree))
    await rig.ours("get", "email", cwd=tmp_path, CONSTELLAGENT_WORKTREE="")
    await rig.ours("get", "email", cwd=tmp_path, CONSTELLAGENT_WORKTREE=str(tmp_path / "gone"))


async def test_never_as_the_human(rig: Rig) -> None:
    """In the human's home, whose `.ravi` the vendor's client would read, the call is ours."""
    await rig.ours("get", "email", cwd=rig.shim.home)
    (rig.shim.home / "other").mkdir()
    found = await rig.vendors("get", "email", cwd=rig.shim.home / "other")
    assert found["config"][0]["identity_key"] == KEY


async def test_never_as_another_agent(rig: Rig, tmp_path: Path) -> None:
    """With another key in the current folder, with none, or with something else, the call is ours."""
    for number, content in enumerate(({"identity_key": "ravi_id_other"}, {"identity": "ada"}, {})):
        configure(tmp_path / str(number), **content)
        await rig.ours("get", "email", cwd=tmp_path / str(number))
        (tmp_path / str(number) / "below").mkdir()
        await rig.ours("get", "email", cwd=tmp_path / str(number) / "below")
    (tmp_path / "broken" / ".ravi").mkdir(parents=True)
    (tmp_path / "broken" / ".ravi" / "config.json").symlink_to("nowhere")
    await rig.ours("get", "email", cwd=tmp_path / "broken")
    (rig.worktree / ".ravi" / "config.json").write_text("{")
    await rig.ours("get", "email", cwd=rig.worktree)


@pytest.mark.parametrize(
    "words",
    [
        ("inbox", "email", "--json"),
        ("inbox", "email", "--wait", "0"),
        ("get", "email", "--plain"),
        ("otp",),
        ("passwords", "create", "--domain", "x.test", "--generate"),
        ("passwords", "create", "x.test"),
        ("passwords", "get", "x.test"),
        ("passwords", "update", UUID, "--password", "-"),
        ("secrets", "set", "KEY", "-"),
        ("secrets", "delete", "KEY"),
        ("email", "send", "--to", "a@x.test", "--subject", "s", "--body", "b"),
        ("email", "compose", "--to", "a@x.test", "--subject", "s"),
        ("sms", "send", "+12025550100", "hi"),
        ("identity", "list"),
        ("domains",),
    ],
)
async def test_what_only_we_understand_is_ours(rig: Rig, words: tuple[str, ...]) -> None:
    """Flags and words that the vendor's client does not know, and what needs a management key there."""
    done = await rig.run(*words)
    assert "argv" not in done.stdout
    assert done.returncode in {1, 69}


async def test_logins_and_identities_never_leave_us(rig: Rig) -> None:
    """What would write or delete files of a login, or change who the session is, is refused as everywhere."""
    for words in (
        ("auth", "login"),
        ("auth", "logout"),
        ("identity", "use", UUID),
        ("identity", "create", "x"),
    ):
        done = await rig.run(*words)
        assert (done.returncode, done.stdout) == (1, "")
    assert json.loads((await rig.run("auth", "status")).stdout)["authenticated"] is True


async def test_newer_verbs_reach_a_newer_client(rig: Rig) -> None:
    """A noun that we do not have is left to the vendor's client; without one it is unknown."""
    assert (await rig.vendors("call", "list"))["argv"][1:] == ["call", "list"]
    (rig.vendor / "ravi").unlink()
    assert (await rig.run("call", "list")).stderr.startswith("Error: unknown command 'call'")


async def test_ours_is_never_taken_for_the_vendors(rig: Rig, tmp_path: Path) -> None:
    """A copy of ours, a link to it, a folder, what cannot run, and relative entries are passed over."""
    (rig.vendor / "ravi").unlink()
    copy = install(tmp_path / "copy")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / "ravi").symlink_to(copy)
    (tmp_path / "folder" / "ravi").mkdir(parents=True)
    plain = tmp_path / "plain"
    plain.mkdir()
    rig.write(plain).chmod(0o644)
    rig.write(rig.worktree)
    places = f"{copy.parent}:{linked}:{tmp_path / 'folder'}:.:"
    if os.getuid():
        places += f":{plain}"
    await rig.ours("get", "email", PATH=places)
    last = tmp_path / "last"
    last.mkdir()
    rig.write(last)
    found = await rig.vendors("get", "email", PATH=f"{places}:{last}")
    assert found["argv"][0] == str(last / "ravi")


async def test_a_wrapper_around_ours_ends(rig: Rig) -> None:
    """A script that calls ours again does not go round in circles."""
    (rig.vendor / "ravi").write_text(f"#!/bin/sh\nexec '{rig.shim.program}' \"$@\"\n")
    await rig.ours("get", "email")


async def test_a_program_that_cannot_start_is_passed_over(rig: Rig) -> None:
    """One that is made for another machine is no reason to fail."""
    (rig.vendor / "ravi").write_bytes(b"\x7fELF of another machine")
    await rig.ours("get", "email")


async def test_a_local_provider_is_ours(rig: Rig) -> None:
    """With the embedded provider the vendor's client is not started."""
    done = await rig.run("get", "email", RAVI_API_URL="http://127.0.0.1:9")
    assert done.returncode == 69
    assert "127.0.0.1:9" in done.stderr


@pytest.mark.parametrize("name", aside.FORMS)
def test_the_vendors_forms_are_forms_of_ours(name: tuple[str, ...]) -> None:
    """Whatever is left to the vendor's client, ours takes too, in the same words."""
    form = aside.FORMS[name]
    verb = verbs(name[0])[name]
    assert form.flags <= {*verb.values, *verb.switches}
    assert form.needs <= form.flags
    assert form.most <= len(verb.words)
    flags = [word for flag in form.needs for word in ((flag, "x") if flag in verb.values else (flag,))]
    parsed = parse([*name, *[UUID] * form.most, *flags])
    assert not isinstance(parsed, str)
    assert aside.is_theirs(name, parsed[2])


def test_every_other_verb_is_ours() -> None:
    """The verbs that are never left to the vendor's client are known."""
    left: Mapping[tuple[str, ...], object] = aside.FORMS
    assert {name for noun in NOUNS for name in verbs(noun)} - left.keys() == {
        ("otp",),
        ("email", "send"),
        ("sms", "send"),
        ("domains",),
        ("identity", "list"),
        ("identity", "create"),
        ("identity", "use"),
        ("auth", "status"),
        ("auth", "login"),
        ("auth", "logout"),
        ("feedback",),
        ("version",),
    }


def test_only_the_own_key_gives_a_home(tmp_path: Path) -> None:
    """Only the folder of the session's own key is its home."""
    configure(tmp_path, identity_key=KEY)
    current = tmp_path / "x"
    current.mkdir()
    environ = {"HOME": "/nowhere"}
    assert aside.session_folder(Login(HOSTED, KEY), environ, current) == tmp_path
    assert aside.session_folder(Login(HOSTED, "other"), environ, current) is None
