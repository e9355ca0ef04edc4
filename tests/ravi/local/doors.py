"""Every route of the provider, who may take it, and what of a tenant's it can be pointed at."""

from collections.abc import Iterator
from typing import NamedTuple

from tests.ravi.local.tenants import Tenant


class Door(NamedTuple):
    """A route.

    Attributes:
        thing: what its path names, as in `Tenant.names`; empty for none.
        body: one that would change something.
        status: the answer to somebody who may.
    """

    method: str
    route: str
    thing: str = ""
    body: dict[str, object] | None = None
    status: int = 200

    def paths(self, tenant: Tenant) -> Iterator[str]:
        """Yield the path to what is a tenant's, by each name that this has."""
        before, brace, rest = self.route.partition("{")
        if not brace:
            yield self.route
            return
        for name in tenant.names[self.thing]:
            yield f"{before}{name}{rest.partition('}')[2]}"


_ONE = "/api/identities/{uuid}/"
_MAIL = "/api/email-messages/"
_ANSWER: dict[str, object] = {"content": "x"}

OWN = [
    Door("GET", "/api/identities/"),
    Door("GET", _ONE, "uuid"),
    Door("GET", f"{_ONE}voice-agent/", "uuid", status=501),
    Door("PUT", f"{_ONE}voice-agent/", "uuid", {}, 501),
    Door("GET", "/api/email/"),
    Door("GET", "/api/phone/"),
    Door("GET", "/api/master/"),
    Door("GET", "/api/domains/"),
    Door("GET", "/api/counts/"),
    Door("GET", "/api/contacts/"),
    Door("POST", "/api/contacts/", body={"email": "new@x.example"}, status=201),
    Door("GET", "/api/contacts/find/", status=422),
    Door("GET", "/api/contacts/search/"),
    Door("GET", "/api/contacts/{uuid}/", "contact"),
    Door("PATCH", "/api/contacts/{uuid}/", "contact", {"nickname": "x"}),
    Door("DELETE", "/api/contacts/{uuid}/", "contact", status=204),
    Door("GET", "/api/email-inbox/"),
    Door("GET", "/api/email-inbox/{thread_id}/", "thread"),
    Door("GET", _MAIL),
    Door("GET", f"{_MAIL}{{id}}/", "mail"),
    Door("PATCH", f"{_MAIL}{{id}}/", "mail", {"is_read": True}),
    Door("POST", f"{_MAIL}compose/", body={"to_email": "a@x.example", "content": "x"}, status=201),
    Door("POST", f"{_MAIL}{{id}}/reply/", "mail", _ANSWER, 201),
    Door("POST", f"{_MAIL}{{id}}/reply-all/", "mail", _ANSWER, 201),
    Door("POST", f"{_MAIL}{{id}}/forward/", "mail", {"to_email": "a@x.example", **_ANSWER}, 201),
    Door("POST", "/api/email-attachments/presign/", body={"filename": "a", "size": 1}, status=201),
    Door("GET", "/api/email-attachments/{uuid}/", "file"),
    Door("GET", "/api/outbox/"),
    Door("GET", "/api/outbox/sms/"),
    Door("GET", "/api/sms-inbox/"),
    Door("GET", "/api/sms-inbox/{conversation}/", "conversation"),
    Door("GET", "/api/messages/"),
    Door("GET", "/api/messages/{id}/", "text"),
    Door("PATCH", "/api/messages/{id}/", "text", {"is_read": True}),
    Door("POST", "/api/messages/send/", body={"to_number": "+442079460001", "body": "x"}, status=201),
    Door("GET", "/api/calls/", status=501),
    Door("POST", "/api/calls/start/", body={}, status=501),
    Door("POST", "/api/calls/{id}/hangup/", "call", {}, 501),
    Door("GET", "/api/calls/{id}/transcript/", "call", status=501),
    Door("GET", "/api/passwords/"),
    Door("POST", "/api/passwords/", body={"domain": "x.example"}, status=201),
    Door("GET", "/api/passwords/generate-password/"),
    Door("GET", "/api/passwords/{uuid}/", "password"),
    Door("PATCH", "/api/passwords/{uuid}/", "password", {"notes": "x"}),
    Door("DELETE", "/api/passwords/{uuid}/", "password", status=204),
    Door("GET", "/api/secrets/"),
    Door("POST", "/api/secrets/", body={"key": "NEW", "value": "x"}, status=201),
    Door("GET", "/api/secrets/{uuid}/", "secret"),
    Door("PATCH", "/api/secrets/{uuid}/", "secret", {"value": "x"}),
    Door("DELETE", "/api/secrets/{uuid}/", "secret", status=204),
    Door("GET", "/api/events/"),
    Door("GET", "/ws/events/", status=400),
    Door("GET", "/api/webhook-subscriptions/"),
    Door("POST", "/api/webhook-subscriptions/", body={"url": "https://x.example/"}, status=201),
    Door("GET", "/api/webhook-subscriptions/{id}/", "hook"),
    Door("PATCH", "/api/webhook-subscriptions/{id}/", "hook", {"enabled": False}),
    Door("DELETE", "/api/webhook-subscriptions/{id}/", "hook", status=204),
    Door("GET", "/api/webhook-deliveries/"),
    Door("GET", "/api/webhook-deliveries/{id}/", "delivery"),
    Door("POST", "/api/sso/token/", body={}, status=201),
]
"""What an identity's key may do, with what is its own."""

MANAGEMENT = [
    Door("POST", "/api/identities/", body={}),
    Door("PATCH", _ONE, "uuid", {"name": "x"}),
    Door("DELETE", _ONE, "uuid"),
    Door("POST", f"{_ONE}provision-phone/", "uuid", {}),
    Door("POST", f"{_ONE}archive/", "uuid", {}),
    Door("POST", f"{_ONE}restore/", "uuid", {}),
    Door("POST", f"{_ONE}renew-key/", "uuid", {}),
    Door("GET", f"{_ONE}export/", "uuid"),
    Door("POST", "/api/identities/import/", body={}),
    Door("GET", "/api/auth/keys/management/"),
    Door("POST", "/api/auth/keys/management/", body={}),
    Door("DELETE", "/api/auth/keys/management/{uuid}/", "key"),
    Door("GET", "/api/auth/keys/identity/"),
    Door("POST", "/api/auth/keys/identity/", body={}),
    Door("DELETE", "/api/auth/keys/identity/{uuid}/", "key"),
    Door("GET", "/api/audit/"),
    Door("POST", "/api/audit/", body={}),
    Door("GET", "/api/audit/verify/"),
    Door("POST", "/api/audit/restart/", body={}),
    Door("POST", "/api/outbox/{id}/retry/", "held", {}),
    Door("DELETE", "/api/outbox/{id}/", "held"),
]
"""What only a management key may do, also with what is one's own."""

OPEN = [
    Door("GET", "/device"),
    Door("POST", "/api/auth/device/", body={}, status=200),
    Door("POST", "/api/auth/device/token/", body={"device_code": "x"}, status=400),
    Door("PUT", "/api/email-attachments/uploads/{token}/", "none", status=404),
    Door("POST", "/gateway/sms/", body={}, status=422),
    Door("POST", "/api/sso/verify/", body={"token": "x"}, status=401),
]
"""What needs no key: logins, which the owner must allow, services, and addresses that are secret."""
