"""Accounts: registration, login by password, and the roles of operators."""

import asyncio
import contextlib

from models.access.permissions import OperatorRole, granted_by
from models.access.scope import Scope
from models.account import AddressVerificationMail, User, password_policy
from models.account.session import Credentials, SessionTerms, audiences_of
from models.account.user import Registration
from models.base.document import public
from models.base.errors import Conflict, NotFound, Unauthenticated, Unavailable
from models.base.ids import new_id
from models.base.merge_patch import Json
from upcoach.services.account.email.users_by_email import UsersByEmail
from upcoach.services.account.login.constant_time import in_constant_time
from upcoach.services.account.login.logins import Challenge, LoggedIn, Logins
from upcoach.services.account.passwords import PasswordForm, Passwords
from upcoach.services.base.mail import Mailer
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.committer import Committer
from upcoach.store.write.errors import UniqueViolation
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Ref
from upcoach.store.write.requests import Write

PACE_S = 0.25  # within which an account is made, or found to be there: the answer tells not which


class Accounts:
    """Registers users, and logs them in by password."""

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        passwords: Passwords,
        logins: Logins,
        directory: UsersByEmail,
        mail: Mailer,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._passwords = passwords
        self._logins = logins
        self._directory = directory
        self._mail = mail
        self.pace_s = PACE_S

    async def register(self, registration: Registration) -> None:
        """Register a user, unless the address has an account; a mail to it says which."""
        user_id, password_hash = new_id(User.id_prefix), await self._hashed(registration)
        pace = asyncio.create_task(asyncio.sleep(self.pace_s))
        with contextlib.suppress(UniqueViolation):
            await self._create(user_id, registration, password_hash)
        await self._mail.send(AddressVerificationMail(registration.email, user_id))
        await pace

    async def create(self, registration: Registration) -> Outcome[User]:
        """Create a user without a mail; an address that has an account is a `Conflict`."""
        password_hash = await self._hashed(registration)
        try:
            return await self._create(new_id(User.id_prefix), registration, password_hash)
        except UniqueViolation:
            raise Conflict(
                "email_taken", "There is already an account with this address."
            ) from None

    async def log_in(self, credentials: Credentials) -> LoggedIn | Challenge:
        """Log in by password: a new session on the caller's device; other devices keep theirs."""
        user = await in_constant_time(self._directory.find(credentials.email))
        password_hash = user.password_hash if user else None
        form = await self._passwords.verify(password_hash, credentials.password)
        if form is None or user is None:
            raise Unauthenticated("credentials_wrong", "Wrong email or password.")
        is_old = form is PasswordForm.FORMER
        if password_hash is not None and (is_old or self._passwords.is_stale(password_hash)):
            await self._refresh_hash(user, password_hash, credentials.password)
        terms = SessionTerms(
            device=credentials.device,
            device_name=credentials.device_name,
            app=credentials.app,
            audiences=audiences_of(credentials.app),
        )
        return await self._logins.finish(user, terms, trusted=credentials.trusted_device)

    async def me(self, scope: Scope) -> Json:
        """The caller's account."""
        return public(await self._documents.get(User, scope.user, scope.user))

    async def permissions_of(self, scope: Scope) -> frozenset[str]:
        """The permissions that the caller has as an operator, as of now."""
        try:
            user = await self._documents.get(User, scope.user, scope.user)
        except NotFound:
            return frozenset()
        return granted_by(user.roles)

    async def set_roles(self, email: str, roles: tuple[OperatorRole, ...]) -> Outcome[User]:
        """Set the *roles* of the user with the address *email*."""
        user_id = (await self.find(email)).id

        def decide(changes: WriteContext) -> Outcome[User]:
            user = changes.get(User, user_id, user_id)
            if user.roles == roles:
                return write_outcome("unchanged", user)
            after = user.with_roles(roles, changes.at)
            changes.update(user, after)
            return write_outcome("updated", after)

        reads = (Ref(User, user_id, user_id),)
        return await self._committer.commit(
            Write(scope=Scope(user=user_id), reads=reads, decide=decide)
        )

    async def find(self, email: str) -> User:
        """Find the user with the address *email*, for operators."""
        user = await self._directory.find(email)
        if user is None:
            raise NotFound("account_unknown", f"There is no account for {email}.")
        return user

    async def _hashed(self, registration: Registration) -> str:
        password_policy.check(registration.password, registration.email, registration.name)
        return await self._passwords.hash(registration.password)

    async def _create(
        self, user_id: str, registration: Registration, password_hash: str
    ) -> Outcome[User]:
        email_index = self._directory.index(registration.email)

        def decide(changes: WriteContext) -> Outcome[User]:
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
            return write_outcome("created", user)

        write = Write(
            scope=Scope(user=user_id),
            reads=(Ref(User, user_id, user_id),),
            decide=decide,
            new_owner=True,
        )
        async with self._directory.taking(registration.email):
            return await self._committer.commit(write)

    async def _refresh_hash(self, user: User, old: str, password: str) -> None:
        """Rehash *password* with today's parameters."""
        try:
            password_hash = await self._passwords.hash(password)
        except Unavailable:  # too many log in: another time
            return

        def decide(changes: WriteContext) -> Outcome[User]:
            before = changes.get(User, user.id, user.id)
            if before.password_hash != old:
                return write_outcome("unchanged", before)
            after = before.rehashed(password_hash, changes.at)
            changes.update(before, after)
            return write_outcome("updated", after)

        reads = (Ref(User, user.id, user.id),)
        await self._committer.commit(Write(scope=Scope(user=user.id), reads=reads, decide=decide))
