"""Changes that are no plain edit of a text, and names that are no plain names."""

import base64
import os
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Picture, Visit
from tests.e2e.browser.reading import heading, line, pick, row, side
from tests.e2e.browser.town import Town
from tests.e2e.place import SLEEPER
from tests.reliability.lab import git

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAIAAACQkWg2AAAAGElEQVR42mNk+M9AEmAiTfmohlENQ0kDAJwgAR8qCsqaAAAAAElFTkSuQmCC"
)
WILD = "new\nline</script><script>alert(1)</script>.txt"
"""A name that is one line less and one program more than it seems."""


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """Give a town whose agent has made each kind of change once."""
    with Town(f"agents: {{docs: {SLEEPER}}}", {"old-name.txt": "kept\n" * 30, "gone.txt": "gone\n"}) as made:
        tree = made.tree_of()
        git(tree, "mv", "old-name.txt", "new-name.txt")
        git(tree, "rm", "-q", "gone.txt")
        (tree / "data.bin").write_bytes(bytes(range(256)))
        (tree / "dot.png").write_bytes(PNG)
        (tree / "link").symlink_to("app/hello.py")
        made.change("docs", {"fresh.txt": "untracked\n", WILD: "wild\n"})
        (tree / os.fsdecode(b"caf\xe9.txt")).write_bytes("fünf\n".encode("latin-1"))
        yield made


def test_c16_every_kind_of_change_is_named_for_what_it_is(visit: Visit, picture: Picture) -> None:
    """A rename, a deletion, an image, a binary, a link and an untracked file each say what they are."""
    page = visit.agent("docs")
    pick(page, "new-name.txt")
    expect(page.get_by_text("renamed from old-name.txt")).to_be_visible()
    pick(page, "gone.txt")
    expect(row(page, "gone.txt")).to_contain_text("deleted")
    expect(side(page, "original")).to_contain_text("gone")
    pick(page, "data.bin")
    expect(page.get_by_text("binary, 256 bytes")).to_be_visible()
    pick(page, "dot.png")
    image = page.get_by_role("img", name=re.compile("After"))
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") == 16
    picture(page, "diff image dark")
    pick(page, "link")
    expect(page.get_by_text("symbolic link to app/hello.py")).to_be_visible()
    pick(page, "fresh.txt")
    expect(page.get_by_text("untracked: git does not know this file yet")).to_be_visible()
    expect(side(page, "modified")).to_contain_text("untracked")
    picture(page, "diff untracked dark")


def test_c16_names_that_are_no_text_are_shown_and_read(visit: Visit) -> None:
    """A name with a newline and a script in it, and one that is no UTF-8, are text and open their files."""
    page = visit.agent("docs")
    pick(page, r"caf\xe9.txt")
    expect(line(page, "fünf")).to_be_visible()
    expect(page.get_by_text("LATIN-1").or_(page.get_by_text(re.compile("8859|1252")))).to_be_visible()
    row(page, "script>.txt").click()
    expect(line(page, "wild")).to_be_visible()
    expect(heading(page)).to_contain_text("script>.txt")
    page.reload()
    expect(line(page, "wild")).to_be_visible()
    assert page.locator("script").count() == 1
