"""What the laws try of notifications."""

from collections.abc import Iterator

from models.base.document import Document
from models.base.merge_patch import Json
from models.notifications import Notification, NotificationPreferences, PushDevice
from models.notifications.preferences import ChannelChoice, QuietHours
from tests.notifications.devices import DEVICE, DEVICES, phone, registered, subscription
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
    ("POST", DEVICES): (
        phone("token-of-a-phone"),
        [
            ({"platform": "fax"}, "/platform"),
            ({"platform": OPERATOR}, "/platform"),
            ({"platform": "web"}, "/token"),
            ({"token": "short"}, "/token"),
            ({"token": "x" * 1025}, "/token"),
            ({"token": "../../device/other-token"}, "/token"),
            ({"token": "token-of-a-phone\n"}, "/token"),
            ({"token": OPERATOR}, "/token"),
            ({"token": None}, "/token"),
            ({"subscription": subscription("https://push.example.org/x")}, "/subscription"),
            ({"name": ""}, "/name"),
            ({"name": "x" * 101}, "/name"),
            ({"app_version": "x" * 51}, "/app_version"),
            ({"session": "ses_1"}, "/session"),
            ({"token_hash": "x"}, "/token_hash"),
            ({"id": "psd_1"}, "/id"),
            *KEPT,
        ],
    ),
    ("PATCH", DEVICE): (
        {},
        [
            ({"platform": "web"}, "/platform"),
            ({"token": "short"}, "/token"),
            ({"subscription": {"endpoint": "https://push.example.org"}}, "/subscription/p256dh"),
            ({"subscription": OPERATOR}, "/subscription/$gt"),
            ({"name": ""}, "/name"),
            ({"app_version": ""}, "/app_version"),
            ({"session": "ses_1"}, "/session"),
            *KEPT,
        ],
    ),
}
MISSING = (("POST", DEVICES, {"token": "token-of-a-phone"}, "/platform"),)


async def furnish(server: Server, person: RestClient) -> None:
    """Give *person* three notifications, and preferences."""
    await done(person.call("PATCH", PREFERENCES, {"digest": True}))
    await tell(server, person, *map(new, (TAXES, PLANTS, LAUNDRY)))


async def hidden(server: Server, stranger: RestClient) -> dict[str, str]:
    """The id of a notification that *stranger* has."""
    await tell(server, stranger, new(SECRET))
    device = await registered(stranger, phone("token-of-a-stranger"))
    return {NOTIFICATIONS: SECRET, DEVICES: device}


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
        held_until=NOON,
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
        mail_stopped_at=NOON,
        mail_stopped_because="bounce",
        **base,
    )
    yield PushDevice(
        id="psd_1",
        platform="web",
        name="canary",
        app_version="1.2.3",
        token="canary",
        p256dh="canary",
        auth="canary",
        token_hash="00",
        session="ses_1",
        registered_at=NOON,
        **base,
    )


ROWS = ContextRows(
    name="notifications",
    writes=WRITES,
    elsewhere=frozenset({("PATCH", PREFERENCES)}),  # see test_preferences.py
    furnish=furnish,
    ids={NOTIFICATIONS: TAXES, DEVICES: "psd_01a20c66-99df-75bd-8f37-3328887fd981"},
    hidden=hidden,
    flawed=FLAWED,
    lists={NOTIFICATIONS: 100},
    full=full,
    deleted={"notification": "/v1/notifications/{}", "push_device": "/v1/push-devices/{}"},
    missing=MISSING,
    alone=frozenset({("POST", DEVICES), ("PATCH", DEVICE), ("DELETE", DEVICE)}),
    counted=(f"{NOTIFICATIONS}/unread-count",),
)
