"""What the laws try of notifications."""

from collections.abc import Iterator

from models.base.document import Document
from models.base.merge_patch import Json
from models.notifications import Notification, NotificationPreferences
from models.notifications.preferences import ChannelChoice, QuietHours
from tests.notifications.writing import NOTIFICATIONS, ONE, PREFERENCES, new, tell
from tests.support.laws.context import NOON, ContextRows, Flaws
from tests.support.laws.flaws import KEPT, OPERATOR
from tests.support.laws.snapshots import CHANGED, DELETED, UNCHANGED, Row
from tests.support.server import Server
from tests.support.wire.answers import done
from upcoach.client import RestClient

TAXES = "ntf_01a20c66-99df-85bd-8f37-3328887fd911"
PLANTS = "ntf_01a20c66-99df-85bd-8f37-3328887fd912"
LAUNDRY = "ntf_01a20c66-99df-85bd-8f37-3328887fd913"
NOTHING = "ntf_01a20c66-99df-85bd-8f37-3328887fd914"
UPDATED, GONE = ("notification.updated",), ("notification.deleted",)
SECRET = "ntf_01a20c66-99df-85bd-8f37-3328887fd915"

WRITES = (
    Row("read one", CHANGED, UPDATED, "PATCH", ONE, {"id": TAXES}, {"read": True}, 1),
    Row(
        "take back that it was read",
        CHANGED,
        UPDATED,
        "PATCH",
        ONE,
        {"id": TAXES},
        {"read": False},
        2,
        {"read": True},
    ),
    Row(
        "snooze one",
        CHANGED,
        UPDATED,
        "PATCH",
        ONE,
        {"id": PLANTS},
        {"snoozed_until": "2026-01-05T09:00:00+01:00"},
        1,
    ),
    Row(
        "read one that another device has seen",
        CHANGED,
        UPDATED,
        "PATCH",
        ONE,
        {"id": PLANTS},
        {"read": True},
        1,
        {"seen": True},
    ),
    Row("delete one", DELETED, GONE, "DELETE", ONE, {"id": LAUNDRY}),
    Row("see all", CHANGED, UPDATED, "POST", f"{NOTIFICATIONS}/seen-all"),
    Row("read all", CHANGED, UPDATED, "POST", f"{NOTIFICATIONS}/read-all"),
    Row("leave one unread", UNCHANGED, (), "PATCH", ONE, {"id": TAXES}, {"read": False}, 1),
    Row("read one that is not", 404, (), "PATCH", ONE, {"id": NOTHING}, {"read": True}, 1),
    Row("delete one that is not", 404, (), "DELETE", ONE, {"id": NOTHING}),
)

FLAWED: Flaws = {
    ("PATCH", ONE): (
        {},
        [
            ({"read": "yes"}, "/read"),
            ({"read": 1}, "/read"),
            ({"seen": OPERATOR}, "/seen"),
            ({"snoozed_until": "tomorrow"}, "/snoozed_until"),
            ({"snoozed_until": "2026-01-05T12:00:00"}, "/snoozed_until"),
            ({"snoozed_until": "2999-01-01T00:00:00Z"}, "/snoozed_until"),
            ({"read_at": "2026-01-05T12:00:00Z"}, "/read_at"),
            ({"title": "You have won"}, "/title"),
            ({"link": "https://example.org"}, "/link"),
            ({"expires_at": "2999-01-01T00:00:00Z"}, "/expires_at"),
            ({"key": "x"}, "/key"),
            *KEPT,
        ],
    ),
    ("PATCH", PREFERENCES): (
        {},
        [
            ({"channels": {"weather": {"mail": True}}}, "/channels/weather"),
            ({"channels": {"task_due": {"fax": True}}}, "/channels/task_due/fax"),
            ({"channels": {"task_due": {"mail": "yes"}}}, "/channels/task_due/mail"),
            ({"channels": OPERATOR}, "/channels/$gt"),
            ({"quiet_hours": {"start": "25:00"}}, "/quiet_hours/start"),
            ({"quiet_hours": {"start": "08:00"}}, "/quiet_hours/end"),
            ({"quiet_hours": {"end": "8"}}, "/quiet_hours/end"),
            ({"quiet_hours": {"on": 1}}, "/quiet_hours/on"),
            ({"hold_own_times": "no"}, "/hold_own_times"),
            ({"digest": OPERATOR}, "/digest"),
            ({"mood_check_in": "20:60"}, "/mood_check_in"),
            ({"journal_prompt": 20}, "/journal_prompt"),
            ({"daily_summary": "\u0662\u0660:00"}, "/daily_summary"),
            ({"tz": "UTC"}, "/tz"),
            *KEPT,
        ],
    ),
}


async def furnish(server: Server, person: RestClient) -> None:
    """Give *person* three notifications, and preferences."""
    await done(person.call("PATCH", PREFERENCES, {"digest": True}))
    await tell(server, person, *map(new, (TAXES, PLANTS, LAUNDRY)))


async def hidden(server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of a notification that *stranger* has."""
    await tell(server, stranger, new(SECRET))
    return {NOTIFICATIONS: SECRET}


def full(base: Json) -> Iterator[Document]:
    """A document of each kind, with every field filled."""
    yield Notification(
        id="ntf_1",
        type="task_due",
        title="canary",
        body="canary",
        data={"title": "canary"},
        link="/tasks/tsk_1",
        about="tsk_1",
        read=True,
        read_at=NOON,
        seen=True,
        seen_at=NOON,
        snoozed_until=NOON,
        expires_at=NOON,
        key="task:tsk_1",
        **base,
    )
    yield NotificationPreferences(
        id="npr_1",
        tz="Pacific/Apia",
        channels={"task_due": ChannelChoice(mail=True, push=False)},
        quiet_hours=QuietHours(on=False, start="22:00", end="07:00"),
        hold_own_times=True,
        digest=False,
        mood_check_in="20:00",
        journal_prompt="21:00",
        daily_summary="22:00",
        **base,
    )


ROWS = ContextRows(
    name="notifications",
    writes=WRITES,
    elsewhere=frozenset({("PATCH", PREFERENCES)}),  # see test_preferences.py
    furnish=furnish,
    ids={NOTIFICATIONS: TAXES},
    hidden=hidden,
    flawed=FLAWED,
    lists={NOTIFICATIONS: 100},
    full=full,
    deleted={"notification": "/v1/notifications/{}"},
    counted=(f"{NOTIFICATIONS}/unread-count",),
)
