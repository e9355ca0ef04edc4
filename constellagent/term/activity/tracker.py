"""From signs and time to the state of one program, the same however often it is asked.

What ranks higher is believed: the agent's own word (hooks, OSC 7501), then the latest of its other signals
(title, shell's mark, progress, notification, bell), then its screen, then that it writes at all. A sign is
forgotten once newer ones of a lower rank have contradicted it for long enough, or lively output since
somebody typed; that is what ends the word of a hook where no other hook follows, as after Esc. Work of which
nothing is seen for a minute is `unknown`. What time alone brings happens at its very moment, so that asking
late or often makes no difference. A program whose screen is known draws for a while before it says anything:
until its first sign it starts.
"""

from collections.abc import Sequence
from dataclasses import replace

from constellagent.term.activity.evidence import (
    Evidence,
    Reading,
    read_mark,
    read_notification,
    read_progress,
    read_report,
    read_screen,
    read_title,
)
from constellagent.term.activity.flow import ECHO, QUIET_AFTER, Flow
from constellagent.term.activity.signs import Signs
from constellagent.term.activity.states import IDLE_PROMPT, QUESTION, QUIET, Activity, Source, State
from constellagent.term.scanner.events import AgentState, Bell, Mark, Notification, Progress, Signal, Title

START_LIMIT = 30.0
"""Seconds that a program may take to write something before it is `unknown`, or, where signs of its screen
are known, to show the first of its signs before bare output tells what it does."""
SILENCE = 60.0
"""Seconds without output after which a sign that says it works is not believed."""
DAMPING = 1.5
"""Seconds that a state outlasts its evidence, unless what follows is sure, or to be expected after a key."""
SETTLE = 1.0
"""Seconds of quiet after a bell or a notification that make a question of it."""
PATIENCE, PATIENCE_SHORT, PATIENCE_TYPED = 5.0, 2.0, 0.5
"""Seconds that signs of a lower rank must contradict a higher one: as a rule, where it says no more than that
the program starts or the screen shows a dialog of which it does not know, and once somebody has typed."""
_LOOK, _LOOK_LATEST = 0.3, 1.0
"""Seconds of quiet after which a screen is worth a look, and of change after which it is as well."""

_SURE: frozenset[Source] = frozenset({"hook", "report", "process"})
_NEVER = float("-inf")


class ActivityTracker:
    """What one program is doing. Times are seconds of any one clock; one that goes back is held."""

    def __init__(self, now: float, *, signs: Signs | None = None) -> None:
        """`now` is when the program was started."""
        self._signs = signs or Signs()
        self._now = self._begun = now
        self._flow = Flow()
        self._told: Evidence | None = None
        self._kept: dict[Source, Evidence] = {}
        self._screen: Evidence | None = None
        self._alert: Evidence | None = None
        self._alert_counts = False
        self._ended: Evidence | None = None
        self._heard = False
        self._typed = _NEVER
        self._order = 0
        self._due: float | None = None
        self._unseen: tuple[float, float] | None = None
        self._shown = Activity("starting", "", "none", now)
        self._judged: State = "starting"
        self._judged_reason = ""
        self._judged_since = now
        self._differs: float | None = None
        self._settle(now)

    @property
    def next_at(self) -> float | None:
        """When time alone could change something; later than the last call, None for never."""
        return self._due

    @property
    def screen_at(self) -> float | None:
        """When to call `screen` next: soon after output, however long it goes on; None before."""
        if self._ended is not None or not self._signs.screens or self._unseen is None:
            return None
        first, last = self._unseen
        return min(first + _LOOK_LATEST, last + _LOOK)

    def tick(self, now: float) -> Activity:
        """Return what the program is doing now."""
        self._advance(now)
        return self._shown

    def output(self, now: float, count: int) -> None:
        """The program wrote `count` bytes."""
        now = self._advance(now)
        self._flow.output(now, count)
        self.look(now)
        self._settle(now)

    def signal(self, now: float, event: Signal) -> None:
        """The program wrote a sequence that says something; tell the output that it came in first."""
        now = self._advance(now)
        match event:
            case AgentState():
                self._told = self._evidence(now, "report", read_report(event), self._told) or self._told
            case Title():
                self._keep(now, "title", read_title(event.text, self._signs.titles))
            case Mark():
                self._keep(now, "prompt", read_mark(event, self._kept.get("prompt")))
            case Progress():
                self._keep(now, "progress", read_progress(event))
            case Notification():
                reading, self._alert_counts = read_notification(event, self._signs.notifications)
                self._alert = self._evidence(now, "notification", reading)
            case Bell() if self._alert is None and self._judged != "waiting" and now >= self._typed + ECHO:
                self._alert = self._evidence(now, "bell", ("waiting", QUESTION, ""))
                self._alert_counts = False
            case _:
                return
        self._settle(now)

    def typed(self, now: float) -> None:
        """Somebody gave the program input; answers to its terminal's queries are none."""
        now = self._advance(now)
        self._typed = now
        self._alert = None
        self._flow.typed(now)
        self._settle(now)

    def resized(self, now: float) -> None:
        """The program's terminal got another size, or a viewer had it drawn anew."""
        now = self._advance(now)
        self._flow.resized(now)
        self.look(now)
        self._settle(now)

    def look(self, now: float) -> None:
        """The screen may show something else than when it was looked at, though nothing has been written."""
        now = max(now, self._now)
        self._unseen = (self._unseen[0] if self._unseen else now, now)

    def hook(self, now: float, state: State, reason: str = "", message: str = "") -> None:
        """The agent's own hook says this; `unknown` takes back what hooks said before."""
        now = self._advance(now)
        reading = None if state == "unknown" else (state, reason, message)
        self._told = self._evidence(now, "hook", reading, self._told)
        self._settle(now)

    def screen(self, now: float, lines: Sequence[str], cursor_row: int) -> None:
        """The terminal shows these lines; worth a call only when `screen_at` says so."""
        now = self._advance(now)
        self._unseen = None
        reading = read_screen(lines, cursor_row, self._signs.screens)
        self._screen = self._evidence(now, "screen", reading, self._screen)
        self._settle(now)

    def ended(self, now: float, exit_status: int | None, signal: int | None) -> None:
        """The program has ended, by itself or by a signal's number; with neither, nobody knows how."""
        now = self._advance(now)
        reading: Reading = "exited", "", ""
        if signal is not None:
            reading = "failed", f"signal {signal}", ""
        elif exit_status is not None:
            reading = ("failed", f"exit status {exit_status}", "") if exit_status else ("done", "", "")
        self._ended = self._evidence(now, "process", reading)
        self._settle(now)

    def _keep(self, now: float, source: Source, reading: Reading | None) -> None:
        """Replace what one kind of sign says; what says nothing any more is taken out."""
        before = self._kept.pop(source, None)
        evidence = self._evidence(now, source, reading, before)
        if evidence is None:
            return
        if (
            before is not None
            and not evidence.active
            and (before.state, before.reason) == (evidence.state, evidence.reason)
        ):
            evidence = replace(evidence, order=before.order)  # to say again that it rests is no news
        self._kept[source] = evidence

    def _evidence(
        self, now: float, source: Source, reading: Reading | None, before: Evidence | None = None
    ) -> Evidence | None:
        if reading is None:
            return None
        state, reason, message = reading
        self._order += 1
        same = before is not None and (before.state, before.reason) == (state, reason)
        since = before.since if before is not None and same else now
        return Evidence(state, reason, source, message, now, since, self._order)

    def _advance(self, now: float) -> float:
        """Let happen what time alone brings up to `now`, each at its moment."""
        while self._due is not None and self._due <= now:
            self._settle(self._due)
        self._now = max(now, self._now)
        return self._now

    def _settle(self, now: float) -> None:
        """Take the evidence as it is at `now`, and find when time alone could change what it says."""
        self._now = now
        self._forget(now)
        self._show(now)
        dues = self._dues() if self._ended is None else []
        self._due = min((due for due in dues if due > now), default=None)

    def _show(self, now: float) -> None:
        """Show what the evidence says if it is sure or has lasted."""
        judged = self._judge(now)
        if (judged.state, judged.reason) != (self._judged, self._judged_reason):
            self._judged, self._judged_reason, self._judged_since = judged.state, judged.reason, now
        if judged.state == self._shown.state:
            self._differs = None
            same = judged.reason == self._shown.reason
            self._shown = replace(judged, since=self._shown.since if same else now)
            return
        if self._differs is None:
            self._differs = now
        at_once = self._sure(judged) or self._shown.state in {"starting", "unknown"}
        if (at_once and not self._may_begin(judged)) or now >= self._differs + DAMPING:
            self._differs = None
            self._shown = replace(judged, since=self._judged_since)

    def _sure(self, judged: Activity) -> bool:
        """Whether a state is shown at once: what tells it never blinks, or somebody's key asked for it."""
        if judged.state == "waiting":
            # What rests may be about to show a dialog, of which a title says nothing: one look will tell.
            look_first = judged.source in {"title", "screen"} and judged.reason == IDLE_PROMPT
            return not (look_first and self._signs.screens) or self._unseen is None
        expected = self._typed > self._shown.since and judged.source != "output"
        return judged.state != "unknown" and (expected or judged.source in _SURE)

    def _may_begin(self, judged: Activity) -> bool:
        """Whether a program that starts shows that it is ready, and may yet take up its first prompt."""
        starts = self._shown.state == "starting" and self._shown.source == "none" and self._signs.screens
        return bool(starts) and judged.reason == IDLE_PROMPT and judged.source in {"title", "screen"}

    def _judge(self, now: float) -> Activity:
        """Return what the evidence says; `since` is filled in by the caller."""
        top = self._ended or next(iter(self._ranks()), None)
        self._heard = self._heard or top is not None
        if top is not None and not (top.active and now >= self._silent_at(top)):
            return Activity(top.state, top.reason, top.source, now, top.message)
        if top is not None:
            return Activity("unknown", QUIET, top.source, now)
        wrote = self._flow.last is not None
        draws = bool(self._signs.screens) and not self._heard
        if (draws or not wrote) and now < self._begun + START_LIMIT:
            return Activity("starting", "", "none", now)
        if self._flow.flows(now):
            return Activity("working", "", "output", now)
        return Activity("unknown", QUIET, "output" if wrote else "none", now)

    def _ranks(self) -> list[Evidence]:
        """Return the evidence that counts, the highest rank first."""
        kept = list(self._kept.values())
        if self._alert is not None and self._alert_counts:
            kept.append(self._alert)
        signalled = max(kept, key=lambda evidence: evidence.order, default=None)
        seen = self._screen
        if signalled is not None and signalled.vague and seen is not None and not seen.active:
            signalled, seen = seen, signalled
        return [evidence for evidence in (self._told, signalled, seen) if evidence is not None]

    def _forget(self, now: float) -> None:
        """Drop what is answered or contradicted; a settled alert stays, whatever small output follows."""
        lively = self._flow.lively_from
        if self._alert is not None:
            self._alert_counts = self._alert_counts or now >= self._settled_at(self._alert)
            if lively > self._alert.at + SETTLE:
                self._alert = None
        for evidence in (self._told, self._kept.get("prompt")):
            if evidence is not None and not evidence.active and lively > self._typed > evidence.at:
                self._drop(evidence)
        while (doubted := self._doubted()) is not None and now >= doubted[1]:
            self._drop(doubted[0])

    def _drop(self, evidence: Evidence) -> None:
        if evidence is self._told:
            self._told = None
        elif evidence is self._alert:
            self._alert = None
        else:
            del self._kept[evidence.source]

    def _doubted(self) -> tuple[Evidence, float] | None:
        """Return evidence that a newer one of a lower rank contradicts, and when that is enough."""
        ranks = self._ranks()
        for index, upper in enumerate(ranks):
            between: Evidence | None = None
            for lower in ranks[index + 1 :]:
                if not lower.contradicts(upper):
                    between = lower
                    continue
                if between is not None and between.active and between.at >= lower.since:
                    continue  # two against one: work that goes on, on a screen that nobody can read
                patience = self._patience(upper, lower)
                if lower.since > upper.at:
                    return upper, lower.since + patience
                if lower is self._screen and self._unseen is None:  # it shows so still
                    return upper, max(lower.at, upper.at + patience)
                if lower.at >= upper.at + patience:  # it said so before, and says so still
                    return upper, lower.at
        return None

    def _patience(self, upper: Evidence, lower: Evidence) -> float:
        """Return for how many seconds one sign must contradict another."""
        if self._typed > upper.at:
            return PATIENCE_TYPED
        dialog = lower.source == "screen" and lower.asks and not upper.asks
        return PATIENCE_SHORT if dialog or upper.state == "starting" else PATIENCE

    def _settled_at(self, alert: Evidence) -> float:
        return max(alert.at, self._flow.written) + SETTLE

    def _silent_at(self, evidence: Evidence) -> float:
        return max(evidence.at, self._flow.written) + SILENCE

    def _dues(self) -> list[float]:
        """Return every moment at which time alone could change something; some may be past."""
        dues = [self._begun + START_LIMIT]
        if self._flow.last is not None:
            dues.append(self._flow.last + QUIET_AFTER)
        if self._alert is not None:
            dues.append(self._settled_at(self._alert))
        dues += [self._silent_at(evidence) for evidence in self._ranks() if evidence.active]
        doubted = self._doubted()
        if doubted is not None:
            dues.append(doubted[1])
        if self._differs is not None:
            dues.append(self._differs + DAMPING)
        return dues
