"""A program that was written by somebody who has the description of the API, and nothing else of ours.

It finds each operation by its id, and how it is called from what is said there, and walks through a review.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from tests.e2e.api.served import READER, Served
from tests.reliability.lab import git, wait_for


@pytest.fixture
def served() -> Iterator[Served]:
    """Give a place in which an agent has changed a file."""
    with Served(agents=0) as place:
        place.agent(READER)
        place.open()
        (place.tree_of() / "file-1.txt").write_text("line 1, better\n")
        yield place


@dataclass
class Stranger:
    """Calls operations by their ids, as the description says; each answer must be of the shape it tells."""

    http: httpx.Client
    described: dict[str, Any]

    def call(self, operation: str, body: Any = None, *, status: int | None = None, **given: Any) -> Any:
        """Call one, with path and query parameters by name."""
        method, path, one = self._find(operation)
        places = {
            parameter["name"]: parameter["in"]
            for parameter in one["parameters"]
            if parameter["required"] or parameter["name"] in given
        }
        assert given.keys() == places.keys(), f"{operation} takes {sorted(places)}"
        for name, place in places.items():
            if place == "path":
                path = path.replace(f"{{{name}}}", given[name])
        assert (body is not None) <= ("requestBody" in one)
        query = {name: given[name] for name, place in places.items() if place == "query"}
        reply = self.http.request(method, self.described["servers"][0]["url"] + path, params=query, json=body)
        success = min(int(code) for code in one["responses"])
        assert reply.status_code == (status or success), f"{operation}: {reply.text}"
        told = one["responses"][str(reply.status_code)]
        if "$ref" in told:
            told = self._at(told["$ref"])
        (shape,) = [content["schema"] for content in told.get("content", {"": {"schema": {}}}).values()]
        value = reply.json() if reply.content else None
        Draft202012Validator({**shape, "components": self.described["components"]}).validate(value)
        return value

    def _find(self, operation: str) -> tuple[str, str, dict[str, Any]]:
        for path, ways in self.described["paths"].items():
            for method, one in ways.items():
                if one["operationId"] == operation:
                    return method.upper(), path, one
        raise AssertionError(f"no operation is called {operation}")

    def _at(self, reference: str) -> Any:
        found: Any = self.described
        for part in reference.removeprefix("#/").split("/"):
            found = found[part]
        return found


def test_a_review_by_a_stranger(served: Served) -> None:
    """From the list of agents to the difference, a comment that the agent sees, a commit and the merge."""
    headers = {"Authorization": f"Bearer {served.api.admin}"}
    with httpx.Client(base_url=f"http://127.0.0.1:{served.api.port}", headers=headers, timeout=60) as http:
        stranger = Stranger(http, http.get("/api/v1/openapi.json").json())
        call = stranger.call
        constellation = call("getConstellations")["data"][0]["id"]
        agent = call("getAgents", constellation=constellation)["data"][0]["name"]
        at = {"constellation": constellation, "agent": agent}

        (changed,) = call("getAgentDiff", **at)["files"]
        old = call("getAgentContent", **at, path=changed["path"], revision="HEAD")
        new = call("getAgentContent", **at, path=changed["path"])
        assert (old["text"].splitlines()[0], new["text"]) == ("line 1", "line 1, better\n")

        words = {"path": changed["path"], "side": "new", "line": 1, "end_line": 1, "text": "say more here"}
        comment = call("postAgentComments", words, **at)
        changed_words = call("patchAgentComment", {"text": "say much more"}, **at, comment=comment["id"])
        assert changed_words["text"] == "say much more"
        sent = call("postAgentCommentsSend", {"ids": [comment["id"]]}, **at)
        assert comment["id"] in str(sent)
        wait_for(
            lambda: b"say much more" in base64.b64decode(call("getAgentScreen", **at)["data"]),
            "the agent to show the comment",
        )
        assert call("getAgentComments", **at)["data"][0]["state"] == "sent"

        better = {"path": changed["path"], "text": "line 1, much better\n", "version": new["version"]}
        call("putAgentContent", better, **at)
        refused = call("putAgentContent", better, **at, status=409)
        assert refused["hint"] or refused["detail"]

        call("postAgentStage", {"paths": [changed["path"]]}, **at)
        made = call("postAgentCommit", {"message": "Better line", "author": "agent"}, **at)
        assert call("getAgentCommits", **at)["data"][0]["commit"] == made["commit"]
        preview = call("getAgentMerge", **at)
        assert (preview["commits"], preview["conflicts"], preview["commit"]) == (1, [], made["commit"])
        if preview["blocked"]:  # the file of the constellation itself may be uncommitted in this lab
            git(served.repo, "commit", "-qam", "declare")
        merged = call("postAgentMerge", {"method": "merge", "commit": made["commit"]}, **at)
        assert git(served.repo, "rev-parse", "main").strip() == merged["commit"]
        assert "much better" in git(served.repo, "show", "main:file-1.txt")

        call("patchAgentComment", {"state": "resolved"}, **at, comment=comment["id"])
        assert call("getAgentComments", **at)["data"][0]["state"] == "resolved"
        unknown = call("getAgentDiff", constellation=constellation, agent="nobody", status=404)
        assert unknown["status"] == 404
