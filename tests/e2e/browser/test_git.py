"""What a person does with an agent's work: edit its files, stage, commit, push, and merge it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.reading import heading, line
from tests.e2e.browser.town import LONG, PROGRAM, Town
from tests.e2e.place import commit
from tests.reliability.lab import git

FLEET = "".join(
    f"  {name}: {{command: [sleep, '600']}}\n" for name in ("files", "parts", "commits", "clashes")
)
TWICE = LONG.replace("line 20 of", "line twenty of").replace("line 150 of", "line one hundred and fifty of")


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town with an agent for each test, and a bare repository to push to."""
    with Town(f"agents:\n{FLEET}") as made:
        git(made.folder, "init", "-q", "--bare", "origin.git")
        git(made.repo, "remote", "add", "origin", str(made.folder / "origin.git"))
        made.change("parts", {"docs/long.txt": TWICE, "docs/spare.txt": "spare\n"})
        made.change(
            "commits", {"app/hello.py": PROGRAM.replace("Hello", "Good day"), "docs/more.txt": "more\n"}
        )
        commit(made.tree_of("clashes"), {"docs/long.txt": LONG.replace("line 1 of", "line one of")}, "theirs")
        yield made


def typed_at(page: Page) -> None:
    """Put the cursor at the end of the open file's first line."""
    page.locator(".monaco-editor .view-line").first.click()
    page.keyboard.press("End")


def test_a_file_is_found_edited_and_saved(visit: Visit, town: Town, picture: Picture) -> None:
    """A few letters open any file; what is typed is on disk after saving; a new file is made."""
    tree = town.tree_of("files")
    page = visit.agent("files", "files")
    expect(page.get_by_role("treeitem").first).to_be_visible()
    page.keyboard.press("Control+p")
    page.get_by_role("combobox", name="Letters of a path").fill("hllo")
    expect(page.get_by_role("option").first).to_contain_text("hello.py")
    page.keyboard.press("Enter")
    expect(heading(page)).to_contain_text("hello.py")
    expect(page.locator(".monaco-editor .view-line").first).to_contain_text("program")
    typed_at(page)
    page.keyboard.type("  # typed")
    expect(page.get_by_text("not saved", exact=True)).to_be_visible()
    picture(page, "files dark")
    page.keyboard.press("Control+s")
    expect(page.get_by_text("not saved", exact=True)).to_have_count(0)
    expect(page.get_by_role("treeitem").filter(has_text="hello.py")).to_contain_text("modified")
    assert (tree / "app" / "hello.py").read_text().startswith('"""A program."""  # typed\n')
    page.get_by_role("button", name="New file").click()
    page.get_by_role("dialog").get_by_label("Path, from the top of the worktree").fill("notes/new.txt")
    page.get_by_role("dialog").get_by_role("button", name="Make it").click()
    expect(heading(page)).to_contain_text("new.txt")
    assert (tree / "notes" / "new.txt").read_bytes() == b""


def test_a_hunk_is_staged_and_another_one_discarded(visit: Visit, town: Town, picture: Picture) -> None:
    """One hunk goes into the index, another one out of the file, and a whole file goes both ways."""
    tree = town.tree_of("parts")
    page = visit.agent("parts", "changes")
    page.get_by_role("region", name="Not staged").get_by_role(
        "button", name=re.compile(r"^\W*M?\s*long.txt")
    ).click()
    expect(page.get_by_role("region", name=re.compile("^Hunk"))).to_have_count(2)
    picture(page, "changes dark")
    page.get_by_role("button", name=re.compile("^Stage the hunk")).first.click()
    expect(page.get_by_role("region", name="Staged", exact=True)).to_contain_text("long.txt")
    assert "+line twenty of" in git(tree, "diff", "--cached")
    assert "hundred and fifty" not in git(tree, "diff", "--cached")
    expect(page.get_by_role("region", name=re.compile("^Hunk"))).to_have_count(1)
    page.get_by_role("button", name=re.compile("^Discard the hunk")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile("^Discard")).click()
    expect(page.get_by_role("region", name="Not staged")).not_to_contain_text("long.txt")
    assert "line 150 of" in (tree / "docs" / "long.txt").read_text()
    assert git(tree, "for-each-ref", "refs/constellagent/trash").strip() != ""
    page.get_by_role("region", name="Not staged").get_by_role(
        "button", name=re.compile(r"spare.txt")
    ).first.click()
    page.get_by_role("button", name="Stage file").click()
    expect(page.get_by_role("region", name="Not staged")).not_to_contain_text("spare.txt")
    page.get_by_role("region", name="Staged", exact=True).get_by_role(
        "button", name=re.compile("spare.txt")
    ).first.click()
    page.get_by_role("button", name="Unstage file").click()
    expect(page.get_by_role("region", name="Not staged")).to_contain_text("spare.txt")


def test_work_is_committed_pushed_and_merged(visit: Visit, town: Town, picture: Picture) -> None:
    """A commit as the agent and one as oneself, both pushed to a remote, and then merged into the base."""
    tree = town.tree_of("commits")
    page = visit.agent("commits", "changes")
    page.get_by_role("region", name="Not staged").get_by_role(
        "button", name=re.compile("hello.py")
    ).first.click()
    page.get_by_role("button", name="Stage file").click()
    box = page.get_by_role("form", name="Commit")
    box.get_by_label("Commit message").fill("Greet by day")
    box.get_by_role("button", name=re.compile("^Commit 1 file")).click()
    expect(box.get_by_label("Commit message")).to_have_value("")
    assert git(tree, "log", "-1", "--format=%s %an").strip() == "Greet by day commits"
    box.get_by_label("Stage everything").check()
    box.get_by_label("Who the commit is by").select_option("person")
    box.get_by_label("Commit message").fill("Say more")
    box.get_by_role("button", name=re.compile("^Commit 1 file")).click()
    expect(box.get_by_label("Commit message")).to_have_value("")
    assert git(tree, "log", "-1", "--format=%s %an").strip() == "Say more Lab"
    facts = page.get_by_role("region", name="Where the worktree stands")
    facts.get_by_role("button", name="Push").click()
    page.get_by_role("dialog").get_by_role("button", name="Push").click()
    expect(
        page.get_by_role("status").filter(has_text=re.compile("pushed", re.IGNORECASE)).first
    ).to_be_visible()
    head = git(tree, "rev-parse", "HEAD").strip()
    assert git(town.folder / "origin.git", "rev-parse", "agents/commits").strip() == head
    facts.get_by_role("button", name="Merge…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("button", name="Merge into main")).to_be_enabled()
    picture(page, "merge dark")
    dialog.get_by_role("button", name="Merge into main").click()
    expect(dialog.get_by_role("status")).to_contain_text("main was at")
    assert "Good day" in (town.repo / "app" / "hello.py").read_text()
    assert git(town.repo, "merge-base", "--is-ancestor", head, "main") == ""


def test_a_merge_that_would_conflict_is_shown_and_not_done(
    visit: Visit, town: Town, picture: Picture
) -> None:
    """The preview shows both sides of the lines that clash, and nothing can be merged."""
    commit(town.repo, {"docs/long.txt": LONG.replace("line 1 of", "line uno of")}, "ours")
    page = visit.agent("clashes", "changes")
    page.get_by_role("button", name="Merge…").click()
    dialog = page.get_by_role("dialog")
    conflict = dialog.get_by_role("region", name="Conflicts")
    expect(conflict).to_contain_text("docs/long.txt")
    expect(conflict).to_contain_text("line uno of")
    expect(conflict).to_contain_text("line one of")
    expect(dialog.get_by_role("button", name="Merge into main")).to_be_disabled()
    picture(page, "merge conflict dark")


def test_a_commit_is_looked_at(visit: Visit) -> None:
    """The branch's own commits are listed, and one shows who made it and what it changed."""
    page = visit.agent("clashes", "commits")
    page.get_by_role("complementary", name="Commits").get_by_role("button", name=re.compile("theirs")).click()
    expect(page.get_by_role("heading", name="theirs")).to_be_visible()
    expect(line(page, "line one of")).to_be_visible()
    expect(line(page, "line 1 of", "original")).to_be_visible()


def test_files_that_several_agents_touch_are_named(visit: Visit, town: Town, picture: Picture) -> None:
    """A file that two agents changed stands among the overlaps with both, and leads to either's changes."""
    town.change("files", {"docs/long.txt": LONG.replace("line 9 of", "line nine of")})
    page = visit.guest("#/overlaps")
    expect(page.get_by_role("main")).to_contain_text("long.txt")
    picture(page, "overlaps dark")
    page.get_by_role("link", name="files's changes of docs/long.txt").click()
    expect(line(page, "line nine of")).to_be_visible()
