"""What takes away what was given."""

from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from tests.account.federation.providers import come
from tests.account.lockout.stage import Victim
from tests.support.people.addresses import CONFIRM, MOVE
from tests.support.people.enrolling import SESSIONS
from tests.support.people.mail import newest, token_in
from tests.support.people.passwords import CHANGE, NEW, forgot, reset
from tests.support.server import PASSWORD
from upcoach.cli import admin_commands

Take = Callable[[], Awaitable[int]]  # the status of the answer
Arm = Callable[[Victim], Awaitable[Take]]

ONE_ENDED: Final = "log out one"
OTHERS_ENDED: Final = "log out others"
ALL_ENDED: Final = "log out all"
REVOKED: Final = "an operator's revoke"
CHANGED: Final = "a new password"
RESET: Final = "a password by mail"
CLAIMED: Final = "the address's owner comes"
MOVED: Final = "a move"
GRANT_TAKEN_BACK: Final = "a grant taken back"

LOCKOUTS: Final = frozenset({OTHERS_ENDED, ALL_ENDED, REVOKED, CHANGED, RESET, CLAIMED})
ALL: Final = LOCKOUTS | {ONE_ENDED, MOVED, GRANT_TAKEN_BACK}


class Taker(NamedTuple):
    """Something that takes away.

    Attributes
    ----------
    keeps
        Whether the owner's own session goes on.
    begins
        How many sessions it begins: those of whom it lets in.

    """

    name: str
    arm: Arm
    keeps: bool
    begins: int = 0


def _owner(method: str, path: str, body: object = None) -> Arm:
    async def arm(victim: Victim) -> Take:
        async def take() -> int:
            where = path.format(session=victim.session, app=victim.stage.app.id)
            return (await victim.owner.call(method, where, body)).status

        return take

    return arm


async def _revoke(victim: Victim) -> Take:
    settings = victim.stage.settings
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    mongo_url, redis_url = settings.mongo_url, settings.redis_url

    async def take() -> int:
        await admin_commands.revoke(settings, mongo_url, redis_url, victim.email)
        return 204

    return take


async def _reset(victim: Victim) -> Take:
    server = victim.stage.nodes[1]
    token = await forgot(server, victim.email)

    async def take() -> int:
        return (await reset(server, token)).status

    return take


async def _claim(victim: Victim) -> Take:
    async def take() -> int:
        """Somebody whom their provider knows by the address; the rest is what they left there."""
        claims = {"email": victim.email, "sub": victim.email}
        return (await come(victim.stage.nodes[1], victim.stage.provider, **claims)).status

    return take


async def _move(victim: Victim) -> Take:
    to = f"new-{victim.email}"
    assert (await victim.owner.call("POST", MOVE, {"email": to})).status == 202
    body = {"token": token_in(await newest(victim.stage.nodes[0], to))}

    async def take() -> int:
        return (await victim.client(1, "").call("POST", CONFIRM, body)).status

    return take


TAKERS: Final = (
    Taker(ONE_ENDED, _owner("DELETE", f"{SESSIONS}/{{session}}"), keeps=True),
    Taker(OTHERS_ENDED, _owner("DELETE", f"{SESSIONS}?keep=current"), keeps=True),
    Taker(ALL_ENDED, _owner("DELETE", SESSIONS), keeps=False),
    Taker(REVOKED, _revoke, keeps=False),
    Taker(CHANGED, _owner("POST", CHANGE, {"current": PASSWORD, "password": NEW}), keeps=True),
    Taker(RESET, _reset, keeps=False),
    Taker(CLAIMED, _claim, keeps=False, begins=1),
    Taker(MOVED, _move, keeps=True),
    Taker(GRANT_TAKEN_BACK, _owner("DELETE", "/v1/auth/grants/{app}"), keeps=True),
)
