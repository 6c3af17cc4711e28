"""The services, made of their parts: who is who first, then what people do."""

import atexit
import datetime as dt
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from config.settings import Settings, SettingsError
from models.base.clock import utc_now
from models.base.errors import Invalid
from upcoach.node.process.outbound import Outbound
from upcoach.services.account.email.users_by_email import Directory
from upcoach.services.account.factors.notices import FactorNotices
from upcoach.services.account.factors.relying_party import Party
from upcoach.services.account.factors.waiting import WaitingPeriod
from upcoach.services.account.federation import Provider, providers_of
from upcoach.services.account.federation.linking import Linking
from upcoach.services.account.passwords import Passwords
from upcoach.services.account.sessions.arrivals import Arrivals
from upcoach.services.account.sessions.keys import Keys
from upcoach.services.account.sessions.revocations import Revocations
from upcoach.services.account.sessions.tokens import Tokens
from upcoach.services.audit.audit_signing import Seals
from upcoach.services.base.mail import Folder, Mail, Smtp
from upcoach.services.base.mail_links import Links
from upcoach.services.contexts import (
    Accounts,
    Additions,
    Audit,
    Browsers,
    EntryShares,
    Federation,
    GoalPoints,
    Goals,
    GoalTemplates,
    HabitReports,
    Habits,
    Imports,
    Insights,
    Invitations,
    JournalEntries,
    Journals,
    KnownDevices,
    Logins,
    Moods,
    Moves,
    NewPasswords,
    Positions,
    Prompts,
    Resets,
    SecondFactors,
    Services,
    Sessions,
    Shares,
    Snapshots,
    SteppingUp,
    Tasks,
    Templates,
    UnsavedEntries,
    Vacations,
    Verification,
)
from upcoach.services.imports.workers import ForkServer, Workers
from upcoach.services.journal.trash import Trash
from upcoach.services.oauth import Grants, OAuth
from upcoach.services.oauth.base.clients import Clients
from upcoach.store.aggregates.histories import Histories
from upcoach.store.aggregates.tallies import Tallies
from upcoach.store.base.database import Database
from upcoach.store.collections.audit import AuditStore
from upcoach.store.collections.clients import ClientStore
from upcoach.store.collections.documents import Documents
from upcoach.store.collections.positions import PositionStore
from upcoach.store.log.event_log import EventLog
from upcoach.store.log.log_redaction import Forgetting
from upcoach.store.secrets.keyring import KeyRing, MasterKeys
from upcoach.store.secrets.one_time_tokens import Once
from upcoach.store.secrets.refresh_generations import Rotations
from upcoach.store.secrets.signing import SigningStore
from upcoach.store.write.committer import Committer
from upcoach.store.write.mail_outbox import Outbox

# One for all nodes of this process, since it takes a second to start: the interpreter that it
# spares is one, too.
FILE_READERS: Final = ForkServer()
atexit.register(FILE_READERS.close)


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the services stand on."""

    settings: Settings
    database: Database
    masters: MasterKeys
    keyring: KeyRing
    log: EventLog
    committer: Committer
    outbox: Outbox


class Assembly:
    """Every service, and the parts of them that a node keeps going."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._documents = Documents(ground.database, ground.keyring)
        self._once = Once(ground.database, utc_now)
        self._entry_shares = EntryShares(self._documents, ground.committer, utc_now)
        self.passwords = Passwords(ground.settings.index_key)
        self.keys = Keys(SigningStore(ground.database, ground.masters), utc_now)
        lifetime = dt.timedelta(minutes=ground.settings.token_minutes)
        self.revocations = Revocations(self._documents, lifetime, utc_now)
        rotations = Rotations(ground.database)
        self.arrivals = Arrivals(rotations)
        self._tokens = Tokens(
            self.keys,
            ground.settings.issuer,
            lifetime,
            self.revocations,
            utc_now,
            self.arrivals.note,
        )
        self._sessions = Sessions(
            self._documents,
            ground.committer,
            self._tokens,
            rotations,
            utc_now,
            key=ground.settings.index_key,
        )
        self.directory = Directory(self._documents, self._once, ground.settings.index_key)
        self._links = Links(ground.settings.issuer)
        self.mailbox = self._make_mailbox()
        self.mail = self._make_mail()
        self.outbound = Outbound(loopback=ground.settings.environment == "development")
        self._additions = Additions(
            self._documents, ground.committer, self._sessions, self._once, self.mail, self._links
        )
        self._waiting = WaitingPeriod(dt.timedelta(hours=ground.settings.factor_delay_h))
        self._factors = self._make_factors()
        self._logins = Logins(self._documents, self._sessions, self._factors, self._once, utc_now)
        self.trash = self._make_trash()
        self.services = self._make_services()

    def _make_services(self) -> Services:
        documents, committer = self._documents, self._ground.committer
        database, log = self._ground.database, self._ground.log
        tallies = Tallies(database, self._ground.keyring)
        goals = Goals(documents, committer, tallies, log)
        new_passwords = self._make_new_passwords()
        federation, oauth = self._make_federation(), self._make_oauth()
        if federation.offers:
            oauth.federate(federation, utc_now)
        return Services(
            accounts=self._make_accounts(),
            additions=self._additions,
            federation=federation,
            audit=self._make_audit(),
            browsers=Browsers(self._once, self._sessions, key=self._ground.settings.index_key),
            goals=goals,
            goal_points=GoalPoints(documents, committer, goals),
            goal_templates=GoalTemplates(documents, committer),
            entry_shares=self._entry_shares,
            factors=self._factors,
            habits=Habits(documents, committer, utc_now),
            habit_reports=HabitReports(documents, Histories(database), utc_now),
            imports=Imports(documents, committer, Workers(FILE_READERS), utc_now),
            insights=Insights(documents, committer),
            invitations=Invitations(documents, committer, self._once, utc_now),
            journal=JournalEntries(documents, committer, log, utc_now),
            journals=Journals(documents, committer),
            logins=self._logins,
            known=KnownDevices(self._ground.settings.index_key),
            moods=Moods(documents, committer, tallies, utc_now),
            moves=self._make_moves(),
            new_passwords=new_passwords,
            oauth=oauth,
            positions=Positions(PositionStore(database), utc_now),
            prompts=Prompts(documents),
            resets=self._make_resets(new_passwords),
            sessions=self._sessions,
            shares=Shares(documents, committer, log),
            snapshots=Snapshots(documents),
            stepping_up=SteppingUp(documents, self.passwords, self._factors, self._sessions),
            tasks=Tasks(documents, committer, tallies, utc_now),
            templates=Templates(documents, committer),
            unsaved=UnsavedEntries(documents, committer),
            vacations=Vacations(documents, committer),
            verification=self._make_verification(),
        )

    def _make_accounts(self) -> Accounts:
        return Accounts(
            self._documents,
            self._ground.committer,
            self.passwords,
            self._logins,
            self.directory,
            self.mail,
        )

    def _make_audit(self) -> Audit:
        settings = self._ground.settings
        store, seals = AuditStore(self._ground.database), Seals(settings.index_key)
        return Audit(store, seals, utc_now, settings.audit_checkpoints)

    def _make_new_passwords(self) -> NewPasswords:
        return NewPasswords(
            self._documents,
            self.passwords,
            self._sessions,
            self.mail,
            self._links,
            self._factors.tries,
        )

    def _make_resets(self, new_passwords: NewPasswords) -> Resets:
        return Resets(
            self._documents, self.directory, new_passwords, self._once, self.mail, self._links
        )

    def _make_verification(self) -> Verification:
        committer = self._ground.committer
        return Verification(
            self._documents, committer, self.directory, self._once, self.mail, self._links
        )

    def _make_moves(self) -> Moves:
        return Moves(
            self._documents,
            self._ground.committer,
            self.directory,
            self._once,
            self.mail,
            self._links,
            self._sessions,
            utc_now,
        )

    def _make_federation(self) -> Federation:
        settings = self._ground.settings
        linking = Linking(
            self._documents,
            self._ground.committer,
            self._sessions,
            self.directory,
            self._once,
            self.mail,
            self._links,
            self._additions,
            self._waiting,
            utc_now,
            key=settings.index_key,
        )
        return Federation(
            _providers(settings),
            linking,
            self._logins,
            self._sessions,
            self._once,
            self.outbound,
            settings.issuer,
            utc_now,
        )

    def _make_mailbox(self) -> Folder | None:
        """The files that mails are in where there is no mail server, which is in development."""
        settings = self._ground.settings
        return None if settings.smtp_url else Folder(settings.data / "mail", settings.mail_from)

    def _make_mail(self) -> Mail:
        settings = self._ground.settings
        carrier = self.mailbox or Smtp(settings.smtp_url or "", settings.mail_from)
        return Mail(self._ground.outbox, carrier, utc_now)

    def _make_factors(self) -> SecondFactors:
        settings = self._ground.settings
        party = Party(
            domain=settings.passkey_domain or urlsplit(settings.issuer).hostname or "",
            origins=(settings.issuer, *settings.passkey_origins),
        )
        return SecondFactors(
            self._documents,
            self._ground.committer,
            self._once,
            utc_now,
            FactorNotices(self._documents, self.mail, self._links, self._additions),
            party=party,
            key=settings.index_key,
            waiting=self._waiting,
        )

    def _make_oauth(self) -> OAuth:
        database, secret = self._ground.database, self._ground.settings.index_key
        issuer = self._tokens.issuer
        return OAuth(
            clients=Clients(ClientStore(database), self._once, issuer, utc_now, key=secret),
            once=self._once,
            documents=self._documents,
            sessions=self._sessions,
            logins=self._logins,
            grants=Grants(self._documents, self._ground.committer, self._sessions, self._additions),
            tokens=self._tokens,
            keys=self.keys,
            clock=utc_now,
            key=secret,
        )

    def _make_trash(self) -> Trash:
        ground = self._ground
        forgetting = Forgetting(ground.database, ground.keyring, ground.log)
        return Trash(self._documents, ground.committer, forgetting, self._entry_shares, utc_now)


def _providers(settings: Settings) -> dict[str, Provider]:
    try:
        return providers_of(settings.providers)
    except Invalid as flaw:
        raise SettingsError(f"UPCOACH_PROVIDERS is wrong: {flaw.detail}") from None
