"""What was posted, as a run finds it."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from constellagent.errors import ConstellagentError
from constellagent.plan.fires import Fire, run_id
from constellagent.runtime.store import payloads

AT = datetime(2026, 11, 22, 9, 0, 0, 17, tzinfo=UTC)


def fire(attempt: int = 1) -> Fire:
    """Return a fire by an event."""
    run = run_id("c", "docs/hook", "event", AT, attempt)
    return Fire(run, "docs/hook", "event", AT, attempt, "webhook", "queued", AT)


def document(body: bytes, **changes: str) -> Any:
    """Return a document as it is read."""
    values = {"webhook": "deploy", "event": "e-1", "at": "now", "kind": "push", "content_type": "a/b"}
    return json.loads(payloads.document(**(values | changes), body=body))


def test_a_body_is_kept_as_what_it_is() -> None:
    """JSON as JSON, text as text, everything else as base64, and beside it what is known of the post."""
    assert document(b'{"ref": "main"}') == {
        "webhook": "deploy",
        "id": "e-1",
        "received_at": "now",
        "kind": "push",
        "content_type": "a/b",
        "json": {"ref": "main"},
    }
    assert document("payload=Grüße".encode())["text"] == "payload=Grüße"
    assert document(b"")["text"] == ""
    assert document(b"\xff\x00")["base64"] == "/wA="
    for odd in (b"[" * 100_000, b"NaN", b"[Infinity]", b"1" * 5000):
        assert document(odd)["text"] == odd.decode()


@given(st.binary(max_size=200))
def test_nothing_of_a_body_is_lost(body: bytes) -> None:
    """Whatever was posted, the document is one line of JSON that holds it."""
    data = payloads.document("deploy", "e", "now", "", "", body)
    assert data.count(b"\n") == 1
    found = json.loads(data)
    if "text" in found:
        assert found["text"].encode() == body
    elif "json" in found:
        assert found["json"] == json.loads(body)


def test_a_lone_surrogate_stays_an_escape() -> None:
    """What JSON can say and UTF-8 cannot does not stop the post."""
    assert document(b'{"x": "\\ud800"}')["json"] == {"x": "\ud800"}


def test_a_document_is_private_and_found_by_every_attempt(tmp_path: Path) -> None:
    """A second attempt has another run, and the same event."""
    first = fire()
    assert payloads.find(tmp_path, "c", first) is None
    payloads.store(tmp_path, first.run, b"{}\n")

    path = tmp_path / first.run / "event.json"
    assert payloads.find(tmp_path, "c", first) == path
    assert payloads.find(tmp_path, "c", fire(attempt=2)) == path
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_only_what_no_session_began_is_offered_for_removal(tmp_path: Path) -> None:
    """A folder in which a session lives is the session's; files beside the folders are nobody's business."""
    payloads.store(tmp_path, "alone", b"{}\n")
    payloads.store(tmp_path, "begun", b"{}\n")
    (tmp_path / "begun" / "started").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "alone")

    assert payloads.unstarted(tmp_path) == ["alone"]
    payloads.drop(tmp_path, ["alone", "begun", "gone"])

    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["begun", "empty", "file", "link"]
    assert (tmp_path / "begun" / "event.json").exists()


def test_a_folder_that_cannot_be_read_offers_nothing(tmp_path: Path) -> None:
    """A failed look removes nothing."""
    assert payloads.unstarted(tmp_path / "missing") == []


def test_a_planted_link_is_not_written_through(tmp_path: Path) -> None:
    """A run's folder that is a link somewhere else is refused."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConstellagentError, match=r"cannot (create|write)"):
        payloads.store(tmp_path, "run", b"{}\n")
