"""`/api/identities/{uuid}/renew-key/`: a new data key for an identity, and its vault sealed with it.

The hosted service has nothing like it. It is for when the old key may have become known; it is not needed
because of use: each sealing draws a random nonce of 96 bits, and among 2^32 sealings with one key the chance
that two draw the same is 2^-33; at a thousand sealings a day that takes eleven thousand years. What is not in
the vault stays readable with the old key, which is kept for it.
"""

import sqlite3
from functools import partial

from aiohttp import web

from constellagent.ravi.local.fences import management, narrow
from constellagent.ravi.local.office import OFFICE
from constellagent.ravi.local.safes import Safe
from constellagent.ravi.local.vault import damage
from constellagent.ravi.local.vault.register import KINDS, RENEWED
from constellagent.ravi.local.vault.shelf import Shelf


def routes() -> list[web.RouteDef]:
    """Return the routes of this module."""
    return [web.post("/api/identities/{uuid}/renew-key/", renew)]


async def renew(request: web.Request) -> web.Response:
    """Make a new key, seal every row of the vault with it, and say which version it is."""
    scope = await narrow(request, await management(request), request.match_info["uuid"])
    assert scope.identity is not None, "narrowed to an identity"
    office, identity = request.app[OFFICE], scope.identity

    def seal_anew(db: sqlite3.Connection, _: Safe) -> Safe:
        safe = office.safes.renew(db, identity, office.now())
        for kind in KINDS:
            Shelf(db, safe, kind).reseal()
        office.note(db, identity, scope.actor, RENEWED, about=f"version {safe.newest.version}")
        return safe

    safe = await damage.run(
        office,
        scope.actor,
        RENEWED,
        lambda db: damage.within(office, db, identity, partial(seal_anew, db)),
    )
    return web.json_response({"uuid": safe.uuid, "version": safe.newest.version})
