"""What is taken of somebody's time, from sessions and holds."""

import datetime as dt
from typing import Any

import pytest

from models.base.time import DAY
from models.scheduling import SlotHold
from tests.scheduling.booking import session_at
from upcoach.services.scheduling.agenda import Agendas, Asker, weeks_of

NOON = dt.datetime(2026, 6, 3, 12, tzinfo=dt.UTC)  # a Wednesday
HOUR = dt.timedelta(hours=1)
LONG: dict[str, Any] = {"blocked_from": NOON - HOUR, "blocked_to": NOON + 2 * HOUR}
ASKER = Asker("usr_coach", "usr_client")
AN_HOUR, WITH_BUFFERS = (NOON, NOON + HOUR), (NOON - HOUR, NOON + 2 * HOUR)


def hold(client: str, expires_at: dt.datetime) -> SlotHold:
    return SlotHold(
        id="hld_1",
        owner="usr_coach",
        created_at=NOON,
        updated_at=NOON,
        client=client,
        type="talk",
        starts_at=NOON,
        ends_at=NOON + HOUR,
        expires_at=expires_at,
        **LONG,
    )


@pytest.mark.parametrize(
    ("fields", "booked", "counted"),
    [
        ({"role": "coach"}, [WITH_BUFFERS], True),
        ({"role": "coach", "status": "pending"}, [WITH_BUFFERS], True),
        ({"role": "coach", "status": "in_progress"}, [WITH_BUFFERS], True),
        ({"role": "coach", "status": "completed"}, [], True),
        ({"role": "coach", "status": "no_show"}, [], True),
        ({"role": "coach", "status": "cancelled"}, [], False),
        ({"role": "coach", "status": "declined"}, [], False),
        (
            {"role": "client"},
            [AN_HOUR],
            False,
        ),  # with a coach of their own, whose buffers these are
    ],
)
def test_what_sessions_take_of_their_coach(
    fields: dict[str, Any], booked: list[Any], *, counted: bool
) -> None:
    session = session_at(NOON, **LONG, **fields)

    taken = ASKER.taken(Agendas(sessions=[session]), NOON - DAY)

    assert taken.booked == booked
    assert taken.starts == ([NOON] if counted else [])
    moved = Asker("usr_coach", "usr_client", session.id)
    assert moved.taken(Agendas(sessions=[session], own=[session]), NOON - DAY).booked == []


def test_the_askers_own_sessions_take_their_time_without_buffers() -> None:
    own = [session_at(NOON, **LONG), session_at(NOON + DAY, status="cancelled")]

    assert ASKER.taken(Agendas(own=own), NOON - DAY).own == [AN_HOUR]


@pytest.mark.parametrize(
    ("client", "expires_at", "held"),
    [
        ("usr_other", NOON + HOUR, True),
        ("usr_other", NOON, False),  # it has expired, and nobody has deleted it yet
        ("usr_client", NOON + HOUR, False),
    ],
)
def test_what_others_hold_is_taken_until_it_expires(
    client: str, expires_at: dt.datetime, *, held: bool
) -> None:
    taken = ASKER.taken(Agendas(holds=[hold(client, expires_at)]), NOON)

    assert (taken.held, taken.starts) == (([WITH_BUFFERS], [NOON]) if held else ([], []))


def test_what_is_read_for_all_times_of_a_week_is_the_same() -> None:
    monday = NOON - 2 * DAY - 12 * HOUR
    spans = [(at, at + HOUR) for at in (monday, NOON, monday + 7 * DAY - 2 * HOUR)]

    assert len({weeks_of(span) for span in spans}) == 1
    assert weeks_of(spans[0])[0] == monday - 2 * DAY
    assert weeks_of((NOON, NOON + 7 * DAY))[1] == monday + 16 * DAY
