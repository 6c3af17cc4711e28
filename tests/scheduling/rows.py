"""What the laws try of scheduling."""

from collections.abc import Iterator

from models.base.document import Document
from models.base.merge_patch import Json
from models.scheduling import Availability, CoachingSession, SessionType, SlotHold
from models.scheduling.availability import DayHours, TimeOff, TravelPeriod, WeeklyHours
from tests.scheduling.booking import AVAILABILITY, HOLDS, SESSIONS, TALK, book, coach_of, tomorrow
from tests.support.laws.context import NOON, ContextRows, Flaws
from tests.support.laws.flaws import KEPT, OPERATOR
from tests.support.laws.snapshots import CHANGED, Row
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

TALK_ID = "cse_01a20c66-99df-75bd-8f37-3328887fd951"
WALK_ID = "cse_01a20c66-99df-75bd-8f37-3328887fd952"
SECRET = "cse_01a20c66-99df-75bd-8f37-3328887fd953"
NOTHING = "cse_01a20c66-99df-75bd-8f37-3328887fd954"
COACH = "usr_01a20c66-99df-75bd-8f37-3328887fd987"
ONE = f"{SESSIONS}/{{id}}"
UPDATED = ("coaching_session.updated",)
AT = tomorrow(9, days=9)

WRITES = (
    Row(
        "annotate a session",
        CHANGED,
        UPDATED,
        "PATCH",
        ONE,
        {"id": TALK_ID},
        {"notes": "Bring it"},
        1,
    ),
    Row("annotate what is not", 404, (), "PATCH", ONE, {"id": NOTHING}, {"notes": "Bring it"}, 1),
    Row(
        "cancel a session",
        CHANGED,
        UPDATED,
        "POST",
        f"{ONE}/cancel",
        {"id": WALK_ID},
        {"reason": "Ill"},
    ),
    Row("rate one that is ahead", 409, (), "PUT", f"{ONE}/rating", {"id": TALK_ID}, {"rating": 5}),
    Row("confirm as a client", 403, (), "POST", f"{ONE}/confirm", {"id": TALK_ID}),
)

WANTED: Json = {"coach": COACH, "type": "talk", "starts_at": AT.isoformat()}
WRONG_TIMES = [
    ({"coach": ""}, "/coach"),
    ({"coach": "x" * 65}, "/coach"),
    ({"coach": OPERATOR}, "/coach"),
    ({"type": "a talk"}, "/type"),
    ({"type": OPERATOR}, "/type"),
    ({"starts_at": "2026-12-01"}, "/starts_at"),
    ({"starts_at": "2026-12-01T12:00:00"}, "/starts_at"),
    ({"starts_at": 1_700_000_000}, "/starts_at"),
    ({"starts_at": "0001-01-01T00:00:00Z"}, "/starts_at"),
    ({"client": COACH}, "/client"),
]
REASONS = [
    ({"reason": "x" * 1001}, "/reason"),
    ({"reason": OPERATOR}, "/reason"),
    ({"status": "cancelled"}, "/status"),
]

FLAWED: Flaws = {
    ("PATCH", AVAILABILITY): (
        {},
        [
            ({"tz": "Mars/Olympus"}, "/tz"),
            ({"weekly": [{"weekday": 8, "start": "09:00", "end": "17:00"}]}, "/weekly/0/weekday"),
            ({"weekly": [{"weekday": 1, "start": "9", "end": "17:00"}]}, "/weekly/0/start"),
            ({"weekly": [{"weekday": 1, "start": "09:00", "end": "25:00"}]}, "/weekly/0/end"),
            ({"weekly": [{"weekday": 1, "start": "17:00", "end": "09:00"}]}, "/weekly/0/end"),
            ({"weekly": OPERATOR}, "/weekly"),
            ({"overrides": {"christmas": []}}, "/overrides/christmas"),
            ({"overrides": {"2026-02-30": []}}, "/overrides/2026-02-30"),
            (
                {"overrides": {"2026-12-24": [{"start": "12:00", "end": "12:00"}]}},
                "/overrides/2026-12-24/0/end",
            ),
            ({"time_off": [{"first": "2026-12-24", "last": "2026-12-23"}]}, "/time_off/0/last"),
            ({"time_off": [{"first": "0999-12-24", "last": "2026-12-23"}]}, "/time_off/0/first"),
            (
                {"travel": [{"first": "2026-12-24", "last": "2026-12-26", "tz": "Mars"}]},
                "/travel/0/tz",
            ),
            (
                {
                    "travel": [
                        {"first": "2026-12-26", "last": "2026-12-27", "tz": "UTC"},
                        {"first": "2026-12-24", "last": "2026-12-26", "tz": "UTC"},
                    ]
                },
                "/travel/0/first",
            ),
            ({"session_types": {"talk": {"name": "", "minutes": 60}}}, "/session_types/talk/name"),
            ({"session_types": {"talk": TALK | {"minutes": 4}}}, "/session_types/talk/minutes"),
            ({"session_types": {"talk": TALK | {"modes": []}}}, "/session_types/talk/modes"),
            ({"session_types": {"talk": TALK | {"price": 1}}}, "/session_types/talk/price"),
            ({"session_types": {"a talk": TALK}}, "/session_types/a talk"),
            ({"places": {"moon": "x"}}, "/places/moon"),
            ({"places": {"video": "x" * 1001}}, "/places/video"),
            ({"bookable_by": "all"}, "/bookable_by"),
            ({"needs_confirmation": 1}, "/needs_confirmation"),
            ({"notice_minutes": -1}, "/notice_minutes"),
            ({"horizon_days": 0}, "/horizon_days"),
            ({"slot_minutes": 1}, "/slot_minutes"),
            ({"most_per_day": 0}, "/most_per_day"),
            ({"most_per_week": 1.5}, "/most_per_week"),
            ({"cancel_notice_minutes": OPERATOR}, "/cancel_notice_minutes"),
            ({"move_notice_minutes": 43_201}, "/move_notice_minutes"),
            *KEPT,
        ],
    ),
    ("POST", HOLDS): (WANTED, [*WRONG_TIMES, *KEPT]),
    ("POST", SESSIONS): (
        WANTED,
        [
            *WRONG_TIMES,
            ({"id": "cse_1"}, "/id"),
            ({"mode": "moon"}, "/mode"),
            ({"topic": "x" * 1001}, "/topic"),
            ({"status": "confirmed"}, "/status"),
            ({"place": "here"}, "/place"),
            *KEPT,
        ],
    ),
    ("PATCH", ONE): (
        {},
        [
            ({"notes": "x" * 10_001}, "/notes"),
            ({"notes": OPERATOR}, "/notes"),
            ({"status": "completed"}, "/status"),
            ({"starts_at": "2026-12-01T12:00:00Z"}, "/starts_at"),
            *KEPT,
        ],
    ),
    ("POST", f"{ONE}/move"): (
        {"starts_at": AT.isoformat()},
        [({"starts_at": "tomorrow"}, "/starts_at"), ({"coach": COACH}, "/coach"), *REASONS],
    ),
    ("POST", f"{ONE}/cancel"): ({}, REASONS),
    ("POST", f"{ONE}/decline"): ({}, REASONS),
    ("POST", f"{ONE}/complete"): (
        {},
        [
            ({"summary": "x" * 10_001}, "/summary"),
            ({"next_steps": OPERATOR}, "/next_steps"),
            ({"rating": 5}, "/rating"),
        ],
    ),
    ("PUT", f"{ONE}/rating"): (
        {"rating": 5},
        [
            ({"rating": 0}, "/rating"),
            ({"rating": 6}, "/rating"),
            ({"rating": "good"}, "/rating"),
            ({"comment": OPERATOR}, "/comment"),
            ({"client_rating": 5}, "/client_rating"),
        ],
    ),
}
MISSING: tuple[tuple[str, str, Json, str], ...] = (
    ("POST", HOLDS, {"coach": COACH, "type": "talk"}, "/starts_at"),
    ("POST", SESSIONS, {"coach": COACH, "starts_at": AT.isoformat()}, "/type"),
    ("POST", f"{ONE}/move", {}, "/starts_at"),
    ("PUT", f"{ONE}/rating", {}, "/rating"),
)


async def furnish(server: Server, person: RestClient) -> None:
    """Give *person* two sessions, and hours of their own."""
    await done(person.call("PATCH", AVAILABILITY, {"weekly": []}))
    _, coach = await coach_of(server, person)
    await done(book(person, coach, AT, id=TALK_ID))
    await done(book(person, coach, tomorrow(11, days=9), id=WALK_ID))


async def hidden(server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of a session that *stranger* has."""
    _, coach = await coach_of(server, stranger)
    await done(book(stranger, coach, AT, id=SECRET))
    return {SESSIONS: SECRET, HOLDS: coach}


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    day = NOON.date()
    yield Availability(
        id="avl_1",
        tz="Pacific/Apia",
        weekly=(WeeklyHours(1, "09:00", "17:00"),),
        overrides={"2026-12-24": (DayHours("09:00", "12:00"),)},
        time_off=(TimeOff(day, day),),
        travel=(TravelPeriod(day, day, "UTC"),),
        session_types={
            "talk": SessionType(
                name="canary",
                description="canary",
                minutes=60,
                modes=("video", "in_person"),
                buffer_before=5,
                buffer_after=10,
                is_offered=False,
            )
        },
        places={"video": "canary"},
        bookable_by="everyone",
        needs_confirmation=True,
        notice_minutes=1,
        horizon_days=2,
        slot_minutes=30,
        most_per_day=4,
        most_per_week=5,
        cancel_notice_minutes=6,
        move_notice_minutes=7,
        **base,
    )
    times: Json = {
        "type": "talk",
        "starts_at": NOON,
        "ends_at": NOON,
        "blocked_from": NOON,
        "blocked_to": NOON,
    }
    yield SlotHold(id="hld_1", client="usr_2", expires_at=NOON, **times, **base)
    yield CoachingSession(
        id="cse_1",
        role="coach",
        other="usr_2",
        other_name="canary",
        title="canary",
        mode="chat",
        status="completed",
        topic="canary",
        place="canary",
        cancel_until=NOON,
        move_until=NOON,
        sequence=3,
        reason="canary",
        ended_by="client",
        started_at=NOON,
        finished_at=NOON,
        missing="client",
        summary="canary",
        next_steps="canary",
        notes="canary",
        rating=5,
        comment="canary",
        client_rating=4,
        client_comment="canary",
        **times,
        **base,
    )


ROWS = ContextRows(
    name="scheduling",
    writes=WRITES,
    elsewhere=frozenset(  # what concerns two people: see test_booking.py and test_sessions.py
        {
            ("PATCH", AVAILABILITY),
            ("POST", HOLDS),
            ("DELETE", f"{HOLDS}/{{coach}}"),
            ("POST", SESSIONS),
            *(
                ("POST", f"{ONE}/{verb}")
                for verb in ("move", "decline", "start", "complete", "no-show")
            ),
        }
    ),
    furnish=furnish,
    ids={SESSIONS: TALK_ID, HOLDS: COACH},
    hidden=hidden,
    flawed=FLAWED,
    missing=MISSING,
    lists={SESSIONS: 100},
    full=full,
)
