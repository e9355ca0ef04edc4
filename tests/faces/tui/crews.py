"""Fleets as a person might have them: two agents, a dozen, five dozens, two constellations."""

from typing import Any

from constellagent.runtime.control import ConstellationView, State
from constellagent.runtime.schedule_views import NextFireView
from tests.faces.fake_control import agent_view, service_view, session_view
from tests.faces.tui.fake_deck import NOW, constellation

STATES: tuple[State, ...] = (
    "working",
    "waiting",
    "done",
    "failed",
    "stopped",
    "unknown",
    "starting",
    "running",
)


def due(seconds: float) -> NextFireView:
    """Return a fire to come."""
    return NextFireView(schedule="triage/morning", fire_at="", due=NOW + seconds)


def pair() -> ConstellationView:
    """Return one agent at work and one that waits."""
    return constellation(
        agent_view(
            "auth-redesign",
            kind="claude",
            branch="feature/auth-redesign",
            address="feature-auth-redesign@acme-web.test",
            since=NOW - 12,
            session=session_view(),
            added=120,
            removed=8,
            ahead=2,
            behind=1,
            unread_mail=1,
            unread_texts=1,
        ),
        agent_view(
            "api-tests",
            "waiting",
            kind="codex",
            reason="permission",
            since=NOW - 40,
            session=session_view(id="s2"),
            added=3,
            removed=0,
        ),
    )


def four() -> ConstellationView:
    """Return the four agents of the sketch, with a service."""
    agents = [
        *pair()["agents"],
        agent_view("triage", "stopped", reason="", since=None, next_fire=due(1200), address=None),
        agent_view("docs", "done", since=NOW - 300, unread_mail=2),
    ]
    return constellation(*agents, services=[service_view("shop", since=NOW - 7200)])


def crew(count: int) -> ConstellationView:
    """Return many agents in all states."""
    agents = []
    for number in range(count):
        state = STATES[number % len(STATES)]
        more: dict[str, Any] = {"added": number * 7, "removed": number, "unread_mail": number % 3}
        reason = {"waiting": "question", "failed": "exit 1"}.get(state, "")
        since = NOW - 3 * number**2 - 5
        agents.append(agent_view(f"agent-{number:02}", state, reason=reason, since=since, **more))
    return constellation(
        *agents, services=[service_view("shop"), service_view("db", "failed", reason="exit 1")]
    )


def two_constellations() -> list[ConstellationView]:
    """Return a fleet over two files, the second of which cannot be shown."""
    broken = constellation(name="billing", file="/repo/billing/constellation.yaml")
    broken["problem"] = "line 3: unknown key agent"
    return [four(), broken]
