"""A write that names somebody takes their feed only if the two have to do with each other.

Whoever's feed a write takes waits until it is done: it must not be enough to know a user's id.
"""

import asyncio
from typing import Any

from handlers.http.operations import Operation
from tests.laws.asking import place_of, sent_with
from tests.laws.contexts import furnished
from tests.support.engines import TestEngines
from tests.support.laws.surface import SURFACE
from tests.support.people.relations import CLIENT, relate, share, until
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.server.nodes import two_nodes
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient

NAMING = [
    operation
    for operation in SURFACE
    if operation.writes and any(name in operation.path for name in ("{coach}", "{client}"))
]


async def ask(person: RestClient, operation: Operation[Any], user: str) -> Response:
    body, headers = sent_with(operation)
    place = place_of(operation, coach=user, client=user)
    whole = until(days=3) if "/journal/" in operation.path and body is None else body
    return await person.call(operation.method, place, whole, headers=headers)


def has_read(server: Server, feed: str) -> bool:
    """Whether a write on *server* has taken *feed*."""
    return server.node.committer.heads.newest_seen(feed) > 0


async def test_a_stranger_takes_the_feed_of_nobody_they_name(engines: TestEngines) -> None:
    async with two_nodes(engines) as (home, other):
        victim = await home.person()
        stranger = await furnished(other)
        person = scope_of(home, victim)

        refused, taken = {}, []
        for operation in NAMING:
            place = operation.method, operation.path
            refused[place] = (await ask(stranger, operation, person.user)).status
            taken += [place] * has_read(other, person.feed)
            other.node.committer.heads.forget([person.feed])

        assert len(NAMING) >= 5
        assert set(refused.values()) == {404}, refused
        assert taken == []


async def test_who_is_related_takes_both(engines: TestEngines) -> None:
    async with two_nodes(engines) as (home, other):
        client, coach = await asyncio.gather(home.person(), home.person())
        await relate(client, coach)
        await share(client, coach)
        coach_there = other.client(coach.token)
        feed = scope_of(home, client).feed

        before = has_read(other, feed)
        await done(coach_there.call("DELETE", CLIENT.format(scope_of(home, client).user)))

        assert (before, has_read(other, feed)) == (False, True)
