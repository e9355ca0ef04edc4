"""What a process of an agent finds in its environment, and how the rest of it is kept."""

import os
import pwd
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.ravi.vault import RootKey, VaultError
from constellagent.runtime.environment import (
    SHELL_NAMES,
    KeptEnvironment,
    compose,
    is_reserved,
    person,
    programs_of,
)
from constellagent.runtime.settings import Settings
from constellagent.runtime.store.constellations import Constellations
from constellagent.runtime.store.database import Database
from constellagent.spec.models import Agent, Env

KEY = RootKey(bytes(32), "a test")
NOTHING = Env()


def declared(*names: str, **values: str) -> Env:
    """Return an `env:` block."""
    return Env.model_validate({"pass": names, "set": values})


@pytest.fixture
def kept(database: Database) -> KeptEnvironment:
    """Give the kept variables of a constellation."""
    return KeptEnvironment("c", Constellations(database), KEY)


class TestCompose:
    """Putting an environment together."""

    def test_nothing_of_the_daemon_is_in_it(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The daemon's own variables reach no agent: not its secrets, not its nesting marks, not its home."""
        secrets = ("CLAUDECODE", "ANTHROPIC_API_KEY", "CONSTELLAGENT_KEY_FILE", "SSH_AUTH_SOCK")
        for name in (*SHELL_NAMES, *secrets):
            monkeypatch.setenv(name, "canary")

        env = compose({}, NOTHING, {}, first_on_path="/bin/ours")

        assert set(env) == {"TERM", "COLORTERM", "HOME", "USER", "LOGNAME", "SHELL", "PATH"}
        assert "canary" not in "".join(env.values())

    def test_the_applying_shell_gives_what_is_allowed(self) -> None:
        """Of what is kept the usual names and those of `env.pass` are taken, and nothing else."""
        kept = {"PATH": "/opt/bin", "HOME": "/home/me", "LANG": "C.UTF-8", "TOKEN": "t", "OTHER": "o"}

        env = compose(kept, declared("TOKEN", "MISSING"), {}, first_on_path="/bin/ours")

        assert env["PATH"] == "/bin/ours:/opt/bin"
        assert (env["HOME"], env["LANG"], env["TOKEN"]) == ("/home/me", "C.UTF-8", "t")
        assert "OTHER" not in env
        assert "MISSING" not in env

    def test_later_sources_win(self) -> None:
        """`env.set` wins over the shell, and what we give wins over `env.set`."""
        kept = {"LANG": "shell", "CI": "shell", "PORT_WEB": "shell"}

        env = compose(
            kept,
            declared("CI", "PORT_WEB", LANG="file", CI="file", PORT_WEB="file", PATH="/file"),
            {"PORT_WEB": "ours"},
            first_on_path="/first",
        )

        assert (env["LANG"], env["CI"], env["PORT_WEB"], env["PATH"]) == (
            "file",
            "file",
            "ours",
            "/first:/file",
        )

    @pytest.mark.parametrize(
        "name",
        [
            "CONSTELLAGENT",
            "CONSTELLAGENT_SESSION",
            "CONSTELLAGENT_HOME",
            "RAVI_API_KEY",
            "RAVI_API_URL",
            "GIT_AUTHOR_NAME",
            "GIT_COMMITTER_EMAIL",
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
        ],
    )
    def test_who_an_agent_is_comes_from_us_alone(self, name: str) -> None:
        """Neither the file nor the shell can say who an agent is or where git works."""
        kept, spec = {name: "shell"}, declared(name, **{name: "file"})

        assert name not in compose(kept, spec, {}, first_on_path="/first")
        assert compose(kept, spec, {name: "ours"}, first_on_path="/first")[name] == "ours"

    @pytest.mark.parametrize("name", ["GIT_SSH_COMMAND", "GIT_EDITOR", "RAVING", "MY_CONSTELLAGENT", "CI"])
    def test_other_names_are_free(self, name: str) -> None:
        """What only resembles our names may be declared."""
        assert not is_reserved(name)
        assert compose({}, declared(**{name: "1"}), {}, first_on_path="/first")[name] == "1"

    @given(
        kept=st.dictionaries(st.text("ABCPATH_", min_size=1), st.text(max_size=5)),
        own=st.dictionaries(st.sampled_from(["RAVI_API_KEY", "PORT_WEB", "HOME"]), st.text(max_size=5)),
    )
    def test_what_we_give_always_arrives(self, kept: dict[str, str], own: dict[str, str]) -> None:
        """Whatever else is there: our values are as we gave them, and our folder is first on the path."""
        env = compose(
            kept, declared(*(name for name in kept if name.isidentifier())), own, first_on_path="/first"
        )

        assert own.items() <= env.items()
        assert env["PATH"].split(":")[0] == "/first"


def test_a_person_is_who_the_system_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, home and shell come from the user database, whatever the daemon was started with."""
    monkeypatch.setenv("HOME", "/elsewhere")
    monkeypatch.setenv("USER", "somebody")
    entry = pwd.getpwuid(os.getuid())

    assert person() == {
        "HOME": entry.pw_dir,
        "USER": entry.pw_name,
        "LOGNAME": entry.pw_name,
        "SHELL": entry.pw_shell or "/bin/sh",
    }


class TestKept:
    """Keeping variables sealed."""

    async def test_values_come_back(self, kept: KeptEnvironment) -> None:
        """Named values are kept, others are not, and a value that is gone from the shell goes."""
        await kept.replace(["A", "B", "C"], {"A": "1", "B": "zwei ü", "X": "no"})
        assert await kept.get() == {"A": "1", "B": "zwei ü"}

        await kept.replace(["B", "C"], {"A": "1", "C": ""})
        assert await kept.get() == {"C": ""}

    async def test_values_are_nowhere_in_clear(
        self, kept: KeptEnvironment, database: Database, home: Settings
    ) -> None:
        """No file of the state holds a value, before or after it is replaced; names are no secrets."""
        canary = "canary-8b1f2c"
        await kept.replace(["TOKEN"], {"TOKEN": canary})
        files = [path.read_bytes() for path in home.paths.home.iterdir() if path.is_file()]
        await kept.replace(["TOKEN"], {"TOKEN": "other"})
        files += [path.read_bytes() for path in home.paths.home.iterdir() if path.is_file()]

        assert any(b"TOKEN" in content for content in files)
        assert not any(canary.encode() in content for content in files)

    async def test_the_same_values_write_nothing(self, kept: KeptEnvironment, database: Database) -> None:
        """A second apply from the same shell leaves the sealed bytes as they are."""
        query = "SELECT name, sealed FROM environment ORDER BY name"
        await kept.replace(["A", "B"], {"A": "1", "B": "2"})
        before = dict(await database.rows(query))

        await kept.replace(["A", "B"], {"A": "1", "B": "3"})

        after = dict(await database.rows(query))
        assert after["A"] == before["A"]
        assert after["B"] != before["B"]

    async def test_a_value_cannot_be_moved(self, kept: KeptEnvironment, database: Database) -> None:
        """A sealed value that somebody puts under another name or constellation does not open there."""
        await kept.replace(["A", "B"], {"A": "1", "B": "2"})
        await database.execute(
            "UPDATE environment SET sealed = (SELECT sealed FROM environment WHERE name = 'A') "
            "WHERE name = 'B'"
        )

        with pytest.raises(VaultError):
            await kept.get()
        other = KeptEnvironment("d", Constellations(database), KEY)
        await database.execute("UPDATE environment SET constellation = 'd' WHERE name = 'A'")
        with pytest.raises(VaultError):
            await other.get()

    async def test_an_apply_heals_what_another_key_sealed(
        self, kept: KeptEnvironment, database: Database
    ) -> None:
        """After a lost root key values cannot be read, and the next apply brings them anew."""
        stranger = KeptEnvironment("c", Constellations(database), RootKey(b"x" * 32, "another"))
        await stranger.replace(["A"], {"A": "1"})
        with pytest.raises(VaultError):
            await kept.get()

        await kept.replace(["A"], {"A": "1"})

        assert await kept.get() == {"A": "1"}


def test_where_agents_find_their_programs(tmp_path: Path) -> None:
    """On the shell's PATH, or that of the file; what names its own command needs none."""
    for name in ("shell", "file"):
        (tmp_path / name).mkdir()
    (tmp_path / "shell" / "claude").touch(mode=0o755)
    (tmp_path / "file" / "codex").touch(mode=0o755)
    declared = {
        "docs": {"kind": "claude"},
        "away": {"kind": "claude", "env": {"set": {"PATH": str(tmp_path / "file")}}},
        "code": {"kind": "codex", "env": {"set": {"PATH": str(tmp_path / "file")}}},
        "own": {"kind": "claude", "command": ["./mine"]},
        "line": {"kind": "claude", "shell": "claude"},
        "any": {"command": ["claude"]},
    }
    agents = {name: Agent.model_validate(spec) for name, spec in declared.items()}
    assert programs_of(agents, str(tmp_path / "shell")) == {
        "docs": str(tmp_path / "shell" / "claude"),
        "away": "",
        "code": str(tmp_path / "file" / "codex"),
    }
