"""Signed posts that wake agents: what is taken, once, and what is refused without a word too many."""

import asyncio
import logging
import statistics
import time
from typing import Any

import pytest

from constellagent.errors import ConstellagentError, UsageError, WorldError
from constellagent.ravi.vault import RootKey
from constellagent.runtime.store import payloads
from constellagent.runtime.store.hooks import HookRows
from constellagent.runtime.store.sessions import SessionRows
from constellagent.runtime.triggers import hooks, signatures
from constellagent.runtime.triggers.hooks import PER_MINUTE, REFUSED, Post
from tests.runtime.sessions_rig import Rig
from tests.runtime.triggers.posting import BODY, Sender, only, sender
from tests.runtime.triggers.station import Station, as_row, eventually, lines, shape


async def test_a_signed_post_wakes_the_agent(open_at: Station) -> None:
    """The answer names the run, which is in the ledger by then, and what was posted waits for it."""
    who = await sender(open_at)
    open_at.runner.held.clear()

    run = only(await who.send())

    (row,) = await open_at.history()
    assert (run["schedule"], run["run"], run["state"]) == ("docs/hook", row.fire.run, "queued")
    assert as_row(row)[:2] == ("docs/hook", "webhook")
    path = payloads.find(open_at.settings.paths.sessions, open_at.id, row.fire)
    assert path is not None
    found = shape(path)
    assert (found["webhook"], found["id"], found["json"]) == ("deploy", row.fire.event, {"ref": "main"})
    open_at.runner.held.set()


async def test_the_other_two_forms_wake_the_agent(open_at: Station) -> None:
    """Ravi's webhooks and GitHub's are taken as they are; their repetitions are known."""
    who = await sender(open_at)
    ravi = b'{"id": "e-1", "type": "email.message.received"}'
    first = only(await who.send(ravi, headers=who.ravi(ravi, "e-1")))
    again = only(await who.send(ravi, headers=who.ravi(ravi, "e-1")), 200)
    github = who.github(BODY, "d-1") | {"X-GitHub-Event": "push", "Content-Type": "application/json"}
    pushed = only(await who.send(headers=github))
    redelivered = only(await who.send(headers=github), 200)

    assert first["run"] == again["run"] != pushed["run"] == redelivered["run"]
    assert [row.fire.event for row in await open_at.history()] == ["e-1", "d-1"]


async def test_a_post_that_is_played_back_is_known(open_at: Station) -> None:
    """The same signature leads to the same run, also after a restart; nothing is run twice."""
    who = await sender(open_at)
    headers = {"Constellagent-Signature": who.ours()}
    first = only(await who.send(headers=headers))
    again = only(await who.send(headers=headers), 200)
    await open_at.restart()
    later = only(await who.send(headers=headers), 200)

    assert first["run"] == again["run"] == later["run"]
    assert len(await open_at.history()) == 1


async def test_the_same_post_at_the_same_time_is_one(open_at: Station) -> None:
    """Ten copies at once are one run."""
    who = await sender(open_at)
    headers = {"Constellagent-Signature": who.ours()}
    answers = await asyncio.gather(*(who.send(headers=headers) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [200] * 9 + [202]
    assert len(await open_at.history()) == 1


async def test_different_posts_at_the_same_time_are_all_taken(open_at: Station) -> None:
    """Ten posts are ten runs, each with its own document."""
    who = await sender(open_at, max_per_hour=100)
    open_at.runner.held.clear()
    bodies = [f'{{"n": {number}}}'.encode() for number in range(10)]
    await asyncio.gather(*(who.send(body) for body in bodies))

    rows = await open_at.history()
    found = [payloads.find(open_at.settings.paths.sessions, open_at.id, row.fire) for row in rows]
    assert sorted(shape(path)["json"]["n"] for path in found if path) == list(range(10))
    open_at.runner.held.set()


@pytest.mark.parametrize("late", [310.0, -310.0, 1e6])
async def test_an_old_signature_is_refused(open_at: Station, late: float) -> None:
    """Five minutes is as far as clocks may differ."""
    who = await sender(open_at)
    answer = await who.send(headers={"Constellagent-Signature": who.ours(late=late)})
    assert (answer.status_code, answer.json()) == (REFUSED.status, REFUSED.content)
    assert await open_at.history() == []


async def test_every_refusal_is_the_same(open_at: Station) -> None:
    """A wrong secret, no signature, another name, another constellation: nobody learns which it was."""
    who = await sender(open_at)
    other = Sender(open_at, {**who.view, "secret": "chs_other"})
    answers = [
        await other.send(),
        await who.send(headers={}),
        await who.send(headers={"X-Hub-Signature-256": "sha256=00"}),
        await who.send(path=f"/hooks/{open_at.id}/unknown"),
        await who.send(path="/hooks/000000000000/deploy"),
        await who.send(path="/hooks/%2e%2e/deploy"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.keys())) for answer in answers}) == 1


async def test_a_name_that_is_not_there_costs_the_same_work(
    open_at: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret is opened and a signature computed, whether there is such a webhook or not."""
    who = await sender(open_at)
    work: list[str] = []
    unseal = RootKey.unseal

    def opened(self: RootKey, sealed: bytes, aad: str) -> bytes:
        work.append("opened")
        return unseal(self, sealed, aad)

    def checked(*args: Any) -> Any:
        work.append("checked")
        return signatures.proven(*args)

    monkeypatch.setattr(RootKey, "unseal", opened)
    monkeypatch.setattr(hooks, "proven", checked)
    done: dict[str, list[str]] = {}
    for name in ("deploy", "unknown"):
        work.clear()
        await who.send(path=f"/hooks/{open_at.id}/{name}", headers={"Constellagent-Signature": "t=1,v1=00"})
        done[name] = list(work)
    assert done["deploy"] == done["unknown"] == ["opened", "checked"]


@pytest.mark.long
async def test_a_name_that_is_not_there_takes_the_same_time(open_at: Station) -> None:
    """The medians of many refusals with a large body do not differ by more than noise."""
    await sender(open_at)
    spent: dict[str, list[float]] = {"deploy": [], "unknown": []}
    body = b"x" * (1 << 20)
    for _ in range(300):
        for name, found in spent.items():
            post = Post((open_at.id, name), {"constellagent-signature": "t=1,v1=" + "0" * 64}, body)
            begin = time.perf_counter()
            assert await open_at.triggers._hooks.take(post) == REFUSED
            found.append(time.perf_counter() - begin)
    one, other = (statistics.median(found) for found in spent.values())
    assert abs(one - other) < 0.2 * max(one, other)


async def test_too_many_posts_are_refused_before_any_check(open_at: Station) -> None:
    """So many in a minute for each name, right or wrong, also for one that is not there."""
    who, few = await sender(open_at), 8
    assert open_at.triggers._hooks._rates._most == PER_MINUTE
    open_at.triggers._hooks._rates._most = few
    for name in ("deploy", "unknown"):
        statuses = [
            (await who.send(path=f"/hooks/{open_at.id}/{name}", headers={})).status_code
            for _ in range(few + 2)
        ]
        assert statuses == [401] * few + [429] * 2
    answer = await who.send()
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 61


async def test_one_webhook_can_wake_several_schedules(open_at: Station) -> None:
    """Each has its own run and its own document."""
    who = await sender(open_at)
    await open_at.declare("docs/other", on={"webhook": "deploy"})
    answer = await who.send()
    assert answer.status_code == 202
    runs = answer.json()["runs"]
    assert [run["schedule"] for run in runs] == ["docs/hook", "docs/other"]
    assert {tuple(run) for run in runs} == {("schedule", "run", "state")}
    assert len({row.fire.run for row in await open_at.history()}) == 2
    view = await open_at.triggers.hook(open_at.id, "deploy")
    assert view["schedules"] == ["docs/hook", "docs/other"]


async def test_what_is_over_the_limit_is_answered_and_leaves_no_document(open_at: Station) -> None:
    """The sender hears the state; what no run will need does not stay on the disk."""
    who = await sender(open_at, max_per_hour=1)
    only(await who.send(b"{}"))
    await open_at.woken(1)
    run = only(await who.send(b"[]"))
    assert run["state"] == "over_limit"
    assert not (open_at.settings.paths.sessions / run["run"]).exists()


async def test_a_paused_schedule_ignores_posts(open_at: Station) -> None:
    """It is answered that nothing comes of it, and nothing is kept."""
    who = await sender(open_at)
    await open_at.scheduler.pause(open_at.id, "docs/hook", "lunch")
    run = only(await who.send(), 200)
    assert (run["run"], run["state"]) == ("", "ignored")
    assert list(open_at.settings.paths.sessions.iterdir()) == []


async def test_a_full_disk_is_answered_and_the_next_try_works(
    open_at: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sender is asked to come again; nothing of the first try remains."""
    who = await sender(open_at)
    headers = {"Constellagent-Signature": who.ours()}

    async def full(*_: Any) -> Any:
        raise WorldError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(open_at.ledger, "commit", full)
        answer = await who.send(headers=headers)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "6")
        assert list(open_at.settings.paths.sessions.iterdir()) == []
    with monkeypatch.context() as patch:

        def refuse(*_: Any) -> None:
            raise ConstellagentError("cannot write", hint="free some space")

        patch.setattr(payloads, "store", refuse)
        assert (await who.send(headers=headers)).status_code == 503
        assert await open_at.history() == []
    only(await who.send(headers=headers))


async def test_a_post_cut_short_leaves_nothing_for_ever(
    open_at: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A daemon killed between the document and the ledger leaves a file, which the next one removes."""
    who = await sender(open_at)
    open_at.runner.held.clear()
    needed = only(await who.send(b'{"first": 1}'))["run"]
    sessions = open_at.settings.paths.sessions

    async def killed(*_: Any) -> Any:
        raise asyncio.CancelledError

    with monkeypatch.context() as patch:
        patch.setattr(open_at.ledger, "commit", killed)
        with pytest.raises(asyncio.CancelledError):
            await open_at.triggers._hooks.take(
                Post((open_at.id, "deploy"), {"constellagent-signature": who.ours()}, BODY)
            )
    assert len(payloads.unstarted(sessions)) == 2
    await open_at.restart()

    assert payloads.unstarted(sessions) == [needed]
    again = only(await who.send())
    assert sorted(payloads.unstarted(sessions)) == sorted([needed, again["run"]])
    open_at.runner.held.set()


async def test_documents_of_runs_that_never_began_are_swept_away(open_at: Station) -> None:
    """A run that was cancelled while it waited needs nothing any more; one that waits keeps its own."""
    who = await sender(open_at, max_per_hour=100)
    open_at.runner.held.clear()
    for number in range(3):
        await who.send(b"%d" % number)
    await eventually(open_at.ledger.open, lambda rows: any(row.fire.state == "claimed" for row in rows))
    assert len(payloads.unstarted(open_at.settings.paths.sessions)) == 3
    await open_at.scheduler.pause(open_at.id, "docs/hook", "cancels what is queued")
    open_at.triggers._hooks._swept = None
    await who.send(b"9")
    waiting = {row.fire.run for row in await open_at.ledger.open()}
    assert set(payloads.unstarted(open_at.settings.paths.sessions)) == waiting
    assert len(waiting) == 1
    open_at.runner.held.set()


async def test_a_sweep_that_fails_is_no_failure_of_the_post(
    open_at: Station, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What cannot be looked up is not removed, and the sender does not hear of it."""
    who = await sender(open_at)
    open_at.triggers._hooks._swept = None
    open_at.runner.held.clear()
    look = open_at.ledger.open

    async def blind(*args: Any) -> Any:
        if args:
            return await look(*args)
        raise WorldError("cannot read")

    monkeypatch.setattr(open_at.ledger, "open", blind)
    only(await who.send())
    assert "is not removed: cannot read" in caplog.text
    open_at.runner.held.set()


async def test_the_secret_is_shown_when_it_is_made_and_never_again(open_at: Station) -> None:
    """Asking again shows the address only; renewing shows another, and the one before opens nothing."""
    who = await sender(open_at)
    assert len(who.view["secret"]) > 40
    assert (await open_at.triggers.hook(open_at.id, "deploy"))["secret"] == ""
    renewed = Sender(open_at, await open_at.triggers.hook(open_at.id, "deploy", renew=True))
    assert renewed.view["secret"] not in {"", who.view["secret"]}
    assert (await who.send()).status_code == 401
    only(await renewed.send())


async def test_a_webhook_nobody_asked_for_takes_nothing(open_at: Station) -> None:
    """Without a secret no signature is right, also not one under an empty one."""
    await open_at.declare("docs/hook", on={"webhook": "deploy"})
    url = f"{open_at.triggers._door.url}/hooks/{open_at.id}/deploy"
    who = Sender(open_at, {"name": "deploy", "url": url, "secret": "", "schedules": []})
    assert (await who.send()).status_code == 401


async def test_a_webhook_that_no_schedule_names_is_unknown(open_at: Station) -> None:
    """The error names the one that may be meant; a removed one loses its secret for good."""
    who = await sender(open_at)
    with pytest.raises(UsageError, match=r"webhook 'deplox'; did you mean deploy\?"):
        await open_at.triggers.hook(open_at.id, "deplox")
    await open_at.declare("docs/keeps-the-port", on={"webhook": "other"})
    await open_at.undeclare("docs/hook")
    assert (await who.send()).status_code == 401
    await open_at.declare("docs/hook", on={"webhook": "deploy"})
    assert (await who.send()).status_code == 401
    assert (await open_at.triggers.hook(open_at.id, "deploy"))["secret"]


async def test_a_secret_sealed_with_another_key_opens_nothing(
    open_at: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """The refusal is the same, and the log says why; renewing mends it."""
    who = await sender(open_at)
    rows = HookRows(open_at.database)
    await rows.replace(open_at.id, "deploy", RootKey(bytes(32), "another").seal(b"x", "hooks|a|b"))
    await open_at.triggers._hooks.load()
    assert (await who.send()).status_code == 401
    assert "webhook deploy takes nothing" in caplog.text
    renewed = Sender(open_at, await open_at.triggers.hook(open_at.id, "deploy", renew=True))
    only(await renewed.send())


async def test_no_secret_and_no_body_is_stored_in_clear_or_logged(
    open_at: Station, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither `state.db` nor the log nor a repr shows the secret, a header or what was posted."""
    with caplog.at_level(logging.DEBUG):
        who = await sender(open_at)
        await who.send(b'{"canary": 1}')
        await who.send(b'{"canary": 2}', headers={"Constellagent-Signature": "canary"})
        post = Post((open_at.id, "deploy"), {"canary": "canary"}, b"canary")
        await open_at.close()
    for place in (lines(open_at.settings), caplog.text, repr(post), repr(open_at.triggers)):
        assert who.view["secret"] not in place
        assert "canary" not in place


async def test_two_first_questions_at_once_make_one_secret(open_at: Station) -> None:
    """One of them gets it, the other one only the address."""
    await open_at.declare("docs/hook", on={"webhook": "deploy"})
    views = await asyncio.gather(*(open_at.triggers.hook(open_at.id, "deploy") for _ in range(2)))
    (secret,) = [view["secret"] for view in views if view["secret"]]
    only(await Sender(open_at, {**views[0], "secret": secret}).send())


async def test_two_posts_never_share_a_moment(open_at: Station) -> None:
    """Also where the clock stands still or goes back, since a run's id follows its time."""
    found = open_at.triggers._hooks
    moments = [found._moment(at) for at in (100.0, 100.0, 99.0, 101.0)]
    assert sorted(set(moments)) == moments


async def test_a_session_begins_beside_its_document(open_at: Station) -> None:
    """The run's folder is there before its session is, which finds the document in it and keeps it."""
    who = await sender(open_at)
    open_at.runner.held.clear()
    run = only(await who.send())["run"]
    (row,) = await open_at.history()
    path = payloads.find(open_at.settings.paths.sessions, open_at.id, row.fire)
    rig = Rig(open_at.settings, open_at.database, SessionRows(open_at.database))
    launch = rig.launch("/bin/cat", str(path), session=run, role="run", subject="docs/hook")

    await open_at.registry.start(open_at.id, launch)
    ended = await eventually(lambda: open_at.registry.get(run), lambda session: not session.live)

    assert ended.exit_status == 0
    assert b'"ref": "main"' in rig.output(run)
    assert payloads.unstarted(open_at.settings.paths.sessions) == []
    open_at.runner.held.set()
