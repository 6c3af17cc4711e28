"""Passkeys (WebAuthn): registration, authentication, renaming, deletion.

A challenge of 256 bits is kept for five minutes under itself, with what it was made for, and is
gone with the first answer that names it, whether or not that answer is right.
"""

import datetime as dt
import secrets
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import Factors, Passkey, User
from models.account.factors import FACTORS, checked_name
from models.account.webauthn import NewCredential, PasskeyAssertion
from models.base.document import Draft
from models.base.errors import Conflict
from models.base.fields import TypedName
from models.base.ids import new_id
from models.base.merge_patch import Json
from upcoach.services.account.additions.announcements import caller_ref
from upcoach.services.account.factors.enrolment import Enrolment
from upcoach.services.account.factors.factor_mails import announce_factor, mail_removal
from upcoach.services.account.factors.recovery_codes import RecoveryCodes
from upcoach.services.account.factors.refusals import factor_waiting, factor_wrong
from upcoach.services.account.factors.relying_party import (
    RegisteredCredential,
    RelyingParty,
    decoded,
    encoded,
)
from upcoach.services.account.factors.waiting_period import WaitingPeriod
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.secrets.one_time_tokens import OneTimeTokens
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import UniqueViolation
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

MOST: Final = 20  # of one user
PATIENCE: Final = dt.timedelta(minutes=5)
AMR: Final = ("pop", "user")  # RFC 8176: a key was shown, by whom it is for
_NEW: Final = "passkey registration"
_SHOWN: Final = "passkey"


class NewPasskey(Draft, frozen=True, kw_only=True):
    """A key that an authenticator has made, and what its user calls it.

    Attributes
    ----------
    name
        What it is listed as.
    credential
        What the authenticator has made.

    """

    name: TypedName
    credential: NewCredential


class Renaming(Draft, frozen=True, kw_only=True):
    """A new name.

    Attributes
    ----------
    name
        What it is listed as from now on.

    """

    name: TypedName


class _PendingChallenge(msgspec.Struct, frozen=True):
    """The purpose of a challenge: a user, if one is known, and a login or a session."""

    user: str
    context: str
    handle: str = ""


class _ClientData(msgspec.Struct, frozen=True):
    challenge: str


class Passkeys:
    """Passkeys of all users."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        enrolment: Enrolment,
        recovery: RecoveryCodes,
        once: OneTimeTokens,
        party: RelyingParty,
        waiting: WaitingPeriod,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._enrolment = enrolment
        self._recovery = recovery
        self._once = once
        self._party = party
        self._waiting = waiting

    async def begin(self, scope: Scope) -> Json:
        """The options to create a passkey for the caller (WebAuthn, 5.4)."""
        user = await self._documents.get(User, scope.user, scope.user)
        factors = await self._enrolment.of(scope.user)
        current_handle = factors.handle if factors is not None else ""
        handle = current_handle or encoded(secrets.token_bytes(64))
        pending = _PendingChallenge(scope.user, scope.session, handle)
        challenge = await self._once.keep(_NEW, pending, PATIENCE)
        return self._party.registration_options(
            user, handle, decoded(challenge), await self.page(scope)
        )

    async def register(self, scope: Scope, new: NewPasskey) -> tuple[Passkey, tuple[str, ...]]:
        """Register a passkey, and return it with new recovery codes, if any."""
        challenge, pending = await self._taken(_NEW, new.credential.response.client_data)
        if (pending.user, pending.context) != (scope.user, scope.session):
            raise factor_wrong()
        credential = self._party.verify_registration(new.credential, challenge)
        name, passkey_id = checked_name(new.name), new_id(Passkey.id_prefix)
        codes, hashes = self._recovery.fresh(scope.user)

        def change(before: Factors, changes: WriteContext) -> Factors:
            if before.passkeys >= MOST:
                raise Conflict("passkeys_too_many", f"An account has {MOST} passkeys at most.")
            if before.handle not in ("", pending.handle):
                raise factor_wrong()  # two first ones were begun at once: this one comes late
            since = self._waiting.end(changes, scope)
            changes.create(_passkey(passkey_id, scope.user, name, credential, changes.at))
            after = before.with_passkey(passkey_id, pending.handle, hashes, changes.at, since)
            announce_factor(changes, scope, after, passkey_id)
            return after

        try:
            refs = (Ref(Passkey, scope.user, passkey_id), *self._waiting.refs(scope))
            after = await self._enrolment.change(scope, change, *refs)
        except UniqueViolation:
            raise Conflict("passkey_taken", "This passkey is already registered.") from None
        passkey = await self._documents.get(Passkey, scope.user, passkey_id)
        return passkey, codes if after.recovery == hashes else ()

    async def page(self, scope: Scope) -> list[Passkey]:
        """The caller's passkeys, the oldest first."""
        return await self._documents.page(Passkey, scope.user, limit=MOST)

    async def rename(self, scope: Scope, passkey_id: str, name: str) -> Outcome[Passkey]:
        """Rename a passkey."""
        cleaned = checked_name(name)

        def decide(changes: WriteContext) -> Outcome[Passkey]:
            passkey = changes.get(Passkey, scope.user, passkey_id)
            if passkey.name == cleaned:
                return write_outcome("unchanged", passkey)
            after = passkey.renamed(cleaned, changes.at)
            changes.update(passkey, after)
            return write_outcome("updated", after)

        reads = (Ref(Passkey, scope.user, passkey_id),)
        return await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))

    async def delete(self, scope: Scope, passkey_id: str) -> None:
        """Delete a passkey."""

        def change(before: Factors, changes: WriteContext) -> Factors:
            changes.delete(changes.get_any(Passkey, scope.user, passkey_id))
            mail_removal(changes, scope, "passkey removed")
            return before.without_passkey(passkey_id, changes.at)

        refs = Ref(Passkey, scope.user, passkey_id), caller_ref(scope)
        await self._enrolment.change(scope, change, *refs)

    async def ask(self, user: str, context: str) -> Json:
        """The options to authenticate with a passkey of *user* (WebAuthn, 5.5)."""
        passkeys = await self.page(Scope(user=user))
        if not passkeys:
            raise factor_wrong()
        challenge = await self._once.keep(_SHOWN, _PendingChallenge(user, context), PATIENCE)
        return self._party.authentication_options(decoded(challenge), passkeys)

    async def ask_anybody(self) -> Json:
        """The options to authenticate with a passkey of any user."""
        challenge = await self._once.keep(_SHOWN, _PendingChallenge("", ""), PATIENCE)
        return self._party.authentication_options(decoded(challenge), ())

    async def use(self, user: str, given: PasskeyAssertion, context: str) -> tuple[str, ...]:
        """Verify the assertion of *user* for *context*, or raise `Forbidden`."""
        challenge, pending = await self._taken(_SHOWN, given.response.client_data)
        if (pending.user, pending.context) != (user, context):
            raise factor_wrong()
        await self._verify(user, given, challenge)
        return AMR

    async def identify(self, given: PasskeyAssertion) -> tuple[User, tuple[str, ...]]:
        """Find the user of an assertion, and verify it, or raise `Forbidden`."""
        challenge, pending = await self._taken(_SHOWN, given.response.client_data)
        owner = await self._documents.find_owner(Passkey, "credential", given.id)
        if pending != _PendingChallenge("", "") or owner is None or not given.response.user_handle:
            raise factor_wrong()
        user = await self._documents.get(User, owner, owner)
        await self._verify(owner, given, challenge)
        return user, AMR

    async def _taken(self, purpose: str, client_data: str) -> tuple[bytes, _PendingChallenge]:
        """Consume the challenge that an assertion names; return it with its purpose."""
        try:
            name = msgspec.json.decode(decoded(client_data), type=_ClientData).challenge
        except (ValueError, msgspec.MsgspecError, RecursionError):
            raise factor_wrong() from None
        pending = await self._once.take(purpose, name, _PendingChallenge)
        if pending is None:
            raise factor_wrong()
        return decoded(name), pending

    async def _verify(self, user: str, given: PasskeyAssertion, challenge: bytes) -> None:
        """Verify an assertion of one of the passkeys of *user* and note its use, or `Forbidden`."""
        factors = await self._enrolment.of(user)
        named = [
            passkey
            for passkey in await self.page(Scope(user=user))
            if passkey.credential == given.id
        ]
        handle = given.response.user_handle
        if factors is None or not named or handle not in (None, "", factors.handle):
            raise factor_wrong()
        passkey_id = named[0].id
        count, backed_up = self._party.verify_authentication(named[0], given, challenge)

        def decide(changes: WriteContext) -> Outcome[Passkey]:
            passkey = changes.find(Passkey, user, passkey_id)
            factors = changes.find(Factors, user, FACTORS)
            if factors is not None and not factors.counts(passkey_id, changes.at):
                raise factor_waiting(factors.waiting[passkey_id])
            # A count that does not grow is a copy's (WebAuthn, 6.1.1); 0 says that nobody counts.
            if (
                factors is None
                or passkey is None
                or (count <= passkey.sign_count and (count or passkey.sign_count))
            ):
                raise factor_wrong()
            after = passkey.used(count, changes.at, backed_up=backed_up)
            changes.update(passkey, after)
            return write_outcome("updated", after)

        reads = (Ref(Passkey, user, passkey_id), Ref(Factors, user, FACTORS))
        await self._committer.commit(Write(scope=Scope(user=user), reads=reads, decide=decide))


def _passkey(
    passkey_id: str, owner: str, name: str, registered: RegisteredCredential, at: dt.datetime
) -> Passkey:
    return Passkey(
        id=passkey_id,
        owner=owner,
        created_at=at,
        updated_at=at,
        name=name,
        credential=registered.credential,
        public_key=registered.key,
        sign_count=registered.sign_count,
        backed_up=registered.backed_up,
    )
