"""What was given, and whether it still holds."""

from collections.abc import Awaitable, Callable

from tests.account.lockout.stage import Victim, stays
from upcoach.client import RestClient

Holds = Callable[[], Awaitable[bool]]
Finish = Callable[[int], Awaitable[Holds | None]]  # on which node; None if it is refused


def tokens_hold(victim: Victim, token: str, refresh_token: str, path: str = "/v1/me") -> Holds:
    """Whether an access token, or a refresh token of our own, opens anything on either node."""

    async def holds() -> bool:
        clients = [victim.client(at, token) for at in range(2)]
        if await stays(lambda: any_is_answered(clients, path)):
            return True
        if not refresh_token:
            return False
        clients[1].refresh_token = refresh_token
        return await clients[1].refresh()

    return holds


async def any_is_answered(clients: list[RestClient], path: str) -> bool:
    return any([(await one.call("GET", path)).status == 200 for one in clients])
