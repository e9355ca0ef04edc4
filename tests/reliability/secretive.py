"""A life full of secrets: a person, an agent, its services and their mistakes, through the real commands.

Every secret is either a word of ours that was never used before, or one that the product made up; `words`
names them all, for whoever looks where they have gone.
"""

import json
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.reliability.lab import Lab, _read, wait_for
from tests.reliability.spy import AGENTS, MCP, SCRIPT
from tests.reliability.town import Town, letter, signed

SECRET_NAME = "ZQX_HIDDEN_NAME"

GIVEN = (
    "password",
    "changed password",
    "secret value",
    "reply",
    "outgoing mail",
    "outgoing text",
    "attachment",
)
"""Words that the agent stores or sends."""

RECEIVED = ("subject", "sender", "mail body", "text body", "file content", "file name", "hidden name")
"""Words that come to the agent."""

PERSONS = ("passphrase", "relay password", "gateway token")
"""Words that the person has in the environment of the commands, and no other process may have."""

VAULT = ("password", "changed password", "made password", "secret value")
"""Words that commands show with --reveal only."""


def fresh() -> str:
    """Return a word that is nowhere else on the machine."""
    return "zq" + secrets.token_hex(10)


@dataclass
class Said:
    """What a command printed."""

    args: tuple[str, ...]
    out: str
    err: str
    code: int


@dataclass
class Life:
    """The lab, what was said in it, and the words that must have gone nowhere."""

    lab: Lab
    env: dict[str, str]
    words: dict[str, str] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Make the words up, and give the agent its own."""
        self.words |= {name: fresh() for name in (*GIVEN, *RECEIVED, *PERSONS)}
        self.words["hidden name"] = f"{SECRET_NAME}_{secrets.token_hex(6).upper()}"
        code = str(secrets.randbelow(9 * 10**7) + 10**7)
        self.words["code by mail"], self.words["code by text"] = code, str(int(code) ^ 1)
        self.env |= {
            "CONSTELLAGENT_KEY_SOURCE": "passphrase",
            "CONSTELLAGENT_PASSPHRASE": self.words["passphrase"],
            "CONSTELLAGENT_RELAY_PASSWORD": self.words["relay password"],
            "CONSTELLAGENT_SMS_TOKEN": self.words["gateway token"],
            "TMPDIR": str(self.lab.folder / "tmp"),
        }
        (self.lab.folder / "tmp").mkdir()
        (self.told / "given").mkdir(mode=0o700, parents=True)
        for name in GIVEN:
            (self.told / "given" / name).write_text(self.words[name])
        lines = [json.dumps({"jsonrpc": "2.0", **message}) for message in MCP]
        (self.told / "agent.sh").write_text(SCRIPT)
        agents = AGENTS.format(told=self.told, python=sys.executable)
        self.lab.file.write_text(f"version: 1\nname: lab\nagents:{agents}")
        (self.told / "mcp").write_text("".join(f"{line}\n" for line in lines))

    @property
    def told(self) -> Path:
        """The one folder in which the agent itself keeps secrets: nobody looks into it."""
        return self.lab.folder / "told"

    def say(self, *args: str, code: int | None = 0, stdin: str = "") -> Said:
        """Run a command as the person does, and remember what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "constellagent", *args],
            cwd=self.lab.repo,
            env=self.lab.environment(**self.env),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert code in {None, done.returncode}, f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        self.said.append(Said(args, done.stdout, done.stderr, done.returncode))
        return self.said[-1]

    def identity(self, agent: str) -> dict[str, Any]:
        """Return what is shown of an agent's identity."""
        found: dict[str, Any] = json.loads(self.say("identity", "show", agent, "--json").out)
        return found

    def key_of(self, agent: str) -> str:
        """Return the key that lies in an agent's worktree."""
        file = self.lab.folder / "repo.worktrees" / agent / ".ravi" / "config.json"
        return str(json.loads(file.read_text())["identity_key"])

    def services_write(self, town: Town) -> None:
        """Send the agent mail with a code and a file, a text with a code, and what makes mistakes."""
        spy = self.identity("spy")
        w = self.words
        code = f"Your verification code is {w['code by mail']}. {w['mail body']}"
        with town.door() as door:
            sender = f"{w['sender']}@outside.example"
            door.sendmail(sender, [spy["address"]], letter(spy["address"], w["subject"], code, sender))
            door.sendmail("codes@outside.example", [spy["address"]], _with_file(spy["address"], w))
            door.docmd("RCPT", f"TO:<{w['sender']}>")
            door.docmd(w["mail body"])
        form = {
            "From": "+12025550177",
            "To": spy["phone"],
            "Body": f"Code: {w['code by text']} {w['text body']}",
            "MessageSid": "SM1",
        }
        signature = signed(w["gateway token"], town.sms, form)
        answer = town.http.post(town.sms, data=form, headers={"X-Twilio-Signature": signature})
        assert answer.status_code == 200, answer.text
        assert town.http.post(town.sms, data=form, headers={"X-Twilio-Signature": "x"}).status_code == 403

    def agent_configures(self, town: Town) -> None:
        """Store what the shim would put on a command line, with the session's key; and ask for nonsense."""
        key, w = self.words["session key"], self.words
        town.ask("POST", "/api/secrets/", {"key": w["hidden name"], "value": w["secret value"]}, key=key)
        hook = town.ask("POST", "/api/webhook-subscriptions/", {"url": "http://127.0.0.1:9/hook"}, key=key)
        self.words["webhook secret"] = hook["signing_secret"]
        minted = town.ask(
            "POST",
            "/api/auth/keys/identity/",
            {"label": "x", "identity_uuid": self.identity("spy")["uuid"]},
        )
        self.words["minted key"] = minted["key"]
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        for content in (b'{"key": "' + w["secret value"].encode(), json.dumps({w["password"]: 1}).encode()):
            assert town.http.post("/api/secrets/", content=content, headers=headers).status_code in {400, 422}
        asked = {"Authorization": f"Bearer {w['secret value']}"}
        assert town.http.get(f"/api/secrets/?key={w['hidden name']}", headers=asked).status_code == 401
        town.http.get(f"/api/{w['secret value']}/", headers=headers)

    def agent_works(self) -> None:
        """Let the agent use every verb, and take over what it was told."""
        (self.told / "go").touch()
        wait_for((self.told / "done").exists, "the agent to be done", 120)
        read = {"made password": "made", "generated password": "generated", "sso token": "sso"}
        for name, file in read.items():
            self.words[name] = (self.told / file).read_text().strip()
            assert len(self.words[name]) >= 8, f"{name}: {(self.told / 'errors').read_text()}"
        code = (self.told / "code").read_text().strip()
        assert code in {self.words["code by mail"], self.words["code by text"]}, code
        assert not (self.told / "wrong").exists(), (self.told / "wrong").read_text()
        failed = self.told / "failed"
        assert not failed.exists(), failed.read_text() + (self.told / "errors").read_text()
        assert self.words["secret value"] in (self.told / "out").read_text()

    def person_looks(self) -> None:
        """Use every command that shows something, with and without --reveal, and make mistakes."""
        for what in ("secrets", "passwords"):
            assert self.words["secret value" if what == "secrets" else "password"] in (
                self.say("identity", what, "spy", "--reveal").out
            )
            self.say("identity", what, "spy")
            self.say("identity", what, "spy", "--json")
        for words in ("list", "show spy", "inbox spy", "sms spy", "otp spy --max-age 1h"):
            self.say("identity", *words.split())
        self.say("identity", "send", "spy", "--to", "a@b.example", "-s", "Hi", stdin=self.words["reply"])
        file = self.told / f"{secrets.token_hex(4)}.age"
        passphrase = f"{self.words['passphrase']}\n"
        self.say("identity", "export", "spy", "--to", str(file), "--passphrase-stdin", stdin=passphrase)
        for words in (
            "audit",
            "audit --json",
            "audit verify",
            "provider status",
            "provider outbox",
            "status",
        ):
            self.say(*words.split())
        self.say("doctor", code=None)
        for words in (
            "identity secrets spy MISSING",
            "identity passwords nobody",
            "identity import spy --from /dev/null --passphrase-stdin",
            "provider retry 99999",
        ):
            failed = self.say("--debug", *words.split(), code=None, stdin=passphrase)
            assert failed.code != 0, words

    def crash(self) -> None:
        """Kill the daemon, and start another."""
        assert self.lab.kill_daemon()
        self.say("status")


def _with_file(to: str, words: dict[str, str]) -> bytes:
    return "\r\n".join(
        (
            "From: codes@outside.example",
            f"To: {to}",
            "Subject: With a file",
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="b"',
            "",
            "--b",
            "Content-Type: text/plain",
            "",
            f"Your code is {words['code by mail']}",
            "--b",
            "Content-Type: text/plain",
            f'Content-Disposition: attachment; filename="{words["file name"]}.txt"',
            "",
            words["file content"],
            "--b--",
            "",
        )
    ).encode()


def gone(pid: int) -> bool:
    """Whether a process has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2][:1] in {b"Z", b"X"}
    except OSError:
        return True


def session_key(lab: Lab, agent: str) -> tuple[int, str]:
    """Return the pid and the key of an agent's session, as its own processes have it."""
    marks = {b"CONSTELLAGENT_AGENT=" + agent.encode(), b"CONSTELLAGENT_HOME=" + bytes(lab.home)}
    found: list[tuple[int, int, str]] = []
    for pid in lab.tree():
        parts, stat = _read(pid, "environ").split(b"\0"), _read(pid, "stat").rpartition(b") ")[2].split()
        if stat and marks <= set(parts):
            key = next(part for part in parts if part.startswith(b"RAVI_API_KEY=")).partition(b"=")[2]
            found.append((int(stat[19]), pid, key.decode()))
    assert found, f"{agent} does not run"
    _, oldest, key_of_session = min(found)  # the program itself; what it starts comes and goes
    return oldest, key_of_session
