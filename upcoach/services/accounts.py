"""Accounts: becoming a user, logging in, and what an operator may do."""

import hashlib
import hmac

from models.documents import User
from models.documents.document import public
from models.documents.session import Credentials, Terms, audiences_of
from models.documents.user import Registration, normalised_email
from models.errors import Conflict, NotFound, Unauthenticated
from models.identity import new_id
from models.merge_patch import Json
from models.permissions import Role, granted_by
from models.scope import Scope
from upcoach.services.evenness import evenly
from upcoach.services.logins import Challenge, LoggedIn, Logins
from upcoach.services.passwords import Passwords
from upcoach.services.resources import outcome
from upcoach.store.changes import Changes, Outcome, Ref, Taken, Write
from upcoach.store.committer import Committer
from upcoach.store.documents import Documents


class Accounts:
    """Users, and how they prove who they are."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        passwords: Passwords,
        logins: Logins,
        *,
        index_key: bytes,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._passwords = passwords
        self._logins = logins
        self._index_key = index_key

    async def register(self, registration: Registration) -> Outcome:
        """Make a user; an address that has an account is a `Conflict`."""
        user_id = new_id("usr")
        password_hash = await self._passwords.hash(registration.password)
        email_index = self._email_index(registration.email)

        def decide(changes: Changes) -> Outcome:
            user = User(
                id=user_id,
                owner=user_id,
                created_at=changes.at,
                updated_at=changes.at,
                email=registration.email,
                email_index=email_index,
                name=registration.name,
                tz=registration.tz,
                password_hash=password_hash,
            )
            changes.create(user)
            return outcome("created", user)

        write = Write(
            scope=Scope(user=user_id),
            reads=(Ref(User, user_id, user_id),),
            decide=decide,
            new_owner=True,
        )
        try:
            return await self._committer.submit(write)
        except Taken:
            raise Conflict("email_taken", "There is an account for this address.") from None

    async def log_in(self, credentials: Credentials) -> LoggedIn | Challenge:
        """A new session on the caller's device; other devices keep theirs."""
        user = await evenly(self._find(credentials.email))
        password_hash = user.password_hash if user else None
        if not await self._passwords.verify(password_hash, credentials.password) or user is None:
            raise Unauthenticated(
                "credentials_wrong", "This address and password do not belong together."
            )
        terms = Terms(
            device=credentials.device,
            device_name=credentials.device_name,
            app=credentials.app,
            audiences=audiences_of(credentials.app),
        )
        return await self._logins.finish(user, terms)

    async def me(self, scope: Scope) -> Json:
        """The caller, as they see themselves."""
        return public(await self._documents.get(User, scope.user, scope.user))

    async def powers(self, scope: Scope) -> frozenset[str]:
        """The permissions that the caller has as an operator, as of now."""
        try:
            user = await self._documents.get(User, scope.user, scope.user)
        except NotFound:
            return frozenset()
        return granted_by(user.roles)

    async def appoint(self, email: str, roles: tuple[Role, ...]) -> Outcome:
        """Give whoever has the address *email* these *roles*, and no others."""
        found = await self._find(email)
        if found is None:
            raise NotFound("account_unknown", "There is no account for this address.")
        user_id = found.id

        def decide(changes: Changes) -> Outcome:
            user = changes.get(User, user_id, user_id)
            if user.roles == roles:
                return outcome("unchanged", user)
            after = user.appointed(roles, changes.at)
            changes.update(user, after)
            return outcome("updated", after)

        reads = (Ref(User, user_id, user_id),)
        return await self._committer.submit(
            Write(scope=Scope(user=user_id), reads=reads, decide=decide)
        )

    async def _find(self, email: str) -> User | None:
        index = self._email_index(email)
        owner = await self._documents.find_owner(User, "email_index", index)
        if owner is None:
            return None
        return await self._documents.get(User, owner, owner)

    def _email_index(self, email: str) -> str:
        address = normalised_email(email).encode()
        return hmac.digest(self._index_key, b"email\0" + address, hashlib.sha256).hex()
