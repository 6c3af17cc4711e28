"""Does a login hold?  The whole table of what may be known of one, and the database's copy."""

import datetime as dt
import itertools
from typing import Any, Final

import pytest

from config.settings import Settings
from models.account import LoginFacts, Session, SessionState, session_state
from models.account.session import SessionTerms
from models.account.session_lifetimes import LIFETIMES
from tests.support.server import serving
from upcoach.store.secrets.refresh_generations import RefreshExchange, RefreshGenerations

NOON: Final = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
MOMENT: Final = dt.timedelta(milliseconds=1)
IDLE: Final = dt.timedelta(hours=2)

# Of each thing that may be known: what speaks for the login, and what against it.
ENDED: Final[list[tuple[dict[str, Any], bool]]] = [
    ({}, False),
    ({"is_ended": False}, False),
    ({"is_ended": True}, True),
]
LOCKED_OUT: Final[list[tuple[dict[str, Any], bool]]] = [
    ({}, False),
    ({"lockouts": 3}, False),
    ({"began_with": 3, "lockouts": 3}, False),
    ({"began_with": 0, "lockouts": 1}, True),
    ({"began_with": 4, "lockouts": 3}, True),
    ({"began_with": 3}, True),
]
EXPIRED: Final[list[tuple[dict[str, Any], bool]]] = [
    ({}, False),
    ({"expires_at": NOON + MOMENT}, False),
    ({"expires_at": NOON}, True),
    ({"expires_at": NOON - MOMENT}, True),
]
RESTED: Final[list[tuple[dict[str, Any], bool]]] = [
    ({}, False),
    ({"used_at": NOON - 2 * IDLE}, False),
    ({"idle": IDLE}, False),
    ({"used_at": NOON - IDLE + MOMENT, "idle": IDLE}, False),
    ({"used_at": NOON - IDLE, "idle": IDLE}, True),
    ({"used_at": NOON - 2 * IDLE, "idle": IDLE}, True),
]
ORDER: Final = (
    SessionState.ENDED,
    SessionState.LOCKED_OUT,
    SessionState.EXPIRED,
    SessionState.IDLE,
)


def test_a_login_is_active_exactly_when_nothing_speaks_against_it() -> None:
    rows = list(itertools.product(ENDED, LOCKED_OUT, EXPIRED, RESTED))

    for row in rows:
        known = {name: value for facts, _ in row for name, value in facts.items()}
        against = [state for state, (_, speaks) in zip(ORDER, row, strict=True) if speaks]
        expected = against[0] if against else SessionState.ACTIVE
        assert (known, session_state(LoginFacts(**known), NOON)) == (known, expected)
    assert len(rows) == 3 * 6 * 4 * 6


@pytest.mark.parametrize("app", LIFETIMES)
def test_a_session_says_of_itself_what_the_table_says(app: Any) -> None:
    session = Session.started(
        SessionTerms(device="phone", app=app), session_id="ses_1", owner="usr_1", at=NOON
    )
    whole, idle = LIFETIMES[session.app].whole, LIFETIMES[session.app].idle
    over = session.ended(NOON)

    assert session.state(NOON) is SessionState.ACTIVE
    assert session.state(NOON + whole - MOMENT) is SessionState.ACTIVE
    assert session.state(NOON + whole) is SessionState.EXPIRED
    assert session.state(NOON + idle - MOMENT, NOON) is SessionState.ACTIVE
    assert session.state(NOON + idle, NOON) in (SessionState.IDLE, SessionState.EXPIRED)
    assert over.state(NOON) is SessionState.ENDED
    assert over.state(NOON + 2 * whole, NOON) is SessionState.ENDED
    assert [one.is_open(NOON) for one in (session, over)] == [True, False]


async def test_the_database_asks_what_the_table_says(settings: Settings) -> None:
    async with serving(settings) as server:
        rotations = RefreshGenerations(server.node.database)
        for count, (expiry, rest) in enumerate(itertools.product(EXPIRED, RESTED)):
            facts = {
                "expires_at": NOON + IDLE,
                "used_at": NOON,
                "idle": IDLE,
                **expiry[0],
                **rest[0],
            }
            session, idle = f"ses_{count}", facts["idle"]
            await rotations.begin(session, facts["used_at"], facts["expires_at"])

            is_active = session_state(LoginFacts(**facts), NOON) is SessionState.ACTIVE

            assert await rotations.is_exchangeable(session, 1, NOON, idle) is is_active
            assert await rotations.use(session, NOON, idle) is is_active
            turn = await rotations.exchange(session, 1, NOON, idle)
            assert turn is (RefreshExchange.NEXT if is_active else RefreshExchange.OVER)
