"""Coaches and clients: how two people come to be related, and what the client shows."""

import asyncio
import datetime as dt
from collections.abc import Iterable

from models.base.merge_patch import Json
from tests.support.people.furnished import furnished
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient

INVITATIONS = "/v1/invitations"
ACCEPT = f"{INVITATIONS}/accept"
SHARE = "/v1/shares/{}"
CLIENT = "/v1/clients/{}"


async def user_of(person: RestClient) -> str:
    """The user id of *person*."""
    me: Json = (await person.call("GET", "/v1/me")).body
    return str(me["id"])


async def invite(person: RestClient, role: str) -> str:
    """The code of an invitation in which *person* will be the *role*."""
    made = await done(person.call("POST", INVITATIONS, {"as": role}))
    return str(made.body["code"])


async def accept(person: RestClient, code: str) -> Response:
    """What *person* is answered who accepts the invitation of *code*."""
    return await person.call("POST", ACCEPT, {"code": code})


async def relate(client: RestClient, coach: RestClient) -> str:
    """Make two people client and coach by the word of both; the coach's user id."""
    related = await done(accept(client, await invite(coach, "coach")))
    return str(related.body["id"])


async def share(
    client: RestClient,
    coach: RestClient,
    kinds: Iterable[str] = ("goal",),
    hidden: Json | None = None,
) -> str:
    """Let *coach* see *kinds*, in a relation that is made if there is none; the coach's user id."""
    coach_id = await user_of(coach)
    body = {"kinds": list(kinds), "hidden": hidden or {}}
    shared = await client.call("PUT", SHARE.format(coach_id), body)
    if shared.status == 404:
        await relate(client, coach)
        shared = await client.call("PUT", SHARE.format(coach_id), body)
    assert shared.status == 200, shared
    return coach_id


async def unshare(client: RestClient, coach: RestClient) -> None:
    """Have the client end the relation."""
    await done(client.call("DELETE", SHARE.format(await user_of(coach))))


def until(**more: float) -> dict[str, str]:
    return {"until": (dt.datetime.now(dt.UTC) + dt.timedelta(**more)).isoformat()}


async def pair(server: Server) -> tuple[RestClient, str, RestClient, str]:
    """A client with their feed, and a coach with their user id."""
    client, coach = await asyncio.gather(furnished(server), server.person())
    return client, scope_of(server, client).feed, coach, scope_of(server, coach).user
