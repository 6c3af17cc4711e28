"""What a coach and a client do with times and sessions, so that their answers are seen."""

import datetime as dt

from models.base.clock import utc_now
from tests.scheduling.booking import HOLDS, SESSIONS, TALK, book, coach_of, step, tomorrow
from tests.support.server import Server
from tests.support.wire.answers import done
from tests.support.wire.writes import write


async def meet(server: Server) -> None:
    """Hold, book, move, confirm, decline, cancel, hold and rate sessions."""
    client = await server.person()
    short = {"session_types": {"talk": TALK | {"minutes": 5}}, "slot_minutes": 5}
    coach, coach_id = await coach_of(server, client, needs_confirmation=True, **short)
    wanted = {"coach": coach_id, "type": "talk", "starts_at": tomorrow(9).isoformat()}
    for _ in range(2):
        await done(client.call("POST", HOLDS, wanted))
    await done(client.call("DELETE", f"{HOLDS}/{coach_id}"))
    now = utc_now()
    soon = now.replace(minute=now.minute // 5 * 5, second=0, microsecond=0)
    at = (soon + dt.timedelta(minutes=10), tomorrow(10), tomorrow(11))
    first, second, third = [(await done(book(client, coach_id, one))).body["id"] for one in at]
    assert (await book(client, coach_id, at[0])).status == 409
    await done(step(coach, first, "confirm"))
    await done(write(coach, "PATCH", f"{SESSIONS}/{first}", {"notes": "Ask"}, 2))
    assert (await step(client, first, "no-show")).status == 409
    await done(step(coach, first, "start"))
    await done(step(coach, first, "complete", {"summary": "Sleep"}))
    await done(step(client, first, "rating", {"rating": 5}))
    await done(step(coach, second, "decline", {"reason": "Away"}))
    await done(step(client, third, "move", {"starts_at": tomorrow(12).isoformat()}))
    await done(step(client, third, "cancel", {}))
    fourth = (await done(book(client, coach_id, tomorrow(13)))).body["id"]
    await done(step(coach, fourth, "confirm"))
    async with server.node.database.connection():  # it began an hour ago
        await server.node.database["coaching_sessions"].update_many(
            {"_id": {"$regex": f"/{fourth}$"}},
            {"$set": {"starts_at": now - dt.timedelta(hours=1)}},
        )
    await done(step(client, fourth, "no-show"))
    await done(client.call("GET", f"/v1/coaches/{coach_id}/offer"))
