"""Passkeys (WebAuthn): registered, asked for, named, deleted.

A challenge of 256 bits is kept for five minutes under itself, with what it was made for, and is
gone with the first answer that names it, whether or not that answer is right.
"""

import datetime as dt
import secrets
from typing import Final

import msgspec

from models.access.scope import Scope
from models.account import Factors, Passkey, User
from models.account.factors import FACTORS, NewCredential, PasskeyAssertion, checked_name
from models.base.document import Draft
from models.base.errors import Conflict
from models.base.fields import Name
from models.base.ids import new_id
from models.base.merge_patch import Json
from upcoach.services.account.factors.enrolment import Enrolment
from upcoach.services.account.factors.recovery_codes import RecoveryCodes
from upcoach.services.account.factors.refusals import factor_waiting, factor_wrong
from upcoach.services.account.factors.relying_party import (
    RegisteredCredential,
    RelyingParty,
    decoded,
    encoded,
)
from upcoach.services.account.factors.waiting_period import WaitingPeriod
from upcoach.services.base.resources import outcome
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
    """A key that an authenticator has made, and what its user calls it."""

    name: Name
    credential: NewCredential


class Renaming(Draft, frozen=True, kw_only=True):
    """What something is called from now on."""

    name: Name


class _Asked(msgspec.Struct, frozen=True):
    """What a challenge was made for: a user, if one is known, and a login or a session."""

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
        """What a browser is given to make a key for the caller (WebAuthn, 5.4)."""
        user = await self._documents.get(User, scope.user, scope.user)
        factors = await self._enrolment.of(scope.user)
        known = factors.handle if factors is not None else ""
        handle = known or encoded(secrets.token_bytes(64))
        asked = _Asked(scope.user, scope.session, handle)
        challenge = await self._once.keep(_NEW, asked, PATIENCE)
        return self._party.new_key(user, handle, decoded(challenge), await self.page(scope))

    async def register(self, scope: Scope, new: NewPasskey) -> tuple[Passkey, tuple[str, ...]]:
        """Keep a new passkey, and return it with the recovery codes that are new."""
        challenge, asked = await self._taken(_NEW, new.credential.response.client_data)
        if (asked.user, asked.context) != (scope.user, scope.session):
            raise factor_wrong()
        found = self._party.registered(new.credential, challenge)
        name, passkey_id = checked_name(new.name), new_id(Passkey.id_prefix)
        codes, hashes = self._recovery.fresh(scope.user)

        def change(before: Factors, changes: WriteContext) -> Factors:
            if before.passkeys >= MOST:
                raise Conflict("passkeys_too_many", f"An account has {MOST} passkeys at most.")
            if before.handle not in ("", asked.handle):
                raise factor_wrong()  # two first ones were begun at once: this one comes late
            since = self._waiting.end(changes, scope)
            changes.create(_made(passkey_id, scope.user, name, found, changes.at))
            return before.with_passkey(passkey_id, asked.handle, hashes, changes.at, since)

        try:
            refs = (Ref(Passkey, scope.user, passkey_id), *self._waiting.refs(scope))
            after = await self._enrolment.change(scope, change, *refs)
        except UniqueViolation:
            raise Conflict("passkey_taken", "This passkey is known already.") from None
        await self._enrolment.notices.announce(scope, after, passkey_id)
        passkey = await self._documents.get(Passkey, scope.user, passkey_id)
        return passkey, codes if after.recovery == hashes else ()

    async def page(self, scope: Scope) -> list[Passkey]:
        """The caller's passkeys, the oldest first."""
        return await self._documents.page(Passkey, scope.user, limit=MOST)

    async def rename(self, scope: Scope, passkey_id: str, name: str) -> Outcome[Passkey]:
        """Call a passkey *name*."""
        cleaned = checked_name(name)

        def decide(changes: WriteContext) -> Outcome[Passkey]:
            passkey = changes.get(Passkey, scope.user, passkey_id)
            if passkey.name == cleaned:
                return outcome("unchanged", passkey)
            after = passkey.renamed(cleaned, changes.at)
            changes.update(passkey, after)
            return outcome("updated", after)

        reads = (Ref(Passkey, scope.user, passkey_id),)
        return await self._committer.commit(Write(scope=scope, reads=reads, decide=decide))

    async def delete(self, scope: Scope, passkey_id: str) -> None:
        """Take a passkey for nobody's any more."""

        def change(before: Factors, changes: WriteContext) -> Factors:
            changes.delete(changes.get_any(Passkey, scope.user, passkey_id))
            return before.without_passkey(passkey_id, changes.at)

        await self._enrolment.change(scope, change, Ref(Passkey, scope.user, passkey_id))
        await self._enrolment.notices.tell(scope.user, "passkey removed")

    async def ask(self, user: str, context: str) -> Json:
        """What a browser is given to ask for a passkey of *user* (WebAuthn, 5.5)."""
        known = await self.page(Scope(user=user))
        if not known:
            raise factor_wrong()
        challenge = await self._once.keep(_SHOWN, _Asked(user, context), PATIENCE)
        return self._party.question(decoded(challenge), known)

    async def ask_anybody(self) -> Json:
        """What a browser is given to ask for a passkey of whoever is there."""
        challenge = await self._once.keep(_SHOWN, _Asked("", ""), PATIENCE)
        return self._party.question(decoded(challenge), ())

    async def use(self, user: str, given: PasskeyAssertion, context: str) -> tuple[str, ...]:
        """Take the answer that *user* gives to a challenge for *context*, or `Forbidden`."""
        challenge, asked = await self._taken(_SHOWN, given.response.client_data)
        if (asked.user, asked.context) != (user, context):
            raise factor_wrong()
        await self._verify(user, given, challenge)
        return AMR

    async def identify(self, given: PasskeyAssertion) -> tuple[User, tuple[str, ...]]:
        """Who gives the answer to a challenge for anybody, as they were before; or `Forbidden`."""
        challenge, asked = await self._taken(_SHOWN, given.response.client_data)
        owner = await self._documents.find_owner(Passkey, "credential", given.id)
        if asked != _Asked("", "") or owner is None or not given.response.user_handle:
            raise factor_wrong()
        user = await self._documents.get(User, owner, owner)
        await self._verify(owner, given, challenge)
        return user, AMR

    async def _taken(self, purpose: str, client_data: str) -> tuple[bytes, _Asked]:
        """The challenge that an answer names, and what it was made for; nobody has it again."""
        try:
            name = msgspec.json.decode(decoded(client_data), type=_ClientData).challenge
        except (ValueError, msgspec.MsgspecError):
            raise factor_wrong() from None
        asked = await self._once.take(purpose, name, _Asked)
        if asked is None:
            raise factor_wrong()
        return decoded(name), asked

    async def _verify(self, user: str, given: PasskeyAssertion, challenge: bytes) -> None:
        """Take what one of the passkeys of *user* has signed, and count it, or `Forbidden`."""
        factors = await self._enrolment.of(user)
        known = [one for one in await self.page(Scope(user=user)) if one.credential == given.id]
        handle = given.response.user_handle
        if factors is None or not known or handle not in (None, "", factors.handle):
            raise factor_wrong()
        passkey_id = known[0].id
        count, backed_up = self._party.shown(known[0], given, challenge)

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
            return outcome("updated", after)

        reads = (Ref(Passkey, user, passkey_id), Ref(Factors, user, FACTORS))
        await self._committer.commit(Write(scope=Scope(user=user), reads=reads, decide=decide))


def _made(
    passkey_id: str, owner: str, name: str, found: RegisteredCredential, at: dt.datetime
) -> Passkey:
    return Passkey(
        id=passkey_id,
        owner=owner,
        created_at=at,
        updated_at=at,
        name=name,
        credential=found.credential,
        public_key=found.key,
        sign_count=found.sign_count,
        backed_up=found.backed_up,
    )
