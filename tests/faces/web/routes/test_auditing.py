"""The audit over the API."""

from typing import Any

from tests.faces.web.asking import FILE, ONE, Api


def line(seq: int, at: str, identity: str = "i1") -> Any:
    """Return a line of an audit."""
    return {"identity": identity, "agent": "docs", "seq": seq, "at": at}


LINES = [
    line(1, "2026-01-01T00:00:00Z"),
    line(2, "2026-01-02T00:00:00Z"),
    line(7, "2026-01-02T00:00:00Z", "i2"),
    line(3, "2026-01-03T00:00:00Z"),
]


async def test_lines_come_newest_first(api: Api) -> None:
    """All of a constellation, or of one agent."""
    api.control.audit_lines = [LINES]
    listed = await api.get(f"{ONE}/audit")
    assert [(one["identity"], one["seq"]) for one in listed["data"]] == [
        ("i1", 3),
        ("i2", 7),
        ("i1", 2),
        ("i1", 1),
    ]
    assert api.last("audit") == {"file": FILE, "agent": None, "after": {}, "limit": 1000}
    await api.get(f"{ONE}/audit", agent="docs")
    assert api.last("audit")["agent"] == "docs"


async def test_lines_within_a_time(api: Api) -> None:
    """Both ends are included; a time without an offset is in UTC."""
    api.control.audit_lines = [LINES]
    found = await api.get(f"{ONE}/audit", since="2026-01-02T00:00:00", until="2026-01-02T01:00:00+01:00")
    assert [one["seq"] for one in found["data"]] == [7, 2]
    await api.ask("GET", f"{ONE}/audit", query={"since": "yesterday"}, status=422)


async def test_lines_in_parts(api: Api) -> None:
    """Going on with the cursor gives every line once, whatever is written in between."""
    api.control.audit_lines = [LINES]
    first = await api.get(f"{ONE}/audit", limit="3")
    api.control.audit_lines = [[*LINES, line(4, "2026-01-04T00:00:00Z")]]
    second = await api.get(f"{ONE}/audit", limit="3", cursor=first["next"])
    assert [one["seq"] for one in first["data"] + second["data"]] == [3, 7, 2, 1]
    assert second["next"] == ""
