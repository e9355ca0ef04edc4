"""Real sandboxes: what an agent reaches in one, what it does not, and what has to work all the same."""

import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from constellagent.errors import UnavailableError, WorldError
from constellagent.runtime.sandbox import places, survey
from constellagent.runtime.sandbox.probe import Probe
from constellagent.runtime.sandbox.sandboxes import Sandboxes
from constellagent.spec.sandbox import Sandbox
from tests.runtime.sandbox.yard import Yard, git

pytestmark = pytest.mark.usefixtures("bwrap")


async def test_none_puts_nothing_around(yard: Yard) -> None:
    """An agent without a sandbox is started as it always was."""
    shelter = await yard.shelter(said={"kind": "none"})
    assert (shelter.prefix, shelter.env, shelter.files, shelter.key) == ((), {}, {}, "")


async def test_a_commit_works_inside(yard: Yard) -> None:
    """Status, add, commit, a branch and a tag of its own, the reflog of its branch: as a person expects."""
    shelter = await yard.shelter()
    done = yard.shell(
        shelter,
        "echo two >file && echo new >new && git add -A && git commit -qm two && git branch mine && git tag t"
        " && git checkout -q -b other && git checkout -q agents/one && git reset -q --hard HEAD",
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert git(yard.repo, "log", "--format=%s|%an", "agents/one", "-1") == "two|one@example.com"
    assert (
        git(yard.repo, "rev-parse", "mine", "t", "other").split()
        == [git(yard.repo, "rev-parse", "agents/one")] * 3
    )
    assert "commit: two" in git(yard.repo, "reflog", "agents/one")
    git(yard.repo, "fsck", "--strict")


@pytest.fixture
def _elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the yard not lie in a folder that every sandbox has its own of."""
    monkeypatch.setattr(places, "TEMPORARY", ("/var/tmp", "/dev/shm", "/run"))


@pytest.mark.usefixtures("_elsewhere")
async def test_nothing_outside_is_written(yard: Yard) -> None:
    """Not the home folder, the main checkout, the system, git's settings and hooks, or what lies beside."""
    shelter = await yard.shelter()
    targets = [
        yard.person / "x",
        yard.repo / "x",
        yard.common / "config",
        yard.common / "hooks" / "x",
        yard.common / "packed-refs",
        yard.common / "info" / "attributes",
        yard.common / "objects" / "info" / "alternates",
        yard.common / "refs" / "stash",
        yard.common / "refs" / "constellagent" / "x",
        yard.admin("two") / "HEAD",
        yard.admin() / "commondir",
        yard.admin() / "gitdir",
        yard.admin() / "locked",
        yard.admin() / "config.worktree",
        yard.admin() / "constellagent.json",
        yard.tree() / ".git",
        yard.paths.bin / "ravi",
        Path("/etc/x"),
        Path("/proc/sys/kernel/core_pattern"),
    ]
    script = (
        'for place; do mkdir -p "${place%/*}"; echo core >>"$place" && echo wrote "$place"; '
        'rm -f "$place" && echo removed "$place"; done'
    )
    done = yard.run(shelter, "/bin/sh", "-c", script, "sh", *map(str, targets))
    missing = {f"removed {place}" for place in targets if not os.path.lexists(place)}
    assert set(done.stdout.splitlines()) <= missing, done.stdout
    assert len(done.stderr.splitlines()) >= len(targets)
    assert git(yard.repo, "status", "--porcelain") == ""
    assert (yard.admin() / "config.worktree").read_bytes() == b""


async def test_the_folders_that_git_trusts_cannot_be_exchanged(yard: Yard) -> None:
    """What is mounted can neither be renamed nor removed, nor is the capability left to mount over it."""
    shelter = await yard.shelter()
    scripts = (
        f"mv {yard.tree()}/.git {yard.tree()}/.old",
        f"mv {yard.common}/objects/info {yard.common}/objects/old",
        f"mv {yard.admin()}/gitdir {yard.admin()}/old",
        f"ln -sf /etc/passwd {yard.common}/logs/HEAD && test -L {yard.common}/logs/HEAD && exit 1",
        f"umount {yard.common}",
        f"mount -o remount,rw,bind {yard.common}",
        "mount -t tmpfs none /mnt",
    )
    done = yard.shell(shelter, "; ".join(f"({script}) && echo '{script}'" for script in scripts))
    assert done.stdout == "", done.stdout
    assert not (yard.common / "logs" / "HEAD").is_symlink()


async def test_state_and_siblings_cannot_be_seen(yard: Yard) -> None:
    """Of our state there is what is the agent's own; of the worktrees its own; the daemon's socket is not."""
    (yard.paths.sessions / "other").mkdir()
    (yard.tree("two") / "secret").write_text("two's")
    shelter = await yard.shelter()
    seen = yard.shell(
        shelter, f"ls -A {yard.paths.home} {yard.tree().parent}; find {yard.paths.home} -type s"
    )
    listed = {line for line in seen.stdout.split() if not line.endswith(":")}
    assert listed == {"bin", "profiles", "one"}
    assert yard.shell(shelter, f"cat {yard.tree('two')}/secret").returncode != 0


@pytest.mark.usefixtures("_elsewhere")
async def test_the_persons_secrets_look_empty(yard: Yard) -> None:
    """Folders and files alike, and one that is a link to another place; what is declared is hidden, too."""
    vault = yard.folder / "vault"
    for folder in (yard.person / ".aws", yard.person / "notes", vault):
        folder.mkdir()
        (folder / "key").write_text("canary")
    (yard.person / ".ssh").symlink_to(vault)
    for name in (".netrc", ".bash_history"):
        (yard.person / name).write_text("canary")
    (yard.person / "plain").write_text("canary")
    shelter = await yard.shelter(said={"hide": ["~/notes"]})
    seen = yard.shell(shelter, f"grep -r canary {yard.person} {vault}; cat {yard.person}/.netrc")
    assert seen.stdout.splitlines() == [f"{yard.person}/plain:canary"]


async def test_places_can_be_given_back(yard: Yard) -> None:
    """`read` shows what is hidden by default, `write` lets the agent write."""
    (yard.person / ".aws").mkdir()
    (yard.person / ".aws" / "config").write_text("region")
    (yard.person / "cache").mkdir()
    home = str(yard.person)
    shelter = await yard.shelter(said={"read": ["~/.aws/config"], "write": ["~/cache", "~/missing"]})
    assert yard.shell(shelter, f"echo x >{home}/cache/x; cat {home}/.aws/config").stdout == "region"
    assert yard.shell(shelter, f"ls {home}/.aws").stdout == "config\n"
    assert (yard.person / "cache" / "x").exists()


async def test_other_processes_do_not_exist(yard: Yard) -> None:
    """Process numbers are its own, so nobody else can be seen or signalled."""
    shelter = await yard.shelter()
    seen = yard.shell(shelter, f"ls -d /proc/[0-9]*; kill -0 {os.getpid()}")
    assert seen.returncode != 0
    assert len(seen.stdout.split()) <= 4


async def test_sockets_of_the_machine_are_gone(yard: Yard) -> None:
    """A socket in a read-only folder could be connected to; the shared folders of sockets are empty."""
    shelter = await yard.shelter()
    seen = yard.shell(shelter, "ls -A /run /var/tmp /dev/shm; find /tmp -type s")
    assert {line for line in seen.stdout.split() if not line.endswith(":")} <= {
        Path(place).parts[2] for place in (*places.RUN, *places.RESOLVING)
    }


@pytest.mark.skipif(os.getuid() != 0, reason="only root may write below /run")
@pytest.mark.parametrize("network", ["host", "none"])
async def test_who_has_no_network_cannot_ask_who_resolves_names(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, network: str
) -> None:
    """What a resolver keeps in `/run`, its socket too, is there with a network only."""
    with (
        tempfile.TemporaryDirectory(prefix="ca-", dir="/run") as folder,
        socket.socket(socket.AF_UNIX) as one,
    ):
        one.bind(f"{folder}/asked")
        one.listen()
        monkeypatch.setattr(places, "RESOLVING", (folder,))
        shelter = await yard.shelter(said={"network": network})
        code = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        done = yard.run(shelter, "python3", "-c", code, f"{folder}/asked")
        assert (done.returncode == 0) == (network == "host"), done.stderr
        assert network == "host" or yard.shell(shelter, "find /run -type s").stdout == ""


async def test_its_own_session_socket_can_be_reached(yard: Yard) -> None:
    """The one socket of our state that is there is the session's own."""
    place = yard.paths.session_socket("s1")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as daemon:
        listener.bind(str(place))
        listener.listen()
        daemon.bind(str(yard.paths.control_socket))
        daemon.listen()
        shelter = await yard.shelter(session="s1")
        code = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
        assert yard.run(shelter, "python3", "-c", code, str(place)).returncode == 0
        assert yard.run(shelter, "python3", "-c", code, str(yard.paths.control_socket)).returncode != 0


async def test_it_has_folders_of_its_own_to_write(yard: Yard) -> None:
    """Temporary files, caches and what tools keep; the caches are there the next time."""
    shelter = await yard.shelter()
    done = yard.shell(
        shelter, 'echo x >"$TMPDIR/x" && echo x >"$XDG_CACHE_HOME/x" && echo x >"$XDG_STATE_HOME/x"'
    )
    assert (done.returncode, done.stderr) == (0, "")
    again = yard.shell(await yard.shelter(), 'cat "$XDG_CACHE_HOME/x"; ls "$TMPDIR/x"')
    assert again.stdout == "x\n"


async def test_a_network_of_none_reaches_nobody(yard: Yard) -> None:
    """Not even this machine; with `host` the same connection is made."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = f"import socket; socket.create_connection(('127.0.0.1', {server.getsockname()[1]}), 5)"
        assert yard.run(await yard.shelter(), "python3", "-c", code).returncode == 0
        assert yard.run(await yard.shelter(said={"network": "none"}), "python3", "-c", code).returncode != 0


async def test_nothing_is_started_where_there_can_be_no_sandbox(yard: Yard, tmp_path: Path) -> None:
    """Without bubblewrap, and with the other system's sandbox, it is said what to do."""
    bare = Sandboxes(yard.paths, yard.sandboxes._roots, Probe(str(tmp_path)))
    with pytest.raises(UnavailableError, match="not installed") as caught:
        await bare.around(yard.stay(), tmp_path)
    assert "apt install bubblewrap" in caught.value.hint
    assert "apt install bubblewrap" in await bare.trouble(Sandbox(kind="bwrap"))
    assert await bare.trouble(Sandbox()) == ""
    with pytest.raises(UnavailableError, match="macOS"):
        await yard.sandboxes.around(yard.stay(said={"kind": "seatbelt"}), tmp_path)


@pytest.fixture
def macos(yard: Yard, tmp_path: Path) -> Sandboxes:
    """Return sandboxes as on macOS, with a stand-in for its `sandbox-exec`, which runs nowhere else."""
    program = tmp_path / "sandbox-exec"
    program.write_text(
        '#!/bin/sh\ncase $1 in -f) cat "$2";; -p) printf %s "$2";; esac >"$0.seen"\nshift 2\nexec "$@"\n'
    )
    program.chmod(0o755)
    return Sandboxes(yard.paths, yard.sandboxes._roots, Probe(str(tmp_path), "darwin"), yard.person)


async def test_macos_starts_the_program_under_a_profile(yard: Yard, macos: Sandboxes, tmp_path: Path) -> None:
    """The profile is kept in the session's folder, so that no argument tells of the person's places."""
    yard.sandboxes = macos
    shelter = await yard.shelter(said={"kind": "seatbelt"}, session="s1")
    done = yard.shell(shelter, "echo $CONSTELLAGENT_SANDBOX $TMPDIR")
    assert (done.returncode, done.stdout) == (0, "seatbelt\n")
    seen = (tmp_path / "sandbox-exec.seen").read_text()
    assert f'(subpath "{yard.tree()}")' in seen
    assert str(yard.person) not in " ".join(shelter.prefix)
    with pytest.raises(UnavailableError, match="needs Linux") as caught:
        await yard.shelter()
    assert "seatbelt` on macOS" in caught.value.hint


async def test_macos_confines_our_own_git_too(yard: Yard, macos: Sandboxes) -> None:
    """Only `update-ref` may write all refs; the folder of an index kept aside is given."""
    index = yard.folder / "aside"
    for command, whole in (("update-ref", True), ("diff", False)):
        words = await macos.around_git(yard.tree(), yard.common, command, index)
        assert words[1] == "-p"
        (writable,) = (
            rule
            for rule in words[2].splitlines()
            if f'"{yard.tree()}")' in rule and "allow" in rule and "write" in rule
        )
        assert (f'(subpath "{yard.common / "refs"}")' in writable) is whole
        assert f'(subpath "{index}")' in writable


async def test_a_program_that_is_not_there_is_said_before_anything_starts(yard: Yard) -> None:
    """As without a sandbox; one that a path names is left to the sandbox."""
    with pytest.raises(WorldError, match="command not found: nosuch"):
        await yard.shelter(program="nosuch")
    assert (await yard.shelter(program="./later")).prefix


async def test_what_every_program_needs_cannot_be_hidden(yard: Yard) -> None:
    """It is said before anything is started; what lies beside may be hidden."""
    beside = yard.sandboxes
    for place in ("/usr", str(Path(sys.executable).parent)):
        assert f"`hide: {place}` hides" in await beside.trouble(Sandbox(kind="bwrap", hide=(place,)))
    assert await beside.trouble(Sandbox(kind="bwrap", hide=("/usr/games", "~/.cache"))) == ""


async def test_what_is_hidden_stays_so_while_the_sandbox_stands(yard: Yard) -> None:
    """A file or folder that somebody outside replaces, or makes first, is not seen from then on."""
    (yard.person / ".git-credentials").write_text("old secret\n")
    (yard.person / ".aws").mkdir()
    (yard.person / ".config").mkdir()
    (yard.person / "plain").write_text("plain\n")
    (yard.person / "link").symlink_to("plain")
    shelter = await yard.shelter()
    at = yard.person
    script = (
        f"echo begun; read -r go; cat {at}/.git-credentials {at}/.aws/credentials {at}/.netrc"
        f" {at}/.config/gh/hosts.yml; cat {at}/link; touch {at}/mine; cat {at}/.config/plain"
    )
    (yard.person / ".config" / "plain").write_text("also plain\n")
    shelter = await yard.shelter()
    inside = await asyncio.create_subprocess_exec(
        *shelter.prefix,
        "/bin/sh",
        "-c",
        script,
        cwd=yard.tree(),
        env=yard.env(shelter),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert inside.stdout is not None
    assert await inside.stdout.readline() == b"begun\n"
    (at / "new").write_text("new secret\n")
    (at / "new").rename(at / ".git-credentials")
    (at / ".aws").rename(at / "before")
    (at / ".aws").mkdir()
    (at / ".aws" / "credentials").write_text("new secret\n")
    (at / ".netrc").write_text("new secret\n")
    (at / ".config" / "gh").mkdir()
    (at / ".config" / "gh" / "hosts.yml").write_text("new secret\n")
    said, errors = await inside.communicate(b"go\n")
    assert said == b"plain\nalso plain\n"
    assert b"mine" in errors
    assert not (at / "mine").exists()


async def test_what_the_file_gives_is_given_also_around_something_hidden(yard: Yard) -> None:
    """A folder to write can be written, one to read has its links, a program may lie in the home folder."""
    at = yard.person
    for name in (".cache", ".config/gh"):
        (at / name).mkdir(parents=True)
    (at / ".config" / "gh" / "hosts.yml").write_text("a secret\n")
    (at / ".config" / "link").symlink_to("plain")
    (at / ".config" / "plain").write_text("plain\n")
    (at / "link").symlink_to(".config")
    (at / "agent.sh").write_text("#!/bin/sh\n")
    (at / "agent.sh").chmod(0o755)
    said = {"write": ["~/.cache"], "read": ["~/.config"]}
    shelter = await yard.shelter(said=said, program=str(at / "agent.sh"))
    done = yard.shell(
        shelter, f"{at}/agent.sh && touch {at}/.cache/new && cat {at}/link/link; ls {at}/.config/gh"
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "plain\n", "")
    assert (at / ".cache" / "new").exists()
    (at / ".netrc").write_text("new secret\n")
    later = await yard.ground(said=said, program=str(at / "agent.sh"))
    assert at in later.human.covers


async def test_a_folder_that_is_too_large_is_shown_as_it_is(yard: Yard) -> None:
    """A mount for each of a thousand files would take seconds; what is hidden in it stays hidden."""
    (yard.person / ".netrc").write_text("a secret\n")
    for number in range(1000):
        (yard.person / f"file-{number}").touch()
    human = (await yard.ground()).human
    assert yard.person not in human.covers
    assert yard.person / ".netrc" in human.files


async def test_a_home_folder_that_is_the_machine_is_not_covered(yard: Yard) -> None:
    """Else what the sandbox has of its own, its processes first, would be the machine's again."""
    task = survey.Task(Sandbox(kind="bwrap"), yard.tree(), "", yard.common)
    assert survey.survey(yard.paths, Path("/"), task).human.covers == ()


async def test_an_empty_home_folder_is_covered_too(yard: Yard) -> None:
    """What is first made in it while the sandbox stands is not seen."""
    assert list(yard.person.iterdir()) == []
    assert (await yard.ground()).human.covers == (yard.person,)
