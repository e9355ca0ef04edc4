"""What counts as a difference between two looks."""

import copy

from constellagent.runtime.live.looking import changed_agents, shape
from tests.runtime.live.test_live import views_of


def test_an_agents_row_is_no_change_of_shape() -> None:
    """State and counts of an agent are sent as that agent's row alone."""
    before = views_of("docs", "api")
    after = copy.deepcopy(before)
    after[0]["agents"][0]["unread_mail"] = 3
    assert shape(before) == shape(after)
    assert [row["name"] for row in changed_agents(before, after)["/a.yaml"]] == ["docs"]


def test_names_services_and_problems_are_the_shape() -> None:
    """Agents that come or go, services and problems change everything."""
    before = views_of("docs")
    assert shape(before) != shape(views_of("docs", "api"))
    troubled = copy.deepcopy(before)
    troubled[0]["provider_problem"] = "away"
    assert shape(before) != shape(troubled)


def test_equal_views_have_no_changed_agents() -> None:
    """Nothing differs, nothing is sent."""
    assert changed_agents(views_of("docs"), views_of("docs")) == {}
