"""Signing keys: one first key, however many nodes start at once; each known before it is used."""

import asyncio
import base64
import datetime as dt

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from tests.support.server import Server, serving
from tests.support.wire.event_streams import reading
from tests.support.wire.sockets import calling, hello, mut
from tests.support.wire.tickets import ticket_of
from upcoach.cli.admin_commands import rotate_keys
from upcoach.client import RestClient
from upcoach.services.account.sessions.signing_keys import AHEAD, KEPT, SigningKeys
from upcoach.store.secrets.signing import SigningStore


async def test_nodes_that_start_at_once_make_one_key(settings: Settings) -> None:
    async with serving(settings) as server:
        store: SigningStore = server.node.services.account.keys._store
        async with server.node.database.connection():
            await server.node.database["signing_keys"].delete_many({})
        nodes = [SigningKeys(store, utc_now) for _ in range(8)]

        await asyncio.gather(*(node.load() for node in nodes))

        assert len(await store.load()) == 1
        assert len({node.current[1].kid for node in nodes}) == 1


async def test_a_key_is_published_before_it_signs_and_after(settings: Settings) -> None:
    async with serving(settings) as server:
        now = [utc_now()]
        keys = SigningKeys(server.node.services.account.keys._store, lambda: now[0])
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


async def replace_key(server: Server, settings: Settings) -> None:
    """Take another key at once; *server* hears of it."""
    assert settings.mongo_url is not None
    await rotate_keys(settings, settings.mongo_url, None, at_once=True)
    await server.node.services.account.keys.load()


async def is_let_in(client: RestClient) -> bool:
    return (await client.call("GET", "/v1/me")).status == 200


async def test_a_node_looks_for_a_key_that_it_does_not_know(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        await replace_key(one, settings)
        assert await person.refresh()

        assert await is_let_in(other.client(person.token))


async def test_a_large_body_is_taken_of_who_shows_a_new_key(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        entry = {"text": "a" * 20_000}  # six are more than nobody may send
        batch = [mut("POST", "/v1/journal", entry) for _ in range(6)]
        await replace_key(one, settings)
        assert await person.refresh()

        sent = await other.client(person.token).call("POST", "/v1/mutations", batch)

        assert [answer["status"] for answer in sent.body] == [201] * 6


async def test_a_socket_is_opened_by_who_shows_a_new_key(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        await replace_key(one, settings)
        assert await person.refresh()

        async with calling(other) as wire:
            await wire.send(hello(person))

            assert (await wire.frame())["t"] == "welcome"


async def test_a_replaced_key_is_believed_nowhere(settings: Settings) -> None:
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        old = person.token
        clients = [one.client(old), other.client(old)]
        before = [await is_let_in(client) for client in clients]
        async with calling(one) as wire, reading(one, "/v1/events", old) as stream:
            await wire.send(hello(person))
            ticket = await ticket_of(person)
            await replace_key(one, settings)
            closed = await wire.closed()
            await stream.rest()
        late = await one.client("").call("GET", f"/v1/events?ticket={ticket}")
        assert await person.refresh()
        renewed = [await is_let_in(node.client(person.token)) for node in (one, other)]
        after = [await is_let_in(client) for client in clients]
        shown = (await one.client("").call("GET", "/oauth/jwks")).body["keys"]

        assert (before, renewed, after) == ([True, True], [True, True], [False, False])
        assert (closed, late.status) == (4401, 401)
        assert len(shown) == 1


async def test_a_node_whose_clock_is_behind_signs_with_the_only_key(settings: Settings) -> None:
    async with serving(settings) as server:
        store: SigningStore = server.node.services.account.keys._store
        behind = SigningKeys(store, lambda: utc_now() - dt.timedelta(minutes=5))
        await replace_key(server, settings)

        await behind.load()

        assert behind.current[1].kid == server.node.services.account.keys.current[1].kid


async def test_keys_that_are_replaced_at_once_by_two_leave_one_that_signs(
    settings: Settings,
) -> None:
    async with serving(settings) as one, serving(settings) as other:
        person = await one.person()
        stores = [node.node.services.account.keys for node in (one, other)]
        for _ in range(5):
            await asyncio.gather(*(keys.rotate("ES256", at_once=True) for keys in stores))
            await asyncio.gather(*(keys.load() for keys in stores))
            assert await person.refresh()
            assert all([await is_let_in(node.client(person.token)) for node in (one, other)])


async def test_made_up_keys_cost_next_to_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving(settings) as server:
        person = await server.person()
        looks = 0
        load = SigningStore.load

        async def counted(store: SigningStore) -> object:
            nonlocal looks
            looks += 1
            return await load(store)

        monkeypatch.setattr(SigningStore, "load", counted)
        header = base64.urlsafe_b64encode(b'{"alg":"ES256","kid":"x","typ":"at+jwt"}').decode()
        forged = ".".join((header.rstrip("="), *person.token.split(".")[1:]))

        answers = await asyncio.gather(*(is_let_in(server.client(forged)) for _ in range(50)))

        assert not any(answers)
        assert looks <= 3  # one a second, and that of the node
