"""Commits, as the agent or as the person."""

import pytest

from constellagent.errors import ConflictError, UsageError
from tests.runtime.edits.conftest import Ground


async def test_a_commit_is_the_agents_by_default(ground: Ground) -> None:
    """What is staged is committed as the agent's identity, and nothing else is."""
    before = ground.git("rev-parse", "HEAD")
    ground.write("b.txt", "staged\n")
    ground.git("add", "b.txt")
    ground.write("a.txt", "not staged\n")
    made = await ground.do("commit", message="Say it\n\n# with a body ä\n")
    assert (made["commit"], made["parents"]) == (ground.git("rev-parse", "HEAD"), [before])
    assert (made["subject"], made["body"], made["pushed"]) == ("Say it", "# with a body ä", None)
    assert (made["author"], made["email"]) == ("worker", "worker@acme.test")
    assert ground.git("log", "-1", "--format=%cn %ce") == "worker worker@acme.test"
    assert ground.status() == [" M a.txt"]


async def test_a_person_may_commit_everything(ground: Ground) -> None:
    """With `all` every change is staged first; the author is whom git's configuration names."""
    ground.write("a.txt", "changed\n")
    ground.write("new.txt", "x")
    ground.write(".ravi/config.json", "secret")
    made = await ground.do("commit", message="all", author="person", all=True)
    assert (made["author"], made["email"]) == ("Pat Person", "pat@example.test")
    assert ground.git("show", "--format=", "--name-only").split() == ["a.txt", "new.txt"]


async def test_an_agent_without_an_identity(ground: Ground) -> None:
    """Without an identity the person commits, unless the agent was asked for."""
    ground.author = None
    ground.write("b.txt", "x\n")
    with pytest.raises(ConflictError, match="no identity"):
        await ground.do("commit", message="x", author="agent", all=True)
    assert ground.status() == [" M b.txt"]
    assert (await ground.do("commit", message="x", all=True))["author"] == "Pat Person"


@pytest.mark.parametrize("message", ["", " \n\t", "a\0b", "\ud800"])
async def test_a_message_must_say_something(ground: Ground, message: str) -> None:
    """An empty message, and one that is no text, is refused before anything is staged."""
    ground.write("b.txt", "x\n")
    with pytest.raises(UsageError):
        await ground.do("commit", message=message, all=True)
    assert ground.status() == [" M b.txt"]


async def test_nothing_staged_is_no_commit(ground: Ground) -> None:
    """Without staged changes there is a hint and no empty commit."""
    ground.write("b.txt", "x\n")
    with pytest.raises(ConflictError, match="nothing is staged") as caught:
        await ground.do("commit", message="x")
    assert "--all" in caught.value.hint


async def test_conflicts_and_rebases_are_not_committed_into(ground: Ground) -> None:
    """A merge with conflicts waits for them to be resolved, and a rebase for who began it."""
    ground.commit("work", {"b.txt": "ours\n"})
    ground.commit("work", {"b.txt": "theirs\n"}, at=ground.repo)
    ground.git("merge", "main", check=False)
    with pytest.raises(ConflictError, match="in conflict"):
        await ground.do("commit", message="x")
    ground.write("b.txt", "ours\n")
    ground.git("add", "b.txt")
    made = await ground.do("commit", message="merged")
    assert len(made["parents"]) == 2
    ground.git("reset", "-q", "--hard", "HEAD^")
    ground.git("rebase", "main", check=False)
    with pytest.raises(ConflictError, match="rebase"):
        await ground.editor._commit(
            await ground.standing(),
            {"file": "constellation.yaml", "agent": "worker", "action": "commit", "message": "x"},
        )


async def test_hooks_do_not_run(ground: Ground) -> None:
    """A repository's hook that forbids every commit is not asked."""
    hook = ground.repo / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    ground.write("b.txt", "x\n")
    assert (await ground.do("commit", message="x", all=True))["subject"] == "x"


async def test_the_agents_commits_are_not_signed_with_the_persons_key(ground: Ground) -> None:
    """A configuration that signs every commit counts for the person only."""
    ground.git("config", "commit.gpgSign", "true")
    ground.git("config", "gpg.program", "/bin/false")
    ground.write("b.txt", "x\n")
    assert (await ground.do("commit", message="x", all=True))["author"] == "worker"


async def test_everything_may_be_nothing(ground: Ground) -> None:
    """To commit all where nothing is changed is answered with just that."""
    with pytest.raises(ConflictError, match="nothing is changed"):
        await ground.do("commit", message="x", all=True)
