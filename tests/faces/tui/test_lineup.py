"""Who has a tile and who has the focus."""

from hypothesis import given
from hypothesis import strategies as st

from constellagent.faces.tui.arrangement import wanted
from constellagent.faces.tui.deck import AgentId
from constellagent.faces.tui.lineup import Lineup

A, B, C, D, E = (AgentId("/f", name) for name in "abcde")


def of(*ids: AgentId) -> Lineup:
    """Return a lineup that knows these agents."""
    lineup = Lineup()
    lineup.know(ids)
    return lineup


def test_the_first_agent_is_shown_at_once() -> None:
    """A window that opens is not empty where there is anything."""
    assert of(A, B).agents == [A]
    assert of().current is None


def test_more_tiles_are_filled_in_the_order_of_the_list() -> None:
    """From the agent in focus on, and round."""
    lineup = of(A, B, C)
    lineup.show(B)
    lineup.arrange("two")
    assert (lineup.agents, lineup.current) == ([B, C], B)
    lineup.arrange("four")
    assert lineup.agents == [B, C, A]


def test_fewer_tiles_keep_the_one_in_focus() -> None:
    """Going back to one shows what one was looking at."""
    lineup = of(A, B, C, D)
    lineup.arrange("four")
    lineup.show(D)
    lineup.arrange("two")
    assert lineup.current == D
    lineup.arrange("one")
    assert lineup.agents == [D]


def test_showing_an_agent_takes_a_free_place_or_that_of_the_focus() -> None:
    """An agent that has a tile only gets the focus."""
    lineup = of(A, B, C)
    lineup.arrange("two")
    lineup.show(B)
    assert (lineup.agents, lineup.current) == ([A, B], B)
    lineup.show(C)
    assert (lineup.agents, lineup.current) == ([A, C], C)
    lineup.show(A, focus=False)
    assert lineup.current == C


def test_agents_that_go_lose_their_tiles_and_new_ones_join_all() -> None:
    """The focus stays where it can."""
    lineup = of(A, B, C)
    lineup.arrange("all")
    lineup.show(C)
    lineup.know([A, C, D])
    assert (lineup.agents, lineup.current) == ([A, C, D], C)
    lineup.know([A])
    assert lineup.current == A


def test_swapping_takes_the_focus_along_and_closing_wants_fewer() -> None:
    """The last tile cannot be closed."""
    lineup = of(A, B, C, D)
    lineup.arrange("four")
    lineup.swap(1)
    assert (lineup.agents, lineup.current) == ([B, A, C, D], A)
    lineup.close()
    assert (lineup.agents, lineup.current) == ([B, C, D], C)
    lineup.close()
    assert lineup.arrangement == "two"
    lineup.close()
    lineup.close()
    assert (len(lineup.agents), lineup.arrangement) == (1, "one")


def test_a_window_with_less_room_shows_the_focus() -> None:
    """Of five tiles with room for two, the one in focus is among the two."""
    lineup = of(A, B, C, D, E)
    lineup.arrange("all")
    for number in range(5):
        assert lineup.focus(number)
        assert number in lineup.window(2)
        assert len(lineup.window(2)) == 2
    assert not lineup.focus(5)


def test_a_closed_agent_that_is_the_only_one_left_is_shown() -> None:
    """Closing a tile is forgotten where nothing else could be shown."""
    one, two = AgentId("/f", "1"), AgentId("/f", "2")
    lineup = of(one, two)
    lineup.arrange("two")
    lineup.focus(0)
    lineup.close()
    lineup.know([one])
    assert lineup.current == one


@given(
    st.lists(
        st.tuples(st.sampled_from(["show", "arrange", "step", "swap", "close", "know"]), st.integers(0, 9))
    )
)
def test_any_changes_leave_the_focus_on_a_tile(steps: list[tuple[str, int]]) -> None:
    """No agent has two tiles, and there are never more than the arrangement wants."""
    ids = [AgentId("/f", str(number)) for number in range(10)]
    lineup = of(*ids)
    known = ids
    for step, number in steps:
        if step == "know":
            known = ids[: number + 1]
            lineup.know(known)
        elif step == "arrange":
            lineup.arrange(("one", "two", "four", "all")[number % 4])
        elif step == "show":
            lineup.show(known[number % len(known)])
        elif step == "close":
            lineup.close()
        else:
            getattr(lineup, step)(1 if number % 2 else -1)
        assert lineup.current in known
        assert len(set(lineup.agents)) == len(lineup.agents) <= wanted(lineup.arrangement, len(known))
