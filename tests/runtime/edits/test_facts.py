"""The facts that a reviewer always sees."""

from tests.runtime.edits.conftest import Ground


async def test_facts_of_a_worktree(ground: Ground) -> None:
    """Branch, base, counts, who can commit and what is going on are all there."""
    ground.commit("ours", {"a.txt": "ours\n"})
    ground.commit("theirs", {"b.txt": "theirs\n"}, at=ground.repo)
    ground.write("a.txt", "changed\n")
    ground.write("new.txt", "x")
    ground.write("staged.txt", "x")
    ground.git("add", "staged.txt")
    assert await ground.ask("facts") == {
        "branch": "agents/worker",
        "head": ground.git("rev-parse", "HEAD"),
        "base": "main",
        "base_at": str(ground.repo),
        "ahead": 1,
        "behind": 1,
        "upstream": "",
        "unpushed": None,
        "remotes": [],
        "staged": 1,
        "unstaged": 1,
        "untracked": 1,
        "conflicted": 0,
        "operation": "",
        "agent": "worker <worker@acme.test>",
        "person": "Pat Person <pat@example.test>",
        "path": str(ground.tree),
    }


async def test_facts_without_anybody(ground: Ground) -> None:
    """Without an identity and without a configured person both are empty, not invented."""
    ground.author = None
    ground.become(None)
    facts = await ground.ask("facts")
    assert (facts["agent"], facts["person"]) == ("", "")
