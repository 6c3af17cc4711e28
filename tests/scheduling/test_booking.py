"""Sessions are booked at the times that are offered, by one client each."""

import asyncio
import datetime as dt

from config.settings import Settings
from models.base.clock import utc_now
from tests.coaches.places import verified
from tests.notifications.evening import Evening
from tests.scheduling.booking import (
    AVAILABILITY,
    HOLDS,
    SESSIONS,
    TALK,
    book,
    coach_of,
    slots,
    starts,
    tomorrow,
)
from tests.support.engines import TestEngines
from tests.support.people.operators import operator
from tests.support.people.relations import user_of
from tests.support.server import ServerProcess, serving
from tests.support.server.nodes import two_nodes
from tests.support.wire.answers import done
from tests.support.wire.sockets import sub, talking
from upcoach.client import RestClient

HOUR = dt.timedelta(hours=1)


async def test_what_is_offered_can_be_booked_and_is_offered_no_more(settings: Settings) -> None:
    async with serving(settings) as server:
        client, other = await server.person(), await server.person()
        coach, coach_id = await coach_of(server, client, other)
        noon = tomorrow(12)
        offered = await starts(client, coach_id, noon - HOUR, noon + 2 * HOUR)

        booked = await done(book(client, coach_id, noon, topic="My goals"))

        assert len(offered) == 3
        assert booked.body["status"] == "confirmed"
        assert booked.body["place"] == "https://meet.example.org/ann"
        left = await starts(other, coach_id, noon - HOUR, noon + 2 * HOUR)
        assert left == [offered[0], offered[2]]
        theirs = (await coach.call("GET", f"{SESSIONS}/{booked.body['id']}")).body
        assert (theirs["role"], theirs["topic"]) == ("coach", "My goals")
        assert theirs["other"] == await user_of(client)
        refused = await book(other, coach_id, noon)
        assert (refused.status, refused.body["code"]) == (409, "slot_unavailable")
        assert refused.body["reasons"] == ["booked"]
        first = refused.body["alternatives"][0]["starts_at"]
        assert (await book(other, coach_id, dt.datetime.fromisoformat(first))).status == 201


async def test_one_of_many_who_book_at_once_has_the_time(
    settings: Settings, environ: dict[str, str]
) -> None:
    async with ServerProcess(dict(environ)) as other, serving(settings) as server:
        clients = [await server.person() for _ in range(6)]
        _, coach_id = await coach_of(server, *clients)
        nodes = (server.url, other.url)
        asking = [
            RestClient(nodes[number % 2], token=client.token)
            for number, client in enumerate(clients * 4)
        ]

        answers = await asyncio.gather(*(book(client, coach_id, tomorrow(12)) for client in asking))

        statuses = [answer.status for answer in answers]
        assert (statuses.count(201), statuses.count(409)) == (1, len(asking) - 1)
        assert all(
            len(answer.body["alternatives"]) == 5 for answer in answers if answer.status == 409
        )


async def test_a_time_that_is_held_is_offered_to_its_holder_alone(settings: Settings) -> None:
    async with serving(settings) as server:
        client, other = await server.person(), await server.person()
        _, coach_id = await coach_of(server, client, other)
        noon = tomorrow(12)
        wanted = {"coach": coach_id, "type": "talk", "starts_at": noon.isoformat()}

        held = await done(client.call("POST", HOLDS, wanted))

        assert held.status == 201
        assert len(await starts(client, coach_id, noon, noon + HOUR)) == 1
        assert await starts(other, coach_id, noon, noon + HOUR) == []
        [item] = await slots(other, coach_id, noon, noon + HOUR, explain="true")
        assert item["reasons"] == ["held"]
        assert (await book(other, coach_id, noon)).body["reasons"] == ["held"]
        assert (await book(client, coach_id, noon)).status == 201
        assert (await client.call("DELETE", f"{HOLDS}/{coach_id}")).status == 404


async def test_nobody_books_two_sessions_at_once(settings: Settings) -> None:
    async with serving(settings) as server:
        client = await server.person()
        (_, first), (_, second) = [await coach_of(server, client) for _ in range(2)]
        noon = tomorrow(12)
        await done(book(client, first, noon))

        refused = await book(client, second, noon)

        assert (refused.status, refused.body["reasons"]) == (409, ["own_conflict"])


async def test_a_coach_who_takes_no_bookings_from_somebody_looks_like_nobody(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        client, stranger = await server.person(), await server.person()
        _, coach_id = await coach_of(server, client)
        nobody = await user_of(stranger)
        nobody = nobody[:-1] + ("0" if nobody[-1] != "0" else "1")
        noon = tomorrow(12)

        answers = [
            [
                await book(stranger, name, noon),
                await stranger.call("GET", f"/v1/coaches/{name}/offer"),
                await stranger.call("DELETE", f"{HOLDS}/{name}"),
            ]
            for name in (coach_id, nobody)
        ]

        for refused, unknown in zip(*answers, strict=True):
            assert refused.status == unknown.status == 404
            ours, theirs = (
                answer.body | {"request_id": "", "instance": ""} for answer in (refused, unknown)
            )
            assert ours == theirs


async def test_who_looks_at_the_times_of_a_coach_hears_when_one_is_taken(
    engines: TestEngines,
) -> None:
    async with two_nodes(engines) as (one, two):
        client, viewer, stranger = [await one.person() for _ in range(3)]
        _, coach_id = await coach_of(one, client, viewer)
        noon, name = tomorrow(12), f"slots:{coach_id}"
        wanted = {"coach": coach_id, "type": "talk", "starts_at": noon.isoformat()}
        async with talking(two, viewer) as watching, talking(two, stranger) as locked_out:
            await watching.send(sub(feed=name))
            assert (await watching.frame())["t"] == "subd"
            await locked_out.send(sub(feed=name))
            assert (await locked_out.frame())["problem"]["code"] == "channel_unknown"

            await done(client.call("POST", HOLDS, wanted))
            heard = [await watching.frame()]
            assert await starts(viewer, coach_id, noon, noon + HOUR) == []
            await done(client.call("DELETE", f"{HOLDS}/{coach_id}"))
            heard.append(await watching.frame())
            assert len(await starts(viewer, coach_id, noon, noon + HOUR)) == 1

            await watching.send({"t": "eph", "ch": name, "kind": "changed", "body": {}})
            assert (await watching.frame())["problem"]["code"] == "channel_closed"
        kinds = [(frame["t"], frame["ch"], frame["kind"], frame["body"]) for frame in heard]
        assert kinds == [("eph", name, "changed", {})] * 2


async def test_a_hold_that_expires_is_offered_to_all_again(settings: Settings) -> None:
    async with serving(settings) as server:
        client, other = await server.person(), await server.person()
        coach, coach_id = await coach_of(server, client, other)
        noon = tomorrow(12)
        wanted = {"coach": coach_id, "type": "talk", "starts_at": noon.isoformat()}
        held = await done(client.call("POST", HOLDS, wanted))
        assert dt.datetime.fromisoformat(held.body["expires_at"]) > utc_now() + 4 * HOUR / 60

        await Evening(server, coach).at(utc_now() + dt.timedelta(minutes=6))

        assert len(await starts(other, coach_id, noon, noon + HOUR)) == 1
        snapshot = (await done(coach.call("GET", "/v1/snapshot"))).body
        assert "slot_hold" not in str(snapshot)


async def test_buffers_keep_sessions_apart(settings: Settings) -> None:
    async with serving(settings) as server:
        client = await server.person()
        types = {"talk": TALK | {"minutes": 45, "buffer_before": 10, "buffer_after": 20}}
        _, coach_id = await coach_of(server, client, session_types=types, slot_minutes=15)
        noon = tomorrow(12)
        await done(book(client, coach_id, noon))

        items = await slots(client, coach_id, noon - 2 * HOUR, noon + 2 * HOUR, explain="true")

        reasons = {item["starts_at"][11:16]: item["reasons"] for item in items}
        assert [time for time, why in reasons.items() if not why] == [
            *("10:00", "10:15", "10:30", "10:45", "13:15", "13:30", "13:45"),
        ]
        assert reasons["11:00"] == ["booked"]  # ends at 11:45, and 20 minutes after are the coach's
        assert reasons["11:30"] == ["booked", "own_conflict"]


async def test_everyone_books_a_coach_who_is_verified(settings: Settings) -> None:
    async with serving(settings) as server:
        client, stranger = await server.person(), await server.person()
        coach, coach_id = await coach_of(server, client, bookable_by="everyone")
        desk = await operator(server, "support")

        async def asked(hour: int) -> list[int]:
            people = (client, stranger)
            return [
                (await book(person, coach_id, tomorrow(hour + number))).status
                for number, person in enumerate(people)
            ]

        assert await asked(1) == [201, 404]
        await verified(desk, coach)
        assert await asked(3) == [201, 201]
        await done(coach.call("PATCH", AVAILABILITY, {"bookable_by": "clients"}))
        assert await asked(5) == [201, 404]
        await done(coach.call("PATCH", AVAILABILITY, {"bookable_by": "nobody"}))
        assert await asked(7) == [404, 404]
        assert (await coach.call("GET", f"/v1/coaches/{coach_id}/offer")).status == 200
