"""The prompt that an agent gets."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.comment_views import CommentView
from constellagent.runtime.comments.prompts import MOST_QUOTED, place, prompt


def comment(**changes: Any) -> CommentView:
    """Return a comment, with changes."""
    view = CommentView(
        id="c0ffee",
        agent="docs",
        path="src/app.py",
        side="new",
        line=12,
        end_line=14,
        text="Close it.",
        quote="a = 1\n\nb = 2",
        revision="worktree",
        author="person",
        state="open",
        outdated=False,
        created_at=1.0,
        edited_at=1.0,
        sent_at=None,
    )
    return CommentView(**{**view, **changes})  # type: ignore[typeddict-item] # a test names real keys


def test_a_prompt() -> None:
    """A heading with the branch, what goes before, then numbered places, quoted lines and comments."""
    comments = [
        comment(),
        comment(path="README.md", line=0, end_line=0, quote="", text="Say how\nto install it."),
        comment(path="", line=0, end_line=0, quote="", text="Add tests."),
    ]
    assert prompt(comments, "feature/x", "Please mend these.") == (
        "Review comments on your work (branch feature/x):\n"
        "\n"
        "Please mend these.\n"
        "\n"
        "1. src/app.py:12-14\n"
        "> a = 1\n"
        ">\n"
        "> b = 2\n"
        "Close it.\n"
        "\n"
        "2. README.md\n"
        "Say how\n"
        "to install it.\n"
        "\n"
        "3. The whole work\n"
        "Add tests."
    )


def test_without_a_branch() -> None:
    """A detached worktree has no branch to name."""
    assert prompt([comment()], "").startswith("Review comments on your work:\n")


def test_what_the_agent_must_know_of_a_place() -> None:
    """Lines of the old side, lines that are gone, and an author that is an agent are said."""
    text = prompt([comment(side="old", outdated=True, author="triage", end_line=12)], "")
    assert (
        "1. src/app.py:12 (in the version before your changes; "
        "these lines have changed since the comment was made; by the agent triage)\n"
    ) in text


def test_long_quotes_are_cut() -> None:
    """The agent has the file: of many or long lines the beginning is enough."""
    text = prompt([comment(quote="\n".join(["y" * 1000, *["x"] * (MOST_QUOTED + 1)]))], "")
    lines = text.splitlines()
    assert max(map(len, lines)) < 400
    assert "> ... (2 more lines)" in lines
    assert text.count("\n> x") == MOST_QUOTED - 1


def test_odd_names_are_shown() -> None:
    """A name that is no text, or holds a line break or an escape, cannot break the prompt."""
    odd = comment(path="a\n1. b\udcff\x1b[2J", line=3, end_line=3)
    assert place(odd) == r"a\x0a1. b\xff\x1b[2J:3"


@given(st.text(), st.text(), st.text())
def test_no_text_breaks_it(path: str, quote: str, text: str) -> None:
    """Whatever was quoted stays behind its mark, and the comment comes last."""
    made = prompt([comment(path=path.encode("utf-8", "replace").decode(), quote=quote, text=text)], "")
    assert made.endswith(text)
    head = made.removesuffix(text).rstrip("\n").split("\n", 2)[2].split("\n")
    assert head[0].startswith("1. ")
    assert all(line.startswith(">") for line in head[1:])
