"""The whole table of operations."""

import re
from pathlib import Path
from typing import Any, get_args, get_origin

import pytest

from constellagent.faces.web.routes import HELD, TABLE
from constellagent.faces.web.routing import Held, Route
from constellagent.faces.web.shapes import body_check
from constellagent.runtime.settings import Settings
from tests.faces.web.asking import BASE, asking
from tests.runtime.working import working

UNSAFE = [route for route in TABLE if route.method != "GET"]


@pytest.mark.parametrize("route", UNSAFE, ids=lambda route: f"{route.method} {route.path}")
def test_e4_what_acts_needs_an_admin(route: Route) -> None:
    """Every operation that changes anything is out of reach for who may only read."""
    assert route.scope == "admin"


@pytest.mark.parametrize("route", [*TABLE, *HELD], ids=lambda route: route.path)
def test_what_is_an_agents_own_names_the_agent(route: Route | Held) -> None:
    """An agent's own token opens what its name is in the path of, and what is cut down to it."""
    if route.own:
        assert "{agent}" in route.path or route.path in {"/events", "/live"}


def test_no_operation_is_there_twice() -> None:
    """Parameters aside, each method and path mean one operation."""
    named = [("GET", one.path) for one in HELD] + [(one.method, one.path) for one in TABLE]
    places = [(method, re.sub(r"\{\w+\}", "*", path)) for method, path in named]
    assert len(places) == len(set(places))


def test_what_an_agent_may_not_do_even_to_itself() -> None:
    """No agent's token stops, sends, runs, applies, or changes a worktree through the API."""
    allowed = {(one.method, one.path.rpartition("/agents/{agent}/")[2]) for one in UNSAFE if one.own}
    assert allowed == {
        ("POST", "comments"),
        ("PATCH", "comments/{comment}"),
        ("POST", "mail"),
        ("POST", "texts"),
    }


def test_every_operation_says_what_it_is() -> None:
    """Each has a summary of one line, as a person would say it."""
    operations: list[Route | Held] = [*TABLE, *HELD]
    for one in operations:
        assert one.summary
        assert one.summary[0].isupper()
        assert not one.summary.endswith(".")


async def test_a_real_daemon_answers_in_the_declared_shapes(home: Settings, tmp_path: Path) -> None:
    """What is read of a real agent is what the table says it is, to the letter."""
    async with working(home, tmp_path / "repo") as lab:
        lab.declare("  one: {shell: 'read x'}\n")
        await lab.apply()
        async with asking(lab.daemon, home) as client:
            for route in TABLE:
                path = route.path.format(**NAMES)
                if route.method != "GET" or "{" in path:
                    continue
                async with client.get(BASE + path, params=QUERIES.get(path.rpartition("/")[2])) as response:
                    answer = await response.json()
                assert response.status == 200, f"{path}: {answer}"
                check = body_check(_row(route.reply))
                for value in answer["data"] if route.reply is not _row(route.reply) else [answer]:
                    check(value)


NAMES = {"constellation": "test", "agent": "one", "session": "one"} | {
    name: "{" + name + "}" for name in ("run", "thread", "conversation", "comment", "name")
}
QUERIES = {"content": {"path": ".gitignore"}, "hunks": {"path": ".gitignore"}, "screen": {"form": "ansi"}}


def _row(reply: Any) -> Any:
    """Return the shape of one row of a list, or of the answer itself."""
    return get_args(reply)[0] if get_origin(reply) is list else reply
