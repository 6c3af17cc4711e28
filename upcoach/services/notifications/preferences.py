"""The notification preferences of people."""

import datetime as dt

import msgspec

from models.access.scope import Scope
from models.account import User, normalised_email
from models.base.merge_patch import Json, merged
from models.base.validation import checked
from models.base.versions.version_conditions import needs_document
from models.notifications import (
    LoginNoticesOffMail,
    NotificationPreferences,
    PreferencesDraft,
    StopReason,
    preferences_id,
)
from upcoach.services.base.merging import Edit, edited
from upcoach.services.base.resources import write_outcome
from upcoach.services.base.rules import revising
from upcoach.services.base.time_zones import account_ref, zone_of_owner
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import MissingDocument
from upcoach.store.write.outcomes import Outcome, WriteResult
from upcoach.store.write.refs import BaseVersion, Ref
from upcoach.store.write.requests import Mutation, Write

_revised = revising(PreferencesDraft, NotificationPreferences.revised)


class Preferences:
    """Where and when people are notified."""

    def __init__(self, documents: Documents, committer: Committer) -> None:
        self._documents = documents
        self._committer = committer

    async def get(self, scope: Scope) -> NotificationPreferences:
        """The caller's preferences, or the defaults, at version 0, if they have never said any."""
        name = preferences_id(scope.user)
        found = await self._documents.find_many(NotificationPreferences, scope.user, [name])
        if found:
            return found[0]
        user = await self._documents.get(User, scope.user, scope.user)
        return NotificationPreferences.default(user.owner, user.tz, user.created_at)

    async def change(
        self, scope: Scope, patch: Json, base: int | None, mutation: Mutation | None = None
    ) -> WriteResult[NotificationPreferences]:
        """Apply a merge patch to version *base*, or to what holds now; the first one makes them."""
        ref = Ref(NotificationPreferences, scope.user, preferences_id(scope.user))

        def decide(changes: WriteContext) -> Outcome[NotificationPreferences]:
            before = changes.find(NotificationPreferences, ref.owner, ref.id)
            if before is None:
                if needs_document(base):
                    raise MissingDocument(ref)
                first = changes.create(_first(changes, scope, patch))
                _announce(changes, scope, None, first)
                return write_outcome("created", first)
            edit: Edit[NotificationPreferences] = Edit(
                base=before.version if base is None else base,
                mutation=mutation,
                wanted=lambda fields: merged(fields, patch),
                revised=lambda document, fields: _revised(document, fields, changes.at),
            )
            after, places = edited(changes, before, edit)
            if after is before:
                return write_outcome("unchanged", before, places)
            _announce(changes, scope, before, after)
            return write_outcome("updated", changes.update(before, after), places)

        return await self._committer.submit(
            Write(
                scope=scope,
                reads=(ref, account_ref(scope)),
                decide=decide,
                base=None if mutation is None or base is None else BaseVersion(ref, base),
                mutation=mutation,
            )
        )

    async def stop_mail(
        self, user: str, address: str, because: StopReason, sent_at: dt.datetime | None
    ) -> bool:
        """Stop all mails to *user*, if *address* is theirs; return whether there were any to stop.

        What came back about a mail that was *sent_at* a moment before they were last stopped tells
        nothing new: who has chosen mails since then still gets them.
        """
        scope = Scope(user=user)
        ref = Ref(NotificationPreferences, user, preferences_id(user))

        def decide(changes: WriteContext) -> Outcome[NotificationPreferences]:
            account = changes.get(User, user, user)
            stored = changes.find(NotificationPreferences, ref.owner, ref.id)
            before = stored or NotificationPreferences.default(user, account.tz, changes.at)
            is_theirs = normalised_email(account.email) == normalised_email(address)
            if not is_theirs or not before.has_mail or _is_told(before, sent_at):
                return write_outcome("unchanged", before)
            after = before.with_mail_stopped(because, changes.at)
            if stored is None:
                return write_outcome("created", changes.create(after))
            return write_outcome("updated", changes.update(stored, after))

        result = await self._committer.submit(
            Write(scope=scope, reads=(ref, account_ref(scope)), decide=decide)
        )
        return result.verb != "unchanged"


def _announce(
    changes: WriteContext,
    scope: Scope,
    before: NotificationPreferences | None,
    after: NotificationPreferences,
) -> None:
    """Mail the owner that new logins are told of nowhere any more: a thief would want that."""
    user = changes.find(User, scope.user, scope.user)
    were_told = before is None or before.tells_of_logins
    if user is not None and were_told and not after.tells_of_logins:
        changes.send_mail(LoginNoticesOffMail(user.email))


def _is_told(before: NotificationPreferences, sent_at: dt.datetime | None) -> bool:
    stopped_at = before.mail_stopped_at
    return sent_at is not None and stopped_at is not None and sent_at <= stopped_at


def _first(changes: WriteContext, scope: Scope, patch: Json) -> NotificationPreferences:
    """The preferences that a patch of the defaults makes."""
    draft = checked(merged(msgspec.to_builtins(PreferencesDraft()), patch), PreferencesDraft)
    zone = zone_of_owner(changes, scope)
    return NotificationPreferences.drafted(draft, owner=scope.user, tz=zone, at=changes.at)
