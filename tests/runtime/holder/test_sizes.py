"""Which size belongs to which output."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.runtime.holder.sizes import Sizes

changes = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 4), st.integers(1, 4)), max_size=30)


@given(changes)
def test_each_place_has_the_size_that_was_set_last_before_it(made: list[tuple[int, int, int]]) -> None:
    """Whatever came when, a place has the last size set at it or before, and no part crosses a change."""
    sizes = Sizes(24, 80)
    truth: dict[int, tuple[int, int]] = {0: (24, 80)}
    offset = 0
    for step, rows, columns in made:
        offset += step
        last = truth[max(truth)]
        assert sizes.add(offset, rows, columns, 0) == ((rows, columns) != last)
        if (rows, columns) != last:
            truth[offset] = rows, columns
    for place in range(offset + 3):
        assert sizes.at(place)[1:] == truth[max(at for at in truth if at <= place)]
        later = [at - place for at in truth if at > place]
        assert sizes.room(place, 10) == min([10, *later])


def test_another_size_has_another_number() -> None:
    """Who knows the number of a size knows whether there is something to tell, also of two at one place."""
    sizes = Sizes(24, 80)
    numbers = [sizes.at(5)[0]]
    for rows in (25, 26):
        sizes.add(5, rows, 80, 0)
        numbers.append(sizes.at(5)[0])
    assert len(set(numbers)) == 3
    assert sizes.at(4) == (0, 24, 80)


def test_what_is_remembered_is_bounded() -> None:
    """Changes before the oldest output go, and so do the oldest of very many."""
    sizes = Sizes(24, 80)
    for number in range(100_000):
        sizes.add(number, 24, 81 + number % 2, number - 10)
    assert len(sizes._changes) < 20
    for number in range(100_000, 102_000):
        sizes.add(number, 24, 81 + number % 2, 0)
    assert len(sizes._changes) <= 500
    assert sizes.at(0) == sizes._changes[0][1]
