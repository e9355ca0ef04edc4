"""Plain text of programs that tell no more."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.agents.streams.plain import Reader


@given(st.lists(st.text()))
def test_all_is_shown(lines: list[str]) -> None:
    """Every line is shown as it is, and a run is fine as soon as there is one with something in it."""
    reader = Reader()

    assert [list(reader.feed(line)) for line in lines] == [[line] for line in lines]
    assert reader.outcome().ok == any(line.strip() for line in lines)


def test_the_last_lines_are_the_answer() -> None:
    """The answer is the end of what it wrote, without empty lines."""
    reader = Reader()
    for number in range(30):
        reader.feed(f"line {number}  ")
        reader.feed("")

    assert reader.outcome().answer.splitlines() == [f"line {number}" for number in range(10, 30)]


def test_silence_is_no_answer() -> None:
    """A program that wrote nothing has not finished its work."""
    found = Reader().outcome()

    assert (found.ok, found.why, found.answer) == (False, "it wrote nothing", "")
