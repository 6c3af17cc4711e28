"""Signing keys: one first key, however many nodes start at once; each known before it is used."""

import asyncio
import datetime as dt

from config.settings import Settings
from models.clock import utc_now
from tests.support.server import serving
from upcoach.services.keys import AHEAD, KEPT, Keys
from upcoach.store.signing import SigningStore


async def test_nodes_that_start_at_once_make_one_key(settings: Settings) -> None:
    async with serving(settings) as server:
        store: SigningStore = server.node.assembly.keys._store
        async with server.node.database.turn():
            await server.node.database["signing_keys"].delete_many({})
        nodes = [Keys(store, utc_now) for _ in range(8)]

        await asyncio.gather(*(node.load() for node in nodes))

        assert len(await store.load()) == 1
        assert len({node.current[1].kid for node in nodes}) == 1


async def test_a_key_is_published_before_it_signs_and_after(settings: Settings) -> None:
    async with serving(settings) as server:
        now = [utc_now()]
        keys = Keys(server.node.assembly.keys._store, lambda: now[0])
        await keys.load()
        _, first = keys.current

        named = await keys.rotate("Ed25519")

        def published() -> set[str]:
            return {key["kid"] for key in keys.jwks()["keys"]}

        assert keys.current[1].kid == first.kid
        assert published() == {first.kid, named}
        assert not any("d" in key for key in keys.jwks()["keys"])
        now[0] += AHEAD + dt.timedelta(seconds=1)
        assert keys.current == (keys.find(named) or (None, None))
        assert keys.current[0] == "Ed25519"
        assert published() == {first.kid, named}
        now[0] += KEPT
        assert published() == {named}
        assert keys.find(str(first.kid)) is None
