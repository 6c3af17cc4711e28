"""Where coaches and their profiles are, and a profile that is complete."""

from typing import Any, Final

from models.base.merge_patch import Json
from tests.support.people.relations import user_of
from tests.support.wire.answers import done
from upcoach.client import Response, RestClient

ME: Final = "/v1/coaches/me"
SUBMIT, WITHDRAW = f"{ME}/submit", f"{ME}/withdraw"
COACHES, COACH = "/v1/coaches", "/v1/coaches/{}"
NOTES, NOTE = "/v1/clients/{client}/notes", "/v1/clients/{client}/notes/{id}"
WAITING, ONE_WAITING = "/v1/admin/coaches", "/v1/admin/coaches/{}"

COMPLETE: Final[Json] = {
    "display_name": "Ada Lovelace",
    "title": "Coach for calm",
    "bio": "I help people who run too much.",
    "specialities": ["Côté calme", "Running"],
    "languages": ["en", "de"],
    "certificates": [{"name": "PCC", "issuer": "ICF", "year": 2019}],
    "years_of_experience": 7,
    "tz": "Europe/Berlin",
    "modes": ["video", "chat"],
}


def based_on(version: int) -> dict[str, str]:
    """The header of a write that is based on *version*."""
    return {"If-Match": f'"v{version}"'}


async def submitted(coach: RestClient, **fields: Any) -> Response:
    """What *coach* is answered who has written a profile, and submits it."""
    await done(coach.call("PUT", ME, COMPLETE | fields))
    return await done(coach.call("POST", SUBMIT))


async def decide(
    operator: RestClient, verb: str, coach: str, version: int, reason: str | None = None
) -> Response:
    """What an operator is answered who decides about *version* of the profile of *coach*."""
    body = None if reason is None else {"reason": reason}
    path = f"{ONE_WAITING.format(coach)}/{verb}"
    return await operator.call("POST", path, body, headers=based_on(version))


async def verified(operator: RestClient, coach: RestClient, **fields: Any) -> str:
    """The user id of *coach*, whose profile is written, submitted and verified."""
    profile = await submitted(coach, **fields)
    name = await user_of(coach)
    await done(decide(operator, "verify", name, profile.body["version"]))
    return name
