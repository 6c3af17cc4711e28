"""The caller's profile as a coach."""

from typing import Final

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from models.coaches import CoachProfile, CoachProfileDraft
from upcoach.services.base.resources import require_object
from upcoach.services.coaches import CoachServices

ME: Final = "/v1/coaches/me"
READ, WRITE = "coaches:read", "coaches:write"


async def read(services: CoachServices, call: Call) -> Reply:
    """Get the caller's profile as a coach, and where its verification stands."""
    return document_reply(await services.profiles.get(call.scope))


async def put(services: CoachServices, call: Call) -> Reply:
    """Make the caller's profile as a coach, or replace what it says."""
    draft, lacks_zone = call.read(CoachProfileDraft), "tz" not in call.body
    return write_reply(
        await services.profiles.put(
            call.scope, draft, call.base, call.mutation, lacks_zone=lacks_zone
        )
    )


async def change(services: CoachServices, call: Call) -> Reply:
    """Change the caller's profile as a coach by a merge patch (RFC 7396)."""
    patch, base = require_object(call.body), call.require_base()
    return write_reply(await services.profiles.change(call.scope, patch, base, call.mutation))


async def delete(services: CoachServices, call: Call) -> Reply:
    """Delete the caller's profile as a coach: nobody finds it any more."""
    return write_reply(await services.profiles.delete(call.scope, call.base, call.mutation))


async def submit(services: CoachServices, call: Call) -> Reply:
    """Submit the caller's profile, so that an operator verifies it."""
    return write_reply(await services.profiles.submit(call.scope, call.mutation))


async def withdraw(services: CoachServices, call: Call) -> Reply:
    """Make the caller's profile a draft again, which nobody finds."""
    return write_reply(await services.profiles.withdraw(call.scope, call.mutation))


OPERATIONS: Final = (
    Operation(method="GET", path=ME, run=read, needs=READ, gives=CoachProfile, refusals=(404,)),
    Operation(
        method="PUT",
        path=ME,
        run=put,
        needs=WRITE,
        body="json",
        takes=CoachProfileDraft,
        gives=CoachProfile,
        base="taken",
        statuses=(200, 201),
        live=True,
        refusals=(404,),
    ),
    Operation(
        method="PATCH",
        path=ME,
        run=change,
        needs=WRITE,
        body="merge-patch",
        takes=CoachProfileDraft,
        gives=CoachProfile,
        base="required",
        live=True,
        refusals=(404,),
    ),
    Operation(
        method="DELETE", path=ME, run=delete, needs=WRITE, base="taken", live=True, refusals=(404,)
    ),
    *(
        Operation(
            method="POST",
            path=f"{ME}/{verb}",
            run=run,
            needs=WRITE,
            gives=CoachProfile,
            statuses=(200,),
            live=True,
            refusals=(404,),
        )
        for verb, run in (("submit", submit), ("withdraw", withdraw))
    ),
)
