"""Notifications: what people are told of, and how they want to be."""

from typing import Self

import msgspec

from models.base.messages.mail import Mail
from models.base.periodic_jobs import PeriodicJob
from models.notifications import LoginNoticesOffMail, NotificationDigestMail, NotificationMail
from upcoach.services.audit import AuditServices
from upcoach.services.base.dependencies import Dependencies
from upcoach.services.base.mail.mail_links import FORGOT
from upcoach.services.base.mail.texts import login_notices_off
from upcoach.services.goals import GoalServices
from upcoach.services.habits import HabitServices
from upcoach.services.journal import JournalServices
from upcoach.services.notifications.base.notifying import (
    NotificationRequest,
    NotificationSender,
    notify,
)
from upcoach.services.notifications.expiry import NotificationExpiry
from upcoach.services.notifications.mail_stops import MailStops
from upcoach.services.notifications.notification_mails import NotificationMails
from upcoach.services.notifications.notifications import Notifications
from upcoach.services.notifications.occasions import Occasions
from upcoach.services.notifications.preferences import Preferences
from upcoach.services.notifications.push_devices import PushDevices
from upcoach.services.notifications.pusher import Pusher
from upcoach.services.notifications.reminders import register_reminders
from upcoach.services.notifications.reminders.held_back import HeldNotifications
from upcoach.store.collections.push_failures import PushFailures
from upcoach.store.secrets.refresh_generations import RefreshGenerations

__all__ = [
    "NotificationMails",
    "NotificationRequest",
    "NotificationServices",
    "Notifications",
    "Preferences",
    "notify",
]


class NotificationServices(msgspec.Struct, frozen=True, kw_only=True):
    """The services of notifications.

    Attributes
    ----------
    web_app
        The origin of the web app, into which links lead; empty without one.

    """

    sender: NotificationSender
    notifications: Notifications
    preferences: Preferences
    occasions: Occasions
    held: HeldNotifications
    expiry: NotificationExpiry
    mails: NotificationMails
    mail_stops: MailStops
    push_devices: PushDevices
    pusher: Pusher
    web_app: str

    @property
    def periodic_jobs(self) -> tuple[PeriodicJob, ...]:
        """The periodic deletion of old notifications, and the delivery of pushes."""
        return (*self.expiry.periodic_jobs, *self.pusher.periodic_jobs)

    @classmethod
    def make(
        cls,
        dependencies: Dependencies,
        habits: HabitServices,
        goals: GoalServices,
        journal: JournalServices,
        audit: AuditServices,
    ) -> Self:
        documents, committer = dependencies.documents, dependencies.committer
        pushing, clock = dependencies.pushing, dependencies.clock
        secret = dependencies.configuration.secret
        devices = PushDevices(documents, committer, pushing, secret)
        rotations = RefreshGenerations(dependencies.database)
        failures = PushFailures(dependencies.database)
        preferences = Preferences(documents, committer)
        web_apps = dependencies.configuration.web_origins
        app = web_apps[0] if web_apps else ""
        links = dependencies.links
        mails = NotificationMails(documents, preferences, links, app, secret, clock)
        dependencies.mail.writes(NotificationMail, mails.write)
        dependencies.mail.writes(NotificationDigestMail, mails.write_digest)

        async def notices_off(request: LoginNoticesOffMail) -> Mail:
            return login_notices_off(request.to, links.to(FORGOT))

        dependencies.mail.writes(LoginNoticesOffMail, notices_off)
        tokens = dependencies.mail.report_tokens
        stops = MailStops(documents, preferences, tokens, audit)
        dependencies.mail.on_bounce = stops.take_bounce
        sender = NotificationSender(committer)
        held = HeldNotifications(documents, committer)
        register_reminders(dependencies, sender, held, habits, goals, journal)
        return cls(
            web_app=app,
            sender=sender,
            mails=mails,
            mail_stops=stops,
            push_devices=devices,
            pusher=Pusher(documents, rotations, failures, devices, pushing, clock),
            notifications=Notifications(documents, committer, dependencies.clock),
            preferences=preferences,
            occasions=Occasions(documents, committer, habits.habit_reports, clock),
            held=held,
            expiry=NotificationExpiry(documents, committer, dependencies.clock),
        )
