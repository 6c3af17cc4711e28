"""Creates the services and their dependencies from the settings."""

import datetime as dt
from urllib.parse import urlsplit

from config.setting_rows import SettingsError
from config.settings import Settings
from models.base.clock import utc_now
from models.base.errors import Invalid
from models.base.metrics import Metrics
from upcoach.node.process.lookups import OPERATORS
from upcoach.node.process.outbound import Outbound
from upcoach.node.push_services import PushServices
from upcoach.services.account.federation import providers_of
from upcoach.services.base.dependencies import Configuration, Dependencies
from upcoach.services.base.mail import Mailer, MailFolder, Smtp
from upcoach.services.base.mail.mail_links import MailLinks
from upcoach.services.base.mail.report_tokens import ReportTokens
from upcoach.services.base.time_zones import TimeZones
from upcoach.services.base.timers import TimerRunner
from upcoach.services.contexts import Services, make_services
from upcoach.store.base.database import Database
from upcoach.store.collections.documents import Documents
from upcoach.store.log.event_log import EventLog
from upcoach.store.outbox.outboxes import Outboxes
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.committer import Committer
from upcoach.store.write.timers import Timers


class Assembly:
    """All services, the mailer and the outbound HTTP clients."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        masters: MasterKeys,
        keyring: KeyRing,
        log: EventLog,
        committer: Committer,
        outboxes: Outboxes,
        metrics: Metrics,
    ) -> None:
        # The files that mails are in where there is no mail server, which is in development.
        folder = MailFolder(settings.mail_folder, settings.mail_from)
        self.mailbox = None if settings.smtp_url else folder
        carrier = self.mailbox or _smtp(settings)
        report_tokens = ReportTokens(settings.index_key, utc_now)
        self.mail = Mailer(outboxes.mail, carrier, report_tokens, utc_now)
        loopback = settings.environment == "development"
        self.outbound = Outbound(loopback=loopback, bounds=OPERATORS)
        self.chosen_outbound = Outbound(loopback=loopback)  # to URLs that people chose
        self.push = PushServices(settings, self.outbound, self.chosen_outbound)
        documents = Documents(database, keyring)
        self.timers = TimerRunner(Timers(database, utc_now), documents, utc_now, metrics)
        dependencies = Dependencies(
            configuration=_configuration(settings),
            database=database,
            documents=documents,
            committer=committer,
            log=log,
            masters=masters,
            keyring=keyring,
            once=OneTimeTokens(database, utc_now),
            mail=self.mail,
            links=MailLinks(settings.issuer),
            pushing=self.push.pushing(outboxes.push),
            timers=self.timers,
            zones=TimeZones(documents),
            fetch=self.outbound,
            poster=self.chosen_outbound,
            clock=utc_now,
        )
        self.services: Services = make_services(dependencies)
        self.timers.require_handlers()


def check_providers(settings: Settings) -> None:
    """Refuse providers that are wrong, before anything is started for them."""
    try:
        providers_of(settings.providers)
    except Invalid as flaw:
        raise SettingsError(f"UPCOACH_PROVIDERS is wrong: {flaw.detail}") from None


def _smtp(settings: Settings) -> Smtp:
    return Smtp(settings.smtp_url or "", settings.mail_from, settings.mail_bounces_address)


def _configuration(settings: Settings) -> Configuration:
    return Configuration(
        secret=settings.index_key,
        issuer=settings.issuer,
        token_lifetime=dt.timedelta(minutes=settings.token_minutes),
        factor_delay=dt.timedelta(hours=settings.factor_delay_h),
        passkey_domain=settings.passkey_domain or urlsplit(settings.issuer).hostname or "",
        passkey_origins=settings.passkey_origins,
        web_origins=settings.web_origins,
        providers=settings.providers,
        checkpoints=settings.audit_checkpoints,
    )
