"""`/gateway/sms/`: where services hand in text messages for the numbers of identities.

It takes what Twilio's webhooks post (a form with From, To, Body and MessageSid), and a JSON object with the
same in small letters. It needs no API key, since services have none. With `Options.sms_token` set, a form
must carry `X-Twilio-Signature` as Twilio makes it, and JSON `X-Constellagent-Signature`: `sha256=` and the
hex HMAC-SHA256 of the body under the token.
"""

import base64
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qs

from aiohttp import web
from pydantic import ValidationError

from constellagent.ravi.local.answers import ApiError, invalid, read_body
from constellagent.ravi.local.office import OFFICE
from constellagent.ravi.local.phone import delivery, kept
from constellagent.ravi.wires.phone import GatewayText, with_plus

_MOST_FIELDS = 200
_NAMES = {"from": ("From",), "to": ("To",), "body": ("Body",), "id": ("MessageSid", "SmsSid")}
"""What a form calls the fields of a message; the older name last."""


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.post("/gateway/sms/", receive)]


async def receive(request: web.Request) -> web.Response:
    """Take a message in; the same one twice is kept once and answered alike."""
    match request.content_type:
        case "application/json":
            sid = await _keep(request, await _read_json(request))
            return web.json_response({"id": sid}, status=202)
        case "application/x-www-form-urlencoded":
            await _keep(request, await _read_form(request))
            answer = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
            return web.Response(text=answer, content_type="text/xml")
        case other:
            raise ApiError(
                415,
                "request.unsupported",
                f"Send application/x-www-form-urlencoded or application/json, not {other}.",
            )


def form_signature(token: str, url: str, fields: Mapping[str, list[str]]) -> str:
    """Return the signature that Twilio gives a form that it posts to `url`."""
    parts = [name + value for name in sorted(fields) for value in sorted(set(fields[name]))]
    return base64.b64encode(hmac.digest(token.encode(), (url + "".join(parts)).encode(), "sha1")).decode()


def json_signature(token: str, body: bytes) -> str:
    """Return the signature of a JSON body."""
    return f"sha256={hmac.digest(token.encode(), body, 'sha256').hex()}"


async def _keep(request: web.Request, wanted: GatewayText) -> str:
    office = request.app[OFFICE]
    text = kept.Text(wanted.sender, wanted.to, wanted.body, wanted.id or kept.new_sid())
    await office.store.run(lambda db: delivery.receive(office, db, text, actor="gateway"))
    return text.sid


async def _read_json(request: web.Request) -> GatewayText:
    token = request.app[OFFICE].options.sms_token
    if token:
        expected = json_signature(token, await request.read())
        _check_signature(request, "X-Constellagent-Signature", expected)
    return await read_body(request, GatewayText)


async def _read_form(request: web.Request) -> GatewayText:
    content = await request.read()
    try:
        fields = parse_qs(
            content.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise ApiError(400, "request.malformed", "The body is no form in UTF-8.") from None
    token = request.app[OFFICE].options.sms_token
    if token:
        url = f"{request.scheme}://{request.host}{request.raw_path}"
        _check_signature(request, "X-Twilio-Signature", form_signature(token, url, fields))
    return _form(fields)


def _form(fields: Mapping[str, list[str]]) -> GatewayText:
    given = {
        field: fields[name][0]
        for field, names in _NAMES.items()
        for name in reversed(names)
        if name in fields
    }
    given |= {field: with_plus(given[field]) for field in ("from", "to") if field in given}
    try:
        return GatewayText.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = _NAMES[str(first["loc"][0])][0]
        raise invalid(f"{name}: {first['msg']}.", name) from None


def _check_signature(request: web.Request, header: str, expected: str) -> None:
    given = request.headers.get(header, "")
    if not hmac.compare_digest(given.encode(errors="surrogateescape"), expected.encode()):
        raise ApiError(403, "signature.invalid", f"{header} is missing or wrong for this body and address.")
