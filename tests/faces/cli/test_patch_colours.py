"""Which colour each line of a patch has."""

from constellagent.faces.cli.patch_colours import coloured

PATCH = """\
diff --git a/q.sql b/q.sql
--- a/q.sql
+++ b/q.sql
@@ -1,2 +1,2 @@ SELECT
--- a comment that goes
+++ b
 kept
\\ No newline at end of file
--- a/next
"""


def test_lines_that_look_like_a_head() -> None:
    """Only the counts of the hunk tell a removed `--` comment from the head of a file."""
    assert [colour for colour, _ in coloured(PATCH)] == [
        *["bold"] * 3,
        "cyan",
        "red",
        "green",
        "",
        "dim",
        "bold",
    ]


def test_every_line_comes_once() -> None:
    """The lines are those of the patch, in order; an empty patch has none, a count of one is left out."""
    assert "".join(f"{line}\n" for _, line in coloured(PATCH)) == PATCH
    assert list(coloured("")) == []
    assert [colour for colour, _ in coloured("@@ -1 +1 @@\n-a\n+b\ndiff\n")] == [
        "cyan",
        "red",
        "green",
        "bold",
    ]
