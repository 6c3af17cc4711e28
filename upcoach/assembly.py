"""The services, made of their parts: who is who first, then what people do."""

import datetime as dt
from dataclasses import dataclass

from config.settings import Settings
from models.clock import utc_now
from upcoach.services import (
    Accounts,
    Audit,
    Browsers,
    EntryShares,
    GoalPoints,
    Goals,
    GoalTemplates,
    HabitReports,
    Habits,
    Imports,
    Insights,
    JournalEntries,
    Journals,
    KnownDevices,
    Moods,
    Positions,
    Prompts,
    Services,
    Sessions,
    Shares,
    Snapshots,
    Tasks,
    Templates,
    UnsavedEntries,
    Vacations,
)
from upcoach.services.keys import Keys
from upcoach.services.logins import Logins
from upcoach.services.oauth import Grants, OAuth
from upcoach.services.oauth.clients import Clients
from upcoach.services.passwords import Passwords
from upcoach.services.revocations import Revocations
from upcoach.services.seals import Seals
from upcoach.services.tokens import Tokens
from upcoach.services.trash import Trash
from upcoach.store.audit import AuditStore
from upcoach.store.clients import ClientStore
from upcoach.store.committer import Committer
from upcoach.store.database import Database
from upcoach.store.documents import Documents
from upcoach.store.forgetting import Forgetting
from upcoach.store.histories import Histories
from upcoach.store.keyring import KeyRing, MasterKeys
from upcoach.store.log import EventLog
from upcoach.store.once import Once
from upcoach.store.positions import PositionStore
from upcoach.store.rotations import Rotations
from upcoach.store.signing import SigningStore
from upcoach.store.tallies import Tallies


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What the services stand on."""

    settings: Settings
    database: Database
    masters: MasterKeys
    keyring: KeyRing
    log: EventLog
    committer: Committer


class Assembly:
    """Every service, and the parts of them that a node keeps going."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._documents = Documents(ground.database, ground.keyring)
        self._once = Once(ground.database, utc_now)
        self._entry_shares = EntryShares(self._documents, ground.committer, utc_now)
        self.passwords = Passwords()
        self.keys = Keys(SigningStore(ground.database, ground.masters), utc_now)
        lifetime = dt.timedelta(minutes=ground.settings.token_minutes)
        self.revocations = Revocations(self._documents, lifetime, utc_now)
        self._tokens = Tokens(
            self.keys, ground.settings.issuer, lifetime, self.revocations, utc_now
        )
        self._sessions = Sessions(
            self._documents,
            ground.committer,
            self._tokens,
            Rotations(ground.database),
            utc_now,
            key=ground.settings.index_key,
        )
        self.trash = self._make_trash()
        self.services = self._make_services()

    def _make_services(self) -> Services:
        documents, committer = self._documents, self._ground.committer
        database, log = self._ground.database, self._ground.log
        tallies = Tallies(database, self._ground.keyring)
        goals = Goals(documents, committer, tallies, log)
        return Services(
            accounts=self._make_accounts(),
            audit=self._make_audit(),
            browsers=Browsers(self._once, self._sessions, key=self._ground.settings.index_key),
            goals=goals,
            goal_points=GoalPoints(documents, committer, goals),
            goal_templates=GoalTemplates(documents, committer),
            entry_shares=self._entry_shares,
            habits=Habits(documents, committer, utc_now),
            habit_reports=HabitReports(documents, Histories(database), utc_now),
            imports=Imports(documents, committer, utc_now),
            insights=Insights(documents, committer),
            journal=JournalEntries(documents, committer, log, utc_now),
            journals=Journals(documents, committer),
            known=KnownDevices(self._ground.settings.index_key),
            moods=Moods(documents, committer, tallies, utc_now),
            oauth=self._make_oauth(),
            positions=Positions(PositionStore(database), utc_now),
            prompts=Prompts(documents),
            sessions=self._sessions,
            shares=Shares(documents, committer, log),
            snapshots=Snapshots(documents),
            tasks=Tasks(documents, committer, tallies, utc_now),
            templates=Templates(documents, committer),
            unsaved=UnsavedEntries(documents, committer),
            vacations=Vacations(documents, committer),
        )

    def _make_accounts(self) -> Accounts:
        return Accounts(
            self._documents,
            self._ground.committer,
            self.passwords,
            Logins(self._sessions),
            index_key=self._ground.settings.index_key,
        )

    def _make_audit(self) -> Audit:
        settings = self._ground.settings
        store, seals = AuditStore(self._ground.database), Seals(settings.index_key)
        return Audit(store, seals, utc_now, settings.audit_checkpoints)

    def _make_oauth(self) -> OAuth:
        database, secret = self._ground.database, self._ground.settings.index_key
        issuer = self._tokens.issuer
        return OAuth(
            clients=Clients(ClientStore(database), self._once, issuer, utc_now, key=secret),
            once=self._once,
            documents=self._documents,
            sessions=self._sessions,
            grants=Grants(self._documents, self._ground.committer, self._sessions),
            tokens=self._tokens,
            keys=self.keys,
            clock=utc_now,
            key=secret,
        )

    def _make_trash(self) -> Trash:
        ground = self._ground
        forgetting = Forgetting(ground.database, ground.keyring, ground.log)
        return Trash(self._documents, ground.committer, forgetting, self._entry_shares, utc_now)
