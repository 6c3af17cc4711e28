"""Notifications: what people are told of, and how they want to be."""

from typing import Self

import msgspec

from models.base.jobs import PeriodicJob
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.notifications.expiry import NotificationExpiry
from upcoach.services.notifications.notifications import Notifications
from upcoach.services.notifications.preferences import Preferences

__all__ = ["NotificationServices", "Notifications", "Preferences"]


class NotificationServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of notifications."""

    notifications: Notifications
    preferences: Preferences
    expiry: NotificationExpiry

    @property
    def jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic deletion of old notifications."""
        return self.expiry.jobs

    @classmethod
    def make(cls, dependencies: Dependencies) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        return cls(
            notifications=Notifications(documents, committer, dependencies.clock),
            preferences=Preferences(documents, committer),
            expiry=NotificationExpiry(documents, committer, dependencies.clock),
        )
