"""Verification of coaches by operators."""

from typing import Final, Literal

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from handlers.http.pagination import Items, ListQuery, page_of
from models.coaches import CoachProfile, RefusalReason
from upcoach.services.coaches import CoachServices
from upcoach.store.collections.documents import Selection
from upcoach.store.collections.page_tokens import mark

COACHES: Final = "/v1/admin/coaches"
COACH: Final = COACHES + "/{owner}"
NEEDS: Final = "admin:users"
ORDER: Final = "verification_since"


class VerificationQuery(ListQuery, frozen=True, kw_only=True):
    """The profiles whose verification stands somewhere, those that have waited longest first.

    Attributes
    ----------
    verification
        Where it stands.

    """

    verification: Literal["submitted", "verified", "declined"] = "submitted"

    def selection(self) -> Selection:
        """See `ListQuery.selection`."""
        return Selection(
            order=ORDER,
            where={"verification": self.verification},
            after=self.after,
            limit=self.limit + 1,
        )


async def list_profiles(services: CoachServices, call: Call) -> Reply:
    """List the profiles of coaches that wait for verification, have it, or were declined."""
    query = call.parse_query(VerificationQuery)
    profiles = await services.verification.page(query.selection())
    return page_of(
        COACHES, call, profiles, query.limit, lambda profile: mark(profile, ORDER, of_all=True)
    )


async def read(services: CoachServices, call: Call) -> Reply:
    """Get the profile of a coach who has submitted it."""
    return document_reply(await services.verification.get(call.names["owner"]))


async def verify(services: CoachServices, call: Call) -> Reply:
    """Verify the version of a profile that was looked at: everybody finds it from now on."""
    base = call.require_base()
    return write_reply(await services.verification.verify(call.names["owner"], base))


async def decline(services: CoachServices, call: Call) -> Reply:
    """Decline a profile, with a reason for its coach."""
    reason, base = call.read(RefusalReason).reason, call.require_base()
    return write_reply(await services.verification.decline(call.names["owner"], base, reason))


async def revoke(services: CoachServices, call: Call) -> Reply:
    """Take back the verification of a profile, with a reason for its coach."""
    reason, base = call.read(RefusalReason).reason, call.require_base()
    return write_reply(await services.verification.revoke(call.names["owner"], base, reason))


OPERATIONS: Final = (
    Operation(
        method="GET",
        path=COACHES,
        run=list_profiles,
        needs=NEEDS,
        query=VerificationQuery,
        gives=Items[CoachProfile],
        audit="coaches.read",
    ),
    Operation(
        method="GET", path=COACH, run=read, needs=NEEDS, gives=CoachProfile, audit="coach.read"
    ),
    Operation(
        method="POST",
        path=COACH + "/verify",
        run=verify,
        needs=NEEDS,
        gives=CoachProfile,
        base="required",
        statuses=(200,),
        refusals=(409,),
        audit="coach.verified",
    ),
    *(
        Operation(
            method="POST",
            path=f"{COACH}/{verb}",
            run=run,
            needs=NEEDS,
            body="json",
            takes=RefusalReason,
            gives=CoachProfile,
            base="required",
            statuses=(200,),
            refusals=(409,),
            audit=f"coach.{act}",
        )
        for verb, act, run in (("decline", "declined", decline), ("revoke", "revoked", revoke))
    ),
)
