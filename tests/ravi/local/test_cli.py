"""The vendor's own `ravi`, where there is one that honours `RAVI_API_URL`, works against the provider.

It is not to be had from any package index, and an older one would talk to the hosted service whatever it is
told. So these tests run only with CONSTELLAGENT_TEST_RAVI=1, and no proxy that it could leave by exists.
"""

import asyncio
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from constellagent.ravi.shim_program.aside import vendors
from tests.ravi.local.events.happenings import until
from tests.ravi.provided import Provided
from tests.ravi.shim_program.running import Done, finished

PROGRAM = next(vendors(os.environ.get("PATH", "")), None)
OPTED_IN = os.environ.get("CONSTELLAGENT_TEST_RAVI") == "1"

pytestmark = [
    pytest.mark.skipif(
        not OPTED_IN, reason="the vendor's ravi is not tested: set CONSTELLAGENT_TEST_RAVI=1 to do so"
    ),
    pytest.mark.skipif(
        OPTED_IN and PROGRAM is None, reason="CONSTELLAGENT_TEST_RAVI=1, but the vendor's ravi is not on PATH"
    ),
]


@dataclass(frozen=True, slots=True)
class Cli:
    """The program in a folder with a `.ravi/config.json`, and an empty home."""

    local: Provided
    folder: Path
    row: dict[str, Any]

    async def run(self, *words: str) -> Done:
        """Run it. Nothing else is on its PATH: it must not find a browser."""
        env = {
            "HOME": str(self.folder.parent / "home"),
            "PATH": str(self.folder.parent / "bin"),
            "RAVI_API_URL": self.local.url,
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "HTTP_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        return await finished([self.folder.parent / "bin" / "ravi", *words], env, self.folder)

    async def json(self, *words: str) -> Any:
        """Run it, which must succeed, and return what it printed."""
        done = await self.run(*words)
        assert done.returncode == 0, (words, done.stdout, done.stderr)
        return json.loads(done.stdout)

    async def refused(self, *words: str) -> str:
        """Run it, which must fail, and return what it says."""
        done = await self.run(*words)
        assert done.returncode == 1, (words, done.stdout)
        return str(json.loads(done.stderr)["error"])


async def cli(local: Provided, folder: Path, name: str, *, management: bool = False) -> Cli:
    """Create an identity, and a folder in which the program is that identity, or manages the account."""
    row = await local.identity(name=name.title(), email_identifier=name, provision_phone=True)
    config = {"management_key": local.key}
    if not management:
        config = {
            "identity_key": await local.identity_key(row["uuid"]),
            "identity_uuid": row["uuid"],
            "identity_name": row["name"],
        }
    for place in ("home", "bin", f"{name}/.ravi"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    if not (folder / "bin" / "ravi").exists():
        (folder / "bin" / "ravi").symlink_to(str(PROGRAM))
    (folder / name / ".ravi" / "config.json").write_text(json.dumps(config))
    return Cli(local, folder / name, row)


@pytest.fixture
async def alice(local: Provided, tmp_path: Path) -> Cli:
    """A folder in which the program is an identity."""
    return await cli(local, tmp_path, "alice")


@pytest.fixture
async def bob(local: Provided, tmp_path: Path) -> Cli:
    """A folder in which it is another one."""
    return await cli(local, tmp_path, "bob")


async def test_about_oneself(alice: Cli) -> None:
    """Address, number, owner, status, token."""
    assert (await alice.json("get", "email"))["email"] == alice.row["inbox"]
    assert (await alice.json("get", "phone"))["phone_number"] == alice.row["phone"]
    assert (await alice.json("get", "owner"))["first_name"] == "Local"
    assert (await alice.json("auth", "status"))["authenticated"] is True
    assert (await alice.json("sso", "token"))["token"].startswith("rvt_")


async def test_mail(alice: Cli, bob: Cli) -> None:
    """Write, list, read, answer, answer all, pass on."""
    sent = await bob.json(
        "email",
        "compose",
        "--to",
        alice.row["inbox"],
        "--subject",
        "Hi <&>",
        "--body",
        "One",
        "--cc",
        "c@x.test",
    )
    assert (sent["subject"], sent["cc"]) == ("Hi <&>", "c@x.test")
    (thread,) = await alice.json("inbox", "email", "--unread")
    assert (thread["subject"], thread["unread_count"]) == ("Hi <&>", 1)
    whole = await alice.json("inbox", "email", thread["thread_id"])
    (mail,) = whole["messages"]
    assert [row["id"] for row in await alice.json("message", "email", "--unread")] == [mail["id"]]
    assert (await alice.json("message", "email", str(mail["id"])))["from_email"] == bob.row["inbox"]
    number = str(mail["id"])
    assert (await alice.json("email", "reply", number, "--body", "Two"))["subject"] == "Re: Hi <&>"
    assert (await alice.json("email", "reply-all", number, "--body", "Three"))["cc"] == "c@x.test"
    passed = await alice.json("email", "forward", number, "--to", "d@x.test", "--body", "Four")
    assert passed["subject"] == "Fwd: Hi <&>"
    assert len((await bob.json("inbox", "email"))[0]["preview"]) > 0
    assert "No EmailThread" in await bob.refused("inbox", "email", "no-such-thread")


async def test_files(alice: Cli, bob: Cli) -> None:
    """A file that is sent along arrives."""
    (alice.folder / "report.csv").write_text("a,b\n")
    await alice.json(
        "email",
        "compose",
        "--to",
        bob.row["inbox"],
        "--subject",
        "Report",
        "--body",
        "-",
        "--attach",
        "report.csv",
    )
    ((mail,),) = [await bob.json("message", "email")]
    assert [(file["filename"], file["size"]) for file in mail["attachments"]] == [("report.csv", 4)]


async def test_texts(alice: Cli, bob: Cli) -> None:
    """Send, list, read; calls are refused."""
    await bob.json("sms", "send", "--to", alice.row["phone"], "--body", "Your code is 123456")
    (conversation,) = await alice.json("inbox", "sms", "--unread")
    assert conversation["preview"] == "Your code is 123456"
    whole = await alice.json("inbox", "sms", conversation["conversation_id"])
    (text,) = whole["messages"]
    assert [row["id"] for row in await alice.json("message", "sms", "--unread")] == [text["id"]]
    assert (await alice.json("message", "sms", str(text["id"])))["body"] == "Your code is 123456"


async def test_passwords(alice: Cli, bob: Cli) -> None:
    """Create, list, get, update, generate, delete."""
    made = await alice.json("passwords", "create", "app.shop.example", "--generate", "--length", "20")
    assert (made["domain"], made["username"]) == ("shop.example", alice.row["inbox"])
    uuid = made["uuid"]
    assert [row["uuid"] for row in await alice.json("passwords", "list")] == [uuid]
    assert (await alice.json("passwords", "update", uuid, "--notes", "n"))["notes"] == "n"
    assert (await alice.json("passwords", "get", uuid))["password"] == made["password"]
    assert len((await alice.json("passwords", "generate", "--length", "30"))["password"]) == 30
    assert "No PasswordEntry" in await bob.refused("passwords", "get", uuid)
    assert (await alice.json("passwords", "delete", uuid))["status"] == "deleted"
    assert await alice.json("passwords", "list") == []


async def test_secrets(alice: Cli) -> None:
    """Set twice, whatever the letters of the name; get, list, delete."""
    made = await alice.json("secrets", "set", "api_key", "sk-1")
    again = await alice.json("secrets", "set", "API_KEY", "sk-2")
    assert (made["key"], again["uuid"]) == ("API_KEY", made["uuid"])
    assert (await alice.json("secrets", "get", "API_KEY"))["value"] == "sk-2"
    assert [row["uuid"] for row in await alice.json("secrets", "list")] == [made["uuid"]]
    assert (await alice.json("secrets", "delete", made["uuid"]))["status"] == "deleted"
    assert (await alice.run("secrets", "get", "API_KEY")).returncode == 1


async def test_contacts(alice: Cli) -> None:
    """Create, list, search, get, update, delete."""
    made = await alice.json("contacts", "create", "--email", "ann@x.test", "--display-name", "Ann Smith")
    uuid = made["uuid"]
    assert [row["uuid"] for row in await alice.json("contacts", "search", "smith")] == [uuid]
    assert (await alice.json("contacts", "update", uuid, "--nickname", "annie"))["nickname"] == "annie"
    assert (await alice.json("contacts", "get", uuid))["display_name"] == "Ann Smith"
    assert len(await alice.json("contacts", "list")) == 1
    await alice.json("contacts", "delete", uuid)
    assert await alice.json("contacts", "list") == []


@pytest.fixture
async def owner(local: Provided, tmp_path: Path) -> Cli:
    """A folder in which the program manages the account."""
    return await cli(local, tmp_path, "owner", management=True)


async def test_managing(owner: Cli) -> None:
    """Create and list identities and domains, and become one of them in this folder."""
    made = await owner.json("identity", "create", "--name", "Docs")
    listed = await owner.json("identity", "list")
    assert {row["uuid"] for row in listed} == {owner.row["uuid"], made["uuid"]}
    assert [row["domain"] for row in await owner.json("domains")] == ["constellagent.test"]
    assert (await owner.json("identity", "use", made["uuid"]))["identity_uuid"] == made["uuid"]
    assert (await owner.json("get", "email"))["email"] == made["inbox"]


async def test_login(owner: Cli) -> None:
    """A login whose code the owner gives gets a key, which is kept in the home."""
    (owner.folder / ".ravi" / "config.json").unlink()
    (owner.folder / ".ravi").rmdir()
    waiting = asyncio.ensure_future(owner.run("auth", "login"))
    logins = owner.local.provider._logins
    assert logins is not None
    await until(lambda: logins.begun, within=30)
    (login,) = logins.begun.values()
    assert await owner.local.provider.allow_login(login.user_code)
    done = await waiting
    assert done.returncode == 0, done
    kept = owner.folder.parent / "home" / ".ravi" / "config.json"
    assert json.loads(kept.read_text())["management_key"].startswith("ravi_mgmt_")
    assert (await owner.json("get", "email"))["email"] == owner.row["inbox"]
