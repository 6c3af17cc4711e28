"""What becomes of a session, by whom, and that both sides see the same."""

import datetime as dt
from typing import Any

from config.settings import Settings
from models.base.clock import utc_now
from models.base.merge_patch import Json
from tests.scheduling.booking import SESSIONS, TALK, book, coach_of, starts, step, tomorrow
from tests.support.people.relations import unshare
from tests.support.server import Server, serving
from tests.support.wire.answers import done
from tests.support.wire.writes import write
from upcoach.client import RestClient

HOUR = dt.timedelta(hours=1)
SHORT = {"session_types": {"talk": TALK | {"minutes": 5}}, "slot_minutes": 5}
SHARED = ("status", "starts_at", "ends_at", "sequence", "reason", "ended_by", "summary", "place")


async def of_both(session: str, *people: RestClient) -> Json:
    """What both see of a session, which is the same."""
    first, second = [(await done(one.call("GET", f"{SESSIONS}/{session}"))).body for one in people]
    shared = [{name: side.get(name) for name in SHARED} for side in (first, second)]
    assert shared[0] == shared[1]
    return shared[0]


async def booked(
    server: Server, at: dt.datetime, **terms: Any
) -> tuple[RestClient, RestClient, str]:
    """A client, their coach, and the session that they have *at* a moment."""
    client = await server.person()
    coach, coach_id = await coach_of(server, client, **terms)
    return client, coach, (await done(book(client, coach_id, at))).body["id"]


async def test_a_session_that_waits_is_confirmed_or_declined_by_its_coach(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        client, coach, session = await booked(server, tomorrow(12), needs_confirmation=True)
        assert (await of_both(session, client, coach))["status"] == "pending"
        assert (await step(client, session, "confirm")).status == 403
        coach_id = (await coach.call("GET", "/v1/me")).body["id"]
        refused = await book(client, coach_id, tomorrow(12))
        assert refused.body["reasons"] == ["booked", "own_conflict"]

        await done(step(coach, session, "confirm"))

        assert (await of_both(session, client, coach))["status"] == "confirmed"
        assert (await step(coach, session, "decline", {})).status == 409
        other = (await done(book(client, coach_id, tomorrow(14)))).body["id"]
        await done(step(coach, other, "decline", {"reason": "Away"}))
        assert (await of_both(other, client, coach))["reason"] == "Away"
        assert len(await starts(client, coach_id, tomorrow(14), tomorrow(15))) == 1


async def test_a_session_is_moved_to_a_time_that_is_free(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach, session = await booked(server, tomorrow(12))
        coach_id = (await coach.call("GET", "/v1/me")).body["id"]
        await done(book(client, coach_id, tomorrow(14)))

        taken = await step(client, session, "move", {"starts_at": tomorrow(14).isoformat()})
        off = await step(client, session, "move", {"starts_at": tomorrow(12, 30).isoformat()})
        moved = await step(coach, session, "move", {"starts_at": tomorrow(15).isoformat()})

        assert (taken.status, taken.body["reasons"]) == (409, ["booked", "own_conflict"])
        assert len(taken.body["alternatives"]) == 5
        assert (off.status, off.body["reasons"]) == (409, ["off_grid"])
        assert moved.status == 200
        after = await of_both(session, client, coach)
        assert (after["starts_at"], after["sequence"]) == (f"{tomorrow(15):%Y-%m-%dT%H:%M:%SZ}", 1)
        assert len(await starts(client, coach_id, tomorrow(12), tomorrow(13))) == 1


async def test_a_client_cancels_and_moves_up_to_the_moment_that_was_agreed_on(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        week = 7 * 24 * 60
        terms = {"cancel_notice_minutes": week, "move_notice_minutes": 2 * week}
        client, coach, session = await booked(server, tomorrow(12), **terms)

        late = [
            await step(client, session, "cancel", {}),
            await step(client, session, "move", {"starts_at": tomorrow(15).isoformat()}),
        ]
        cancelled = await step(coach, session, "cancel", {"reason": "I am ill"})

        assert [(one.status, one.body["code"]) for one in late] == [
            (409, "cancel_too_late"),
            (409, "move_too_late"),
        ]
        assert cancelled.status == 200
        after = await of_both(session, client, coach)
        assert (after["status"], after["ended_by"]) == ("cancelled", "coach")
        again = await step(client, session, "cancel", {})
        assert (again.status, again.body["session_status"]) == (409, "cancelled")


async def test_a_session_is_held_and_rated(settings: Settings) -> None:
    async with serving(settings) as server:
        now = utc_now()
        soon = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
        soon += dt.timedelta(minutes=10)
        client, coach, session = await booked(server, soon, **SHORT)
        assert (await step(client, session, "start")).status == 403
        assert (await step(coach, session, "complete", {})).status == 409
        assert (await step(client, session, "no-show")).status == 409

        await done(step(coach, session, "start"))
        given = {"summary": "We spoke of sleep", "next_steps": "Go to bed at ten"}
        await done(step(coach, session, "complete", given))
        await done(step(client, session, "rating", {"rating": 4, "comment": "Good"}))
        await done(step(coach, session, "rating", {"rating": 2, "comment": "Tired"}))

        after = await of_both(session, client, coach)
        assert (after["status"], after["summary"]) == ("completed", "We spoke of sleep")
        theirs = (await coach.call("GET", f"{SESSIONS}/{session}")).body
        ours = (await client.call("GET", f"{SESSIONS}/{session}")).body
        assert (theirs["client_rating"], theirs["rating"]) == (4, 2)
        assert ours["rating"] == 4
        assert "client_rating" not in ours
        assert "Tired" not in str(ours)


async def test_notes_are_seen_by_who_has_written_them(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach, session = await booked(server, tomorrow(12))
        path = f"{SESSIONS}/{session}"

        await done(write(coach, "PATCH", path, {"notes": "Ask about the night"}, 1))

        assert (await coach.call("GET", path)).body["notes"] == "Ask about the night"
        ours = await client.call("GET", path)
        assert "notes" not in ours.body
        assert ours.body["version"] == 1


async def test_a_relation_that_ends_leaves_its_sessions(settings: Settings) -> None:
    async with serving(settings) as server:
        client, coach, session = await booked(server, tomorrow(12))
        coach_id = (await coach.call("GET", "/v1/me")).body["id"]

        await unshare(client, coach)

        assert (await book(client, coach_id, tomorrow(14))).status == 404
        await done(step(client, session, "cancel", {}))
        assert (await of_both(session, client, coach))["ended_by"] == "client"


async def test_sessions_are_listed_by_time_and_filtered(settings: Settings) -> None:
    async with serving(settings) as server:
        client = await server.person()
        coach, coach_id = await coach_of(server, client)
        ids = [
            (await done(book(client, coach_id, tomorrow(hour)))).body["id"] for hour in (15, 12, 9)
        ]
        await done(step(client, ids[0], "cancel", {}))

        async def listed(query: str, person: RestClient = client) -> list[str]:
            answer = await done(person.call("GET", f"{SESSIONS}?{query}"))
            return [item["id"] for item in answer.body["items"]]

        assert await listed("") == ids[::-1]
        assert await listed("sort=-starts&limit=2") == ids[:2]
        assert await listed("status=confirmed") == ids[:0:-1]
        assert await listed("role=coach") == []
        assert (
            await listed(f"other={coach_id}&from={tomorrow(10):%Y-%m-%dT%H:%M:%SZ}") == ids[1::-1]
        )
        assert await listed(f"to={tomorrow(10):%Y-%m-%dT%H:%M:%SZ}", coach) == ids[2:]
        changed = (await client.call("GET", f"{SESSIONS}/{ids[0]}")).body["updated_at"]
        assert await listed(f"updated_since={changed}") == ids[:1]
