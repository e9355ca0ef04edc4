"""Comments from their making to their being sent."""

import asyncio
from typing import Any

import pytest

from constellagent.errors import BusyError, ConflictError, UsageError, WorldError
from constellagent.runtime.comments import Comments, desk
from constellagent.runtime.control import SendView
from constellagent.runtime.store import comments as store
from constellagent.runtime.store.database import Database
from tests.runtime.comments.conftest import Reviewing


async def test_a_comment_is_kept(reviewing: Reviewing, database: Database) -> None:
    """What was said is there for the next daemon too, with what the lines were."""
    made = await reviewing.add("app.py:4-5", "Name it\r\nbetter.\x1b[2J")
    assert made == {
        "id": made["id"],
        "agent": "worker",
        "path": "app.py",
        "side": "new",
        "line": 4,
        "end_line": 5,
        "text": "Name it\nbetter.[2J",
        "quote": "def one():\n    return 1",
        "revision": "",
        "author": "person",
        "state": "open",
        "outdated": False,
        "created_at": reviewing.clock.time,
        "edited_at": reviewing.clock.time,
        "sent_at": None,
    }
    reviewing.comments = Comments(database, reviewing.clock, reviewing.taking, reviewing.told)
    assert await reviewing.all() == [made]
    assert await reviewing.ask("list", agent="other") == []


async def test_the_list_goes_by_path_and_line(reviewing: Reviewing) -> None:
    """Whatever was said first; states choose."""
    for place in ("b.py", "app.py:5", "", "app.py:4", "app.py"):
        await reviewing.add(place)
    views = await reviewing.all()
    assert [(view["path"], view["line"]) for view in views] == [
        ("", 0),
        ("app.py", 0),
        ("app.py", 4),
        ("app.py", 5),
        ("b.py", 0),
    ]
    await reviewing.ask("resolve", id=views[0]["id"])
    assert len(await reviewing.all(states=["open"])) == 4
    assert [view["id"] for view in await reviewing.all(states=["resolved"])] == [views[0]["id"]]


async def test_a_comment_that_was_edited_is_open_again(reviewing: Reviewing) -> None:
    """Its new text has not been sent."""
    made = await reviewing.add("app.py:4")
    await reviewing.send()
    reviewing.clock.time += 5

    edited = await reviewing.ask("edit", id=made["id"][:4], text="Rather so.")

    assert (edited["state"], edited["text"], edited["edited_at"]) == (
        "open",
        "Rather so.",
        made["created_at"] + 5,
    )
    assert edited["sent_at"] == made["created_at"]
    assert await reviewing.all() == [edited]


async def test_resolving_reopening_and_removing(reviewing: Reviewing) -> None:
    """Each answers with the comment; a removed one as it was."""
    made = await reviewing.add("app.py:4")
    assert (await reviewing.ask("resolve", id=made["id"]))["state"] == "resolved"
    with pytest.raises(UsageError, match="no open comments"):
        await reviewing.send()
    assert (await reviewing.ask("reopen", id=made["id"]))["state"] == "open"
    assert await reviewing.ask("remove", id=made["id"]) == made
    assert await reviewing.all() == []
    with pytest.raises(UsageError, match="there is no comment"):
        await reviewing.ask("edit", id=made["id"], text="x")


@pytest.mark.parametrize("action", ["edit", "resolve", "remove"])
async def test_a_comment_that_goes_meanwhile(
    reviewing: Reviewing, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """Two at once: who comes late is told."""
    made = await reviewing.add("app.py:4")
    rows = await reviewing.comments._rows.of("c", "worker")
    await reviewing.ask("remove", id=made["id"])

    async def before(*_: str) -> list[store.CommentRow]:
        return rows

    monkeypatch.setattr(reviewing.comments._rows, "of", before)
    with pytest.raises(ConflictError, match="removed meanwhile"):
        await reviewing.ask(action, id=made["id"], text="x")


async def test_one_prompt_for_all(reviewing: Reviewing) -> None:
    """All open comments go at once, in the order of their places, and are sent then."""
    await reviewing.add("app.py:9", "Last.")
    await reviewing.add("app.py:5", "First.")

    sent = await reviewing.send(text="Please:")

    assert sent["sent"]
    assert reviewing.taking.prompts == [sent["prompt"]]
    assert reviewing.told.lines == ["2 comments sent"]
    assert sent["prompt"] == (
        "Review comments on your work (branch agents/worker):\n\nPlease:\n\n"
        "1. app.py:5\n>     return 1\nFirst.\n\n2. app.py:9\n>     return 2\nLast."
    )
    views = await reviewing.all()
    assert [view["id"] for view in views] == sent["ids"]
    assert {(view["state"], view["sent_at"]) for view in views} == {("sent", reviewing.clock.time)}


async def test_only_some(reviewing: Reviewing) -> None:
    """Named ones go alone, and one that went already does not go again by itself."""
    first, second = await reviewing.add("app.py:4"), await reviewing.add("app.py:5")
    assert (await reviewing.send(ids=[second["id"]]))["ids"] == [second["id"]]
    with pytest.raises(ConflictError, match="is sent already") as caught:
        await reviewing.send(ids=[second["id"]])
    assert "reopen" in caught.value.hint
    assert (await reviewing.send())["ids"] == [first["id"]]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (SendView(confirmed=False, why="the program is stopped"), "the program is stopped"),
        (SendView(confirmed=False, why=""), "nobody knows whether it was taken"),
        (BusyError("it does not read", hint="wait"), "it does not read; wait"),
        (ConflictError("worker does not run"), "worker does not run"),
    ],
)
async def test_what_is_not_confirmed_stays_open(reviewing: Reviewing, answer: Any, why: str) -> None:
    """The answer says why, and the comments can be sent again."""
    await reviewing.add("app.py:4")
    reviewing.taking.answer = answer

    sent = await reviewing.send()

    assert (sent["sent"], sent["why"]) == (False, why)
    assert [view["state"] for view in await reviewing.all()] == ["open"]


async def test_what_was_changed_while_it_went_stays_open(reviewing: Reviewing) -> None:
    """The agent has the old text; the new one waits."""
    changed, same = await reviewing.add("app.py:4"), await reviewing.add("app.py:5")
    reviewing.taking.gate = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(reviewing.send())
        while not reviewing.taking.inside:
            await asyncio.sleep(0)
        await reviewing.ask("edit", id=changed["id"], text="Otherwise.")
        reviewing.taking.gate.set()
    states = {view["id"]: view["state"] for view in await reviewing.all()}
    assert states == {changed["id"]: "open", same["id"]: "sent"}


async def test_two_that_send_at_once(reviewing: Reviewing) -> None:
    """They take turns, and what the first has sent is not sent by the second."""
    await reviewing.add("app.py:4")
    results = await asyncio.gather(reviewing.send(), reviewing.send(), return_exceptions=True)
    assert len(reviewing.taking.prompts) == 1
    assert {type(result) for result in results} == {dict, UsageError}


async def test_a_daemon_that_dies_before_it_is_written_down(
    reviewing: Reviewing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay open: said twice is better than never."""
    await reviewing.add("app.py:4")

    async def fail(*_: Any) -> None:
        raise WorldError("the disk is full")

    monkeypatch.setattr(reviewing.comments._rows, "sent", fail)
    with pytest.raises(WorldError, match=r"took the comments, .*the disk is full"):
        await reviewing.send()
    assert [view["state"] for view in await reviewing.all()] == ["open"]


async def test_a_prompt_that_is_too_long(reviewing: Reviewing, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is refused with the way out, and nothing is sent."""
    await reviewing.add("app.py:4", "x" * 500)
    monkeypatch.setattr(desk, "LONGEST_PROMPT", 400)
    with pytest.raises(UsageError, match="more than 400"):
        await reviewing.send()
    assert reviewing.taking.prompts == []


async def test_as_many_as_there_may_be(reviewing: Reviewing, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is refused; another agent has room of its own."""
    monkeypatch.setattr(store, "MOST", 1)
    await reviewing.add("app.py:4")
    with pytest.raises(ConflictError, match="already"):
        await reviewing.add("app.py:5")
    await reviewing.add("app.py", agent="other")


async def test_what_there_is_not(reviewing: Reviewing) -> None:
    """Agents and actions that there are not are wrong usage."""
    with pytest.raises(UsageError, match="did you mean worker"):
        await reviewing.ask("list", agent="wroker")
    with pytest.raises(UsageError, match="called 'shout'"):
        await reviewing.ask("shout")
