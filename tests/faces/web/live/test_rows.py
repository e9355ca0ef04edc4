"""The rows that the board holds."""

import pytest

from constellagent.errors import UsageError
from constellagent.faces.web.live.listeners import Audience
from constellagent.faces.web.live.rows import changed, find, only, row_of, session_of
from constellagent.faces.web.problems import UnknownError
from tests.faces.fake_control import agent_view, service_view, session_view
from tests.faces.web.asking import FILE, ID, constellation_view

ROWS = [row_of(constellation_view()), row_of(constellation_view("beta", "/b.yaml"))]


def test_one_is_found_by_id_or_name() -> None:
    """The id wins over a name that looks like it."""
    tricky = row_of(constellation_view(ID, "/c.yaml"))
    assert find([tricky, *ROWS], ID)["file"] == FILE
    assert find(ROWS, "beta")["file"] == "/b.yaml"
    with pytest.raises(UnknownError, match="did you mean beta"):
        find(ROWS, "bete")
    with pytest.raises(UsageError, match="several"):
        find([*ROWS, row_of(constellation_view("beta", "/d.yaml"))], "beta")


def test_news_replace_rows_by_name() -> None:
    """Only the named agents of the named file change; what was handed out before stays as it was."""
    news = changed(ROWS, {FILE: [{**agent_view("auth", "done")}, {**agent_view("gone")}]})
    assert [agent["state"] for agent in news[0]["agents"]] == ["working", "done"]
    assert [agent["state"] for agent in ROWS[0]["agents"]] == ["working", "waiting"]
    assert news[1] is ROWS[1]


def test_an_agent_sees_itself_alone() -> None:
    """Neither other agents, nor services, nor other constellations."""
    (seen,) = only(ROWS, Audience(FILE, "docs"))
    assert (seen["file"], [agent["name"] for agent in seen["agents"]], seen["services"]) == (
        FILE,
        ["docs"],
        [],
    )


def test_the_session_of_a_subject() -> None:
    """Agents and services have one, or none."""
    row = row_of(
        constellation_view(
            agents=[agent_view("docs", session=session_view(id="s7"))],
            services=[service_view("shop", session=session_view(id="s8"))],
        )
    )
    assert [(session_of([row], FILE, name) or {"id": None})["id"] for name in ("docs", "shop", "x")] == [
        "s7",
        "s8",
        None,
    ]
    assert session_of([row], "/b.yaml", "docs") is None
