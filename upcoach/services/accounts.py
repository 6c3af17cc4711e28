"""Accounts: becoming a user, logging in on several devices at once, and logging out."""

import base64
import datetime as dt
import hashlib
import hmac
import secrets

import msgspec

from models.clock import Clock
from models.documents import Session, User
from models.documents.document import public
from models.documents.session import Credentials
from models.documents.user import Registration, Role, normalised_email
from models.errors import Conflict, NotFound, Unauthenticated
from models.identity import new_id
from models.merge_patch import Json
from models.scope import Scope
from upcoach.services.passwords import Passwords
from upcoach.services.resources import outcome
from upcoach.services.tokens import Caller, Tokens, token_invalid
from upcoach.store.changes import Changes, Outcome, Ref, Taken, Write
from upcoach.store.committer import Committer
from upcoach.store.documents import Documents

SECRET_BYTES = 32


class Login(msgspec.Struct, frozen=True):
    """What a device gets to work with.

    Attributes
    ----------
    token
        For every request, until *expires_at*.
    refresh_token
        For new tokens, as long as the session lasts.

    """

    token: str
    expires_at: dt.datetime
    refresh_token: str


class Accounts:
    """Users and their sessions.

    A refresh token is `user.session.secret`; the secret's hash is kept.
    """

    def __init__(
        self,
        documents: Documents,
        committer: Committer,
        passwords: Passwords,
        tokens: Tokens,
        clock: Clock,
        *,
        index_key: bytes,
        lifetime: dt.timedelta,
    ) -> None:
        self._documents = documents
        self._committer = committer
        self._passwords = passwords
        self._tokens = tokens
        self._clock = clock
        self._index_key = index_key
        self._lifetime = lifetime

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

    async def log_in(self, credentials: Credentials) -> tuple[Login, Outcome]:
        """A new session on the caller's device; other devices keep theirs."""
        user = await self._find(credentials.email)
        password_hash = user.password_hash if user else None
        if not await self._passwords.verify(password_hash, credentials.password) or user is None:
            raise Unauthenticated(
                "credentials_wrong", "This address and password do not belong together."
            )
        session_id = new_id("ses")
        secret = secrets.token_bytes(SECRET_BYTES)
        outcome = await self._start(user.id, session_id, secret, credentials)
        scope = Scope(user=user.id, session=session_id, device=credentials.device)
        token, expires_at = self._tokens.issue(scope, self._clock() + self._lifetime)
        return Login(token, expires_at, f"{user.id}.{session_id}.{_text(secret)}"), outcome

    async def refresh(self, refresh_token: str) -> Login:
        """A new token for the session of *refresh_token*, or `Unauthenticated`."""
        user_id, _, rest = refresh_token.partition(".")
        session_id, _, secret = rest.partition(".")
        try:
            session = await self._documents.get(Session, user_id, session_id)
        except NotFound:
            raise token_invalid() from None
        given = hashlib.sha256(_bytes(secret)).digest()
        fits = hmac.compare_digest(given, session.secret_hash)
        if not fits or not session.is_open(self._clock()):
            raise token_invalid()
        scope = Scope(user=user_id, session=session_id, device=session.device)
        token, expires_at = self._tokens.issue(scope, session.expires_at)
        return Login(token, expires_at, refresh_token)

    def has_ended(self, scope: Scope) -> bool:
        """Whether the session of *scope* is known to have ended."""
        return self._tokens.has_ended(scope.session)

    def authenticate(self, token: str) -> Caller:
        """Who holds *token*, or `Unauthenticated`."""
        return self._tokens.read(token)

    async def me(self, scope: Scope) -> Json:
        """The caller, as they see themselves."""
        return public(await self._documents.get(User, scope.user, scope.user))

    async def is_admin(self, scope: Scope) -> bool:
        """Whether the caller is an operator, as of now."""
        try:
            user = await self._documents.get(User, scope.user, scope.user)
        except NotFound:
            return False
        return user.role == "admin"

    async def appoint(self, email: str, role: Role) -> Outcome:
        """Give whoever has the address *email* a role."""
        found = await self._find(email)
        if found is None:
            raise NotFound("account_unknown", "There is no account for this address.")
        user_id = found.id

        def decide(changes: Changes) -> Outcome:
            user = changes.get(User, user_id, user_id)
            if user.role == role:
                return outcome("unchanged", user)
            after = user.appointed(role, changes.at)
            changes.update(user, after)
            return outcome("updated", after)

        reads = (Ref(User, user_id, user_id),)
        return await self._committer.submit(
            Write(scope=Scope(user=user_id), reads=reads, decide=decide)
        )

    async def log_out(self, scope: Scope) -> Outcome:
        """End the caller's session."""

        def decide(changes: Changes) -> Outcome:
            session = changes.get(Session, scope.user, scope.session)
            if session.ended_at is None:
                changes.update(session, session.ended(changes.at), event="ended")
            return Outcome(verb="deleted")

        reads = (Ref(Session, scope.user, scope.session),)
        done = await self._committer.submit(Write(scope=scope, reads=reads, decide=decide))
        self._tokens.revoke(scope.session)
        return done

    async def _find(self, email: str) -> User | None:
        index = self._email_index(email)
        owner = await self._documents.find_owner(User, "email_index", index)
        if owner is None:
            return None
        return await self._documents.get(User, owner, owner)

    async def _start(
        self, user_id: str, session_id: str, secret: bytes, credentials: Credentials
    ) -> Outcome:
        def decide(changes: Changes) -> Outcome:
            session = Session(
                id=session_id,
                owner=user_id,
                created_at=changes.at,
                updated_at=changes.at,
                device=credentials.device,
                device_name=credentials.device_name,
                secret_hash=hashlib.sha256(secret).digest(),
                expires_at=changes.at + self._lifetime,
            )
            changes.create(session)
            return outcome("created", session)

        scope = Scope(user=user_id, session=session_id, device=credentials.device)
        reads = (Ref(Session, user_id, session_id),)
        return await self._committer.submit(Write(scope=scope, reads=reads, decide=decide))

    def _email_index(self, email: str) -> str:
        address = normalised_email(email).encode()
        return hmac.digest(self._index_key, b"email\0" + address, hashlib.sha256).hex()


def _text(secret: bytes) -> str:
    return base64.urlsafe_b64encode(secret).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b""
