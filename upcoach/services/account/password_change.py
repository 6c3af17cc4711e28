"""Change of a password: other sessions end, and a mail says so."""

from models.access.scope import Scope
from models.account import PasswordChangedMail, User, password_policy
from models.account.user import NewPassword
from models.base.errors import Conflict
from models.base.messages.mail import Mail
from upcoach.services.account.factors.attempt_limit import AttemptLimit
from upcoach.services.account.passwords import Passwords, password_wrong
from upcoach.services.account.sessions.sessions import Sessions
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail.mail_links import FORGOT, MailLinks
from upcoach.services.base.resources import write_outcome
from upcoach.store.collections.documents import Documents
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.outcomes import Outcome
from upcoach.store.write.refs import Listing, Ref
from upcoach.store.write.requests import Decide, Write


class PasswordChanges:
    """Changes the passwords of accounts."""

    def __init__(
        self,
        documents: Documents,
        passwords: Passwords,
        sessions: Sessions,
        mail: Mailer,
        links: MailLinks,
        tries: AttemptLimit,
    ) -> None:
        self._documents = documents
        self._passwords = passwords
        self._sessions = sessions
        self._mail = mail
        self._links = links
        self._tries = tries
        mail.writes(PasswordChangedMail, self._write)

    async def change(self, scope: Scope, wanted: NewPassword) -> Outcome[User]:
        """Change the caller's password; every session but theirs ends."""
        user = await self._documents.get(User, scope.user, scope.user)
        old = user.password_hash
        if old is None:
            raise Conflict(
                "password_missing", "You have no password yet: set one with a link by email."
            )
        async with self._tries.attempt("password", scope):
            if not await self._passwords.verify(old, wanted.current, is_known=True):
                raise password_wrong()
        password_hash = await self.hash(user, wanted.password)

        def decide(changes: WriteContext) -> Outcome[User]:
            before = changes.get(User, user.id, user.id)
            if before.password_hash != old:  # somebody else was faster
                raise password_wrong()
            after = before.with_password(password_hash, changes.at)
            changes.update(before, after)
            return write_outcome("updated", after)

        return await self.keep(scope, PasswordChangedMail(user.email, "changed"), decide)

    async def hash(self, user: User, password: str) -> str:
        """The hash of a *password* that *user* may take."""
        password_policy.check(password, user.email, user.name)
        return await self._passwords.hash(password, is_known=True)

    async def keep(
        self,
        scope: Scope,
        notice: PasswordChangedMail,
        decide: Decide[User],
        lists: tuple[Listing, ...] = (),
    ) -> Outcome[User]:
        """Commit *decide* on the caller and what is in *lists*, and mail *notice*.

        All sessions but the caller's end.
        """
        if lists:
            # Before they are all looked through: a stranger who wrote on without a pause could
            # outrun this write for as long as they liked.
            await self._sessions.endings.end_others(scope)

        def decide_and_notify(changes: WriteContext) -> Outcome[User]:
            done = decide(changes)
            changes.send_mail(notice)
            return done

        reads = (Ref(User, scope.user, scope.user),)
        write = Write(scope=scope, reads=reads, lists=lists, decide=decide_and_notify)
        return await self._sessions.endings.end_with(write, but=(scope.session,))

    async def _write(self, mail_request: PasswordChangedMail) -> Mail:
        return texts.password_changed(mail_request.to, mail_request.origin, self._links.to(FORGOT))
