"""A snapshot that is taken while a share changes shows what its cursor says, and no more."""

import asyncio
from collections.abc import Callable

from tests.support.engines import TestEngines
from tests.support.laws.snapshots import events_since, snapshot
from tests.support.people.furnished import furnished
from tests.support.people.racing import repeatedly
from tests.support.people.relations import SHARE, share
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.server.nodes import two_nodes
from tests.support.wire.answers import done, next_page
from tests.support.wire.sockets import sub, talking
from upcoach.client import RestClient

TURNS = (["goal"], ["habit"], ["goal", "habit"], ["habit.entry"])
Shown = tuple[str, str]  # a kind of which documents were shown, and the cursor


@repeatedly
async def test_what_is_shown_is_what_is_shared_at_the_cursor(
    engines: TestEngines, rounds: int
) -> None:
    """Snapshots over every road, on two nodes, while the share changes."""
    async with two_nodes(engines) as (one, other):
        client, coach = await furnished(one), await other.person()
        feed = scope_of(one, client).feed
        coach_id = await share(client, coach)
        ended = False

        async def change() -> None:
            nonlocal ended
            for number in range(10 * rounds):
                turn = {"kinds": TURNS[number % len(TURNS)]}
                await done(client.call("PUT", SHARE.format(coach_id), turn))
            ended = True

        def over() -> bool:
            return ended

        changing = asyncio.create_task(change())
        found = await asyncio.gather(
            *(rest_pages(other.client(coach.token), feed, over) for _ in range(3)),
            *(rest_pages(one.client(coach.token), feed, over) for _ in range(2)),
            *(socket_pages(server, coach, feed, over) for server in (one, other)),
            *(polled(one.client(coach.token), feed, over) for _ in range(2)),
        )
        await changing
        shared = await shared_at(client)
        shown = [page for pages in found for page in pages]
        wrong = [(kind, at) for kind, at in shown if kind not in shared(at)]

        assert len(shown) > 10 * rounds
        assert wrong == []


async def shared_at(client: RestClient) -> Callable[[str], list[str]]:
    """Which kinds the client shared at a cursor."""
    epoch = (await snapshot(client))[1].partition(".")[0]
    kinds: dict[int, list[str]] = {}
    for event in await events_since(client, f"{epoch}.0"):
        if event["type"] == "share.set":
            kinds[event["seq"]] = (event.get("doc") or event["patch"]).get("kinds")

    def at(cursor: str) -> list[str]:
        number = int(cursor.partition(".")[2])
        return kinds[max(seq for seq in kinds if seq <= number)]

    return at


async def rest_pages(coach: RestClient, feed: str, over: Callable[[], bool]) -> list[Shown]:
    """What pages over REST show, each with the cursor of its walk."""
    pages: list[Shown] = []
    while not over():
        path = f"/v1/snapshot?feed={feed}&limit=1"
        while path:
            answer = await coach.call("GET", path)
            if answer.status != 200:
                assert answer.status in (404, 410), answer
                break
            pages.append((answer.body["kind"], answer.headers["upcoach-cursor"]))
            path = next_page(answer)
    return pages


async def socket_pages(
    server: Server, coach: RestClient, feed: str, over: Callable[[], bool]
) -> list[Shown]:
    """What snapshots over a socket show, each page with its cursor."""
    pages: list[Shown] = []
    async with talking(server, coach) as wire:
        while not over():
            await wire.send(sub(feed=feed, snap=True))
            frames = await wire.until("live", "reset", "unsubd")
            pages += [(one["kind"], one["cur"]) for one in frames if one["t"] == "snap"]
    return pages


async def polled(coach: RestClient, feed: str, over: Callable[[], bool]) -> list[Shown]:
    """What a poller holds: when nothing more comes, that is what was shared at its cursor."""
    held: list[Shown] = []
    while not over():
        first = await coach.call("GET", f"/v1/snapshot?feed={feed}")
        if first.status != 200:
            continue
        cursor = first.headers["upcoach-cursor"]
        while True:
            answer = await coach.call("GET", f"/v1/events?feed={feed}&since={cursor}&wait=1")
            if answer.status == 410:  # what it holds is not to be seen any more
                break
            assert answer.status in (200, 204), answer
            cursor = answer.headers["upcoach-cursor"]
            held.append((first.body["kind"], cursor))
            if answer.status == 204:
                break
    return held
