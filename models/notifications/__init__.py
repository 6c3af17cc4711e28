"""Notifications: what a person is told of, where, and when."""

from models.access.model_context import ModelContext
from models.access.permissions import Permission
from models.notifications.mails import (
    MOST_NAMED,
    LoginNoticesOffMail,
    NamedNotification,
    NotificationDigestMail,
    NotificationMail,
)
from models.notifications.notification import (
    NewNotification,
    Notification,
    NotificationDraft,
    notification_id,
)
from models.notifications.occasions import Occasion, has_moved, moves_the_night, occasion_of
from models.notifications.preferences import (
    ChosenChannels,
    NotificationPreferences,
    PreferencesDraft,
    StopReason,
    preferences_id,
)
from models.notifications.push_device import NewPushDevice, PushDevice, PushDeviceDraft
from models.notifications.timers import TIMERS, OwnTime
from models.notifications.types import TYPES, NotificationType

CONTEXT = ModelContext(
    content=(Notification, NotificationPreferences, PushDevice),
    mails=(NotificationMail, NotificationDigestMail, LoginNoticesOffMail),
    permissions={
        "notifications:read": Permission(
            "see your notifications, which name habits, goals, tasks and people, "
            "and when you get any"
        ),
        "notifications:write": Permission(
            "mark and delete your notifications, and choose when you get any"
        ),
    },
    timers=TIMERS,
)

__all__ = [
    "CONTEXT",
    "MOST_NAMED",
    "TYPES",
    "ChosenChannels",
    "LoginNoticesOffMail",
    "NamedNotification",
    "NewNotification",
    "NewPushDevice",
    "Notification",
    "NotificationDigestMail",
    "NotificationDraft",
    "NotificationMail",
    "NotificationPreferences",
    "NotificationType",
    "Occasion",
    "OwnTime",
    "PreferencesDraft",
    "PushDevice",
    "PushDeviceDraft",
    "StopReason",
    "has_moved",
    "moves_the_night",
    "notification_id",
    "occasion_of",
    "preferences_id",
]
