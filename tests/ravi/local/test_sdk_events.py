"""The public SDK, unmodified: events, and webhooks whose signature its own helper verifies."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from queue import Queue
from typing import NamedTuple

import pytest
from ravi import WebhookSignatureError, verify_webhook_signature
from ravi.errors import NotFoundError, ValidationError
from ravi.models import WebhookDelivery
from ravi.resources import Webhooks

from tests.ravi.local.sdk_tour import Tour, exercises


class Post(NamedTuple):
    """What a webhook got."""

    headers: dict[str, str]
    body: bytes


@contextmanager
def receiver() -> Iterator[tuple[str, "Queue[Post]"]]:
    """Run a server as a user of webhooks writes one; yield its address and what it gets."""
    posts: Queue[Post] = Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posts.put(Post(dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's signature
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hook", posts
        finally:
            server.shutdown()
            thread.join()


def delivered(webhooks: Webhooks, count: int) -> list[WebhookDelivery]:
    """Return the log of deliveries, once so many have arrived."""
    until = time.monotonic() + 30
    while True:
        log = [row for row in webhooks.deliveries.list(page=1) if row.status == "delivered"]
        if len(log) >= count:
            return log
        assert time.monotonic() < until, log
        time.sleep(0.01)


@exercises("Events.list", "Identity.events")
def test_events(tour: Tour) -> None:
    """In order, from where one stopped, of some types, some at a time; an identity sees its own only."""
    tour.bob.email.send(tour.alice.email_address, "Hi", "Hello")
    assert tour.bob.phone is not None
    tour.bob.phone.send(str(tour.alice.phone_number), "Hey")
    everything = tour.account.events.list()
    assert [event.seq for event in everything] == sorted({event.seq for event in everything})
    own = tour.alice.events.list()
    assert [event.type for event in own] == ["email.message.received", "sms.message.received"]
    assert own[0].data["subject"] == "Hi"
    assert (own[1].data["body"], own[1].data["to_number"]) == ("Hey", tour.alice.phone_number)
    assert tour.alice.events.list(since=own[0].seq) == own[1:]
    assert tour.alice.events.list(limit=1) == own[:1]
    assert tour.alice.events.list(event_types=["sms.message.received", "call.ended"]) == own[1:]
    assert [event.type for event in tour.bob.events.list()] == ["email.message.sent", "sms.message.sent"]
    assert {event.id for event in everything} > {event.id for event in own}


@exercises(
    "Webhooks.list",
    "Webhooks.get",
    "Webhooks.create",
    "Webhooks.update",
    "Webhooks.delete",
    "WebhookDeliveries.list",
    "WebhookDeliveries.get",
    "verify_webhook_signature",
)
def test_webhooks(tour: Tour) -> None:
    """Subscribe, get a post that the SDK's own helper accepts, see it in the log, change, end."""
    hooks = tour.account.webhooks
    with receiver() as (url, posts):
        made = hooks.create(
            url=url, identity_uuid=tour.alice.uuid, enabled=True, event_types=["email.message.received"]
        )
        assert (made.url, made.enabled, made.event_types) == (url, True, ["email.message.received"])
        tour.bob.email.send(tour.alice.email_address, "Hi", "Hello")
        post = posts.get(timeout=30)
        stamp, signature = post.headers["X-Ravi-Timestamp"], post.headers["X-Ravi-Signature"]
        verify_webhook_signature(post.body, stamp, signature, made.signing_secret)
        wrong = [
            (post.body + b" ", made.signing_secret, None, "signature_mismatch"),
            (post.body, f"{made.signing_secret}x", None, "signature_mismatch"),
            (post.body, made.signing_secret, lambda: int(stamp) + 301, "expired"),
        ]
        for body, secret, now, code in wrong:
            with pytest.raises(WebhookSignatureError) as refused:
                verify_webhook_signature(body, stamp, signature, secret, now_unix_seconds=now)
            assert refused.value.code == code
        (row,) = delivered(hooks, 1)
        assert (row.endpoint, row.endpoint_url, row.attempts, row.response_status) == (made.id, url, 1, 204)
        assert row.event_id == post.headers["X-Ravi-Event-Id"] == tour.alice.events.list()[0].id
        assert hooks.deliveries.get(row.id) == row
        listed = hooks.get(made.id)
        assert (hooks.list(), listed.signing_secret) == ([listed], "")
        assert hooks.update(made.id, event_types=["sms.message.received"]).event_types == [
            "sms.message.received"
        ]
        tour.bob.email.send(tour.alice.email_address, "Not this", "Hello")
        assert tour.bob.phone is not None
        tour.bob.phone.send(str(tour.alice.phone_number), "This")
        assert posts.get(timeout=30).headers["X-Ravi-Event-Id"] == tour.alice.events.list()[-1].id
        delivered(hooks, 2)
    hooks.delete(made.id)
    with pytest.raises(NotFoundError, match="No WebhookEndpoint"):
        hooks.get(made.id)
    with pytest.raises(ValidationError, match="https"):
        hooks.create(url="http://shop.example/hook")
