"""What operators do with the profiles of coaches, so that their answers are seen."""

from tests.coaches.places import ME, SUBMIT, decide, submitted, verified
from tests.support.people.operators import operator
from tests.support.server import Server
from tests.support.wire.answers import done


async def verify_coaches(server: Server) -> None:
    """Verify a coach, take it back, and decline them."""
    desk, coach = await operator(server, "support"), await server.person()
    name = await verified(desk, coach)
    version = (await done(coach.call("GET", ME))).body["version"]
    await done(decide(desk, "revoke", name, version, "It has expired."))
    again = await done(coach.call("POST", SUBMIT))
    await done(decide(desk, "decline", name, again.body["version"], "It has expired."))
    await submitted(coach)
