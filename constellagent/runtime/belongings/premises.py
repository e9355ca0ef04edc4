"""The local provider itself, as a person looks at it: where it listens, and what has not left yet."""

from collections import Counter
from collections.abc import Mapping

from constellagent.errors import ConflictError, UsageError
from constellagent.ravi.client import MissingError, RaviClient, TakenError
from constellagent.ravi.local.provider import LocalProvider
from constellagent.runtime.belongings import views
from constellagent.runtime.identity_views import DoneView, OutboxView, ProviderRequest, ProviderView
from constellagent.runtime.provider_options import read_relay

_SHOWN = 5
"""Logins that wait, of which the ages are told where a code is wrong."""


async def status(provider: LocalProvider, client: RaviClient) -> ProviderView:
    """Say where the provider listens and what waits."""
    relay = provider.office.options.relay
    return ProviderView(
        api=provider.url,
        smtp=provider.smtp_url,
        sms=provider.sms_url,
        relay="" if relay is None else f"{relay.host}:{relay.port} ({relay.security})",
        outbox=dict(Counter(row.state for row in await client.outbox.all())),
        identities=len(await client.list_identities()),
    )


async def outbox(client: RaviClient, agents: Mapping[str, str]) -> list[OutboxView]:
    """Show what has not left this machine."""
    return [views.outbox(row, agents.get(row.identity, "")) for row in await client.outbox.all()]


async def change(provider: LocalProvider, client: RaviClient, request: ProviderRequest) -> DoneView:
    """Send a mail again, drop it, allow a login, or keep a relay.

    Raises:
        UsageError: there is no such mail, or no login with this code waits.
        ConflictError: the mail cannot be sent or dropped as it is.
    """
    if request["action"] == "allow_login":
        return await _allow_login(provider, request.get("code", ""))
    if request["action"] == "relay":
        url = request.get("url", "")
        await provider.keep_relay(read_relay(url, request.get("password", "")) if url else None)
        what = f"the relay {url} is kept" if url else "no relay is kept any more"
        return DoneView(done=[f"{what}; it counts when the daemon starts again: `constellagent daemon stop`"])
    row = request.get("row", 0)
    try:
        if request["action"] == "retry":
            await client.outbox.retry(row)
            return DoneView(done=[f"mail {row} is tried again now"])
        await client.outbox.drop(row)
    except TakenError as error:
        raise ConflictError(error.message, hint="`constellagent provider outbox` says how it is") from error
    except MissingError as error:
        raise UsageError(
            f"there is no mail {row} to be sent", hint="`constellagent provider outbox` lists them"
        ) from error
    return DoneView(done=[f"mail {row} is given up"])


async def _allow_login(provider: LocalProvider, code: str) -> DoneView:
    """Allow the one login whose client shows this code.

    Raises:
        UsageError: none waits with it.
    """
    if await provider.allow_login(code):
        return DoneView(done=["that login gets a management key, once; it opens every identity"])
    ages = provider.waiting_logins()
    what = "no login waits"
    if ages:
        begun = ", ".join(f"{age:.0f} s" for age in ages[:_SHOWN])
        what = f"of the {len(ages)} that wait the newest began {begun} ago"
    raise UsageError(
        f"no login with this code waits to be allowed; {what}",
        hint="run `ravi auth login`, and give the code that it shows within a quarter of an hour",
    )
