"""What the laws must not let pass: losses made by hand, one at a time."""

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from constellagent.runtime.holder.log import LogWriter
from tests.proof import typed
from tests.proof.causes import Causes
from tests.proof.ground import Fired, Ground
from tests.proof.laws import TAIL, Laws
from tests.proof.traffic import Traffic
from tests.reliability.town import Town

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the ground reads /proc")

SESSION = "5e" * 16
FIRST = f"00000001 session {SESSION} begins\r\n".encode()
LINES = [FIRST, *(f"{n:08d} numbered and whole\r\n".encode() for n in range(2, 400))]


@dataclass
class Told(Ground):
    """A ground of which everything is told by hand."""

    alive: dict[str, str] = field(default_factory=dict)
    ledger: list[Fired] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    rows: list[tuple[str, int]] = field(default_factory=list)

    def live(self) -> dict[str, str]:
        """Return what is said to live."""
        return self.alive

    def fired(self) -> list[Fired]:
        """Return what is said to have been fired."""
        return self.ledger

    def key(self, agent: str) -> str | None:
        """Return the key that is said to be there."""
        return self.keys.get(agent)

    def asked(self, query: str, *values: object, provider: bool = False) -> list[tuple[Any, ...]]:
        """Return the sessions of any agent."""
        return list(self.rows)

    def note(self, name: str, *lines: str) -> None:
        """Add to the diary."""
        with (self.diary / name).open("a") as file:
            file.writelines(f"{line}\n" for line in lines)

    def ends(self, diary: list[bytes], log: list[bytes]) -> None:
        """Let a session have printed this, and its log have that."""
        (self.diary / f"{SESSION}.out").write_bytes(b"".join(diary))
        folder = self.home / "sessions" / SESSION / "log"
        folder.mkdir(parents=True)
        LogWriter(str(folder), 1 << 24).append(b"".join(log))


@dataclass
class Provider:
    """The answers of a provider, by path."""

    answers: dict[str, Callable[[dict[str, str]], Any]] = field(default_factory=dict)

    def ask(self, _method: str, path: str, **more: Any) -> Any:
        """Answer."""
        return self.answers[path](more.get("params") or {})


@pytest.fixture
def ground() -> Iterator[Told]:
    """A ground without agents."""
    with Told(agents=0) as made:
        yield made


@pytest.fixture
def provider() -> Provider:
    """A provider in which nothing happened."""
    return Provider({"/api/events/": lambda _: {"events": []}})


@pytest.fixture
def laws(ground: Told, provider: Provider) -> Laws:
    """The laws of that ground."""
    town = cast("Town", provider)
    return Laws(ground, town, Traffic(town, cast("Any", None), [], ["ada"]))


def happened(provider: Provider, *tokens: str) -> None:
    """Let there be an event for each of these; each is called as its token, with a `!`."""
    events = [
        {"id": f"{token}!", "seq": n, "data": {"subject" if token.startswith("m-") else "body": token}}
        for n, token in enumerate(tokens, 1)
    ]
    provider.answers["/api/events/"] = lambda asked: {
        "events": [event for event in events if cast("int", event["seq"]) > int(asked["since"])]
    }


def fired(run: str, token: str = "", state: str = "succeeded", why: str = "", schedule: str = "") -> Fired:
    """Make a row of the ledger: of a token, or of the last minute."""
    whose = schedule or ("clerk/orders" if token.startswith("m-") else "pager/rings")
    origin = "event" if token else "clock"
    return Fired(run, whose, origin, time.time() // 60 * 60, origin, state, why, f"{token}!" if token else "")


def ran(row: Fired) -> str:
    """Return what a run writes down."""
    return f"{row.run} {row.schedule} 2027-01-01T00:00:00Z {row.event}".strip()


def test_a_log_that_is_all_there(ground: Told, laws: Laws) -> None:
    """What was printed is in the log, and counted once however often it is looked at."""
    ground.ends(LINES, LINES)
    laws.logs()
    laws.once_more()
    laws.logs()
    assert laws.figures.bytes == len(b"".join(LINES))


@pytest.mark.parametrize(
    ("diary", "log"),
    [
        pytest.param(LINES[:4], [], id="gone"),
        pytest.param(LINES, LINES[:-2], id="without its last two lines"),
        pytest.param(LINES, [*LINES, b"".join(LINES)[-1000:]], id="with its end twice"),
        pytest.param(LINES, [*LINES[:3], *LINES[4:]], id="without a line amid"),
    ],
)
def test_a_log_of_an_orderly_end_that_is_not_what_was_printed(
    ground: Told, laws: Laws, diary: list[bytes], log: list[bytes]
) -> None:
    """Nothing but the line on its way may be missing, and nothing may be there that was not printed."""
    ground.ends(diary, log)
    with pytest.raises(AssertionError, match="the log of"):
        laws.logs()


def test_the_line_that_was_on_its_way(ground: Told, laws: Laws) -> None:
    """Who is ended between its diary and its terminal has written down one line more."""
    ground.ends(LINES, LINES[:-1])
    laws.logs()


def test_the_tail_of_a_killed_holder(ground: Told, laws: Laws) -> None:
    """Only where the holder was killed may the kernel have had the end, and no more of it."""
    few = TAIL // len(LINES[-1])
    ground.ends(LINES, LINES[:-few])
    laws.killed.add(SESSION)
    laws.logs()
    laws.once_more()
    (ground.diary / f"{SESSION}.out").write_bytes(b"".join([*LINES, *LINES[-3:]]))
    with pytest.raises(AssertionError, match="the log of"):
        laws.logs()


def test_a_live_log_with_more_than_was_printed(ground: Told, laws: Laws) -> None:
    """A session that lives has printed nothing that is not in its diary."""
    ground.ends(LINES[:-1], LINES)
    ground.alive[SESSION] = "ada"
    with pytest.raises(AssertionError, match="the log of"):
        laws.logs()


def test_the_echo_of_the_kernel_alone(ground: Told, laws: Laws) -> None:
    """What was typed before the program had its terminal was not printed by it."""
    ground.ends([], [b"prompt-7.\r\n"])
    laws.logs()


def test_each_event_has_its_row(ground: Told, laws: Laws, provider: Provider) -> None:
    """Mails and texts woke each its schedule, and it ran."""
    tokens = ("m-clerk-0.", "s-pager-0.")
    happened(provider, *tokens)
    ground.ledger = [fired(token, token) for token in tokens]
    ground.note("told", *map(ran, ground.ledger))
    laws.traffic.said.taken = {"m-clerk-0.": "clerk", "s-pager-0.": "pager", "m-ada-1.": "ada"}
    laws.fires()
    assert (laws.figures.events, laws.figures.fires) == (2, 2)


def test_an_order_that_another_fills_in_for(
    ground: Told, laws: Laws, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many rows as orders are not enough: each order has its own."""
    monkeypatch.setattr("tests.reliability.lab.time.monotonic", iter(range(0, 10**6, 100)).__next__)
    happened(provider, "m-clerk-0.", "m-clerk-1.")
    ground.ledger = [fired("a", "m-clerk-1.")]
    ground.note("told", *map(ran, ground.ledger))
    laws.traffic.said.taken = {"m-clerk-0.": "clerk"}
    with pytest.raises(AssertionError, match="clerk/orders waits for"):
        laws.fires()


def test_an_order_that_woke_twice(ground: Told, laws: Laws, provider: Provider) -> None:
    """One mail is one row."""
    happened(provider, "m-clerk-0.")
    ground.ledger = [fired("a", "m-clerk-0."), fired("b", "m-clerk-0.")]
    ground.note("told", *map(ran, ground.ledger))
    with pytest.raises(AssertionError, match="woke clerk/orders twice"):
        laws.fires()


@pytest.mark.parametrize("state", ["over_limit", "dropped", "expired", "missed", "lost", "failed"])
def test_a_row_that_never_ran(ground: Told, laws: Laws, provider: Provider, state: str) -> None:
    """Where nobody was killed each row runs to its end; a killed run may be lost."""
    happened(provider, "m-clerk-0.")
    ground.ledger = [fired("a", "m-clerk-0.", state)]
    with pytest.raises(AssertionError, match="nobody killed them"):
        laws.fires()
    laws.killed.add("a")
    laws.fires()


def test_a_run_that_git_failed(ground: Told, laws: Laws) -> None:
    """As many runs may not have been made ready as git commands were killed."""
    ground.ledger = [fired("a", state="failed", why="git worktree add failed (-9)", schedule="clerk/job")]
    with pytest.raises(AssertionError, match="git failed for more than the 0"):
        laws.fires()
    laws.gits = 1
    laws.fires()


def test_a_run_with_another_event(ground: Told, laws: Laws, provider: Provider) -> None:
    """A run is told of the event that its row names."""
    happened(provider, "m-clerk-0.", "m-clerk-1.")
    ground.ledger = [fired("a", "m-clerk-0.")]
    ground.note("told", ran(fired("a", "m-clerk-1.")))
    with pytest.raises(AssertionError, match="ran as another"):
        laws.fires()


def test_minutes_without_any_row(ground: Told, provider: Provider) -> None:
    """A schedule of which nothing is in the ledger was not on time."""
    causes = Causes(ground, cast("Town", provider), began=time.time() - 600)
    with pytest.raises(AssertionError, match="clock/tick has no row"):
        causes.check({}, ["clock/tick"], (), 0)


def test_prompts_that_nobody_took() -> None:
    """A session that ended explains the last prompt that it was shown, and no other."""
    asked: dict[str, bool | None] = dict.fromkeys("abcde", True)
    one, two, live = ("1", True), ("2", True), ("3", False)
    assert typed.lost(asked, dict.fromkeys("abcde", "3"), [live]) == []
    assert typed.lost(asked, {"a": "1", "c": "2", "d": "2", "e": "3"}, [one, two, live]) == []
    assert typed.lost(asked, {"a": "1", "d": "1", "e": "3"}, [one, two, live]) == ["b", "c"], "it went on"
    assert typed.lost(asked, {"a": "1", "d": "2", "e": "3"}, [one, two, live]) == ["c"], "one of each"
    assert typed.lost(asked, {"a": "1", "d": "3", "e": "3"}, [one, two, live]) == []
    assert typed.lost(asked, {}, [live]) == [*"abcde"], "it lives"
    assert typed.lost(asked | dict.fromkeys("bcd"), {"a": "3", "e": "3"}, [live]) == [], "not confirmed"


def test_a_secret_that_goes_later(ground: Told, laws: Laws, provider: Provider) -> None:
    """What was there once is looked at once more in the end."""
    there = [{"value": "v"}]
    provider.answers["/api/secrets/"] = lambda _: there
    ground.keys["ada"] = "key"
    ground.note("secrets", "ada NAME v")
    laws.secrets()
    there.clear()
    laws.once_more()
    with pytest.raises(AssertionError, match="NAME of ada: 0 rows"):
        laws.secrets()


def test_texts_that_come_while_they_are_read(laws: Laws, provider: Provider) -> None:
    """The list begins with the newest: what comes between two parts of it hides nothing."""
    texts = [{"id": n, "body": f"For s-ada-{n}. alone"} for n in range(350)]

    def listed(asked: dict[str, str]) -> list[dict[str, object]]:
        begin = int(asked["offset"])
        part = texts[::-1][begin : begin + int(asked["limit"])]
        texts.append({"id": len(texts), "body": f"For s-ada-{len(texts)}. alone"})
        return part

    provider.answers["/api/messages/"] = listed
    provider.answers["/api/email-messages/"] = lambda _: []
    laws.traffic.said.taken = {f"s-ada-{n}.": "ada" for n in range(350)}
    laws.messages()
    laws.messages()
    assert laws.figures.messages == 350


def test_nothing_to_judge(laws: Laws) -> None:
    """Laws that found nothing to look at say so."""
    laws.fires()
    laws.hooks()
    laws.secrets()
    laws.prompts()
    laws.logs()
    with pytest.raises(AssertionError, match="nothing to judge"):
        laws.something()


def test_a_secret_that_nobody_can_open(ground: Told, laws: Laws) -> None:
    """One whose owner has no key was not looked at, which is told in the end."""
    for name in vars(laws.figures):
        setattr(laws.figures, name, 1)
    laws.something()
    ground.note("secrets", "ada NAME v")
    laws.secrets()
    for name in vars(laws.figures):
        setattr(laws.figures, name, 1)
    with pytest.raises(AssertionError, match="nobody can look at 1 secrets"):
        laws.something()
