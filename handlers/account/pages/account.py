"""The account page: where somebody is logged in, whom they have let in, how they log in."""

from typing import Final

from handlers.account.pages import overview
from handlers.account.pages.login_continuation import ACCOUNT, LOGIN
from handlers.account.pages.login_pages import problems_of
from handlers.pages import forms, views
from handlers.pages.base import PageHandler
from handlers.pages.forms import PageLink
from models.access.scope import Scope
from models.account import Session
from models.account.user import NewPassword
from models.audit import Act
from models.base.clock import utc_now
from models.base.errors import Conflict, Forbidden, Invalid, Unauthenticated
from models.base.validation import checked
from upcoach.services.account.sessions.browsers import caller_of
from upcoach.services.base.request_parameters import Parameters

SESSIONS: Final = "/account/sessions"
GRANTS: Final = "/account/grants"
PASSWORD: Final = "/account/password"  # noqa: S105 - a path
_OTHERS: Final = "others"


class LoggedInPage(PageHandler):
    """A page of whoever has logged in; others are sent to log in first."""

    mine: Session

    async def prepare(self) -> None:
        """Find out whose page it is."""
        await super().prepare()
        session = await self.session()
        if session is None:
            self.go(LOGIN)
        else:
            self.mine = session

    @property
    def scope(self) -> Scope:
        """Who looks at it."""
        return Scope(user=self.mine.owner, session=self.mine.id, device=self.mine.device)

    async def was_proven(self) -> bool:
        """Whether they have shown just now who they are."""
        try:
            await self.edge.services.account.stepping_up.require(
                caller_of(self.mine, utc_now()), utc_now()
            )
        except Unauthenticated:
            return False
        return True

    def act(self, action: str, target: str = "") -> Act:
        """What they do, for the audit log."""
        user, session = self.mine.owner, self.mine.id
        return Act(action=action, kind="user", user=user, session=session, target=target)


class AccountPage(LoggedInPage):
    """`/account`."""

    async def get(self) -> None:
        """Show all of it."""
        services, scope = self.edge.services, self.scope
        self.show(
            overview.account(
                user=await services.account.accounts.me(scope),
                sessions=(await services.account.sessions.page(scope))[::-1],
                grants=await services.oauth.grants.page(scope),
                factors=await services.account.factors.of(scope.user),
                passkeys=await services.account.factors.passkeys.page(scope),
                identities=await services.account.federation.identities(scope),
                titles={one.name: one.title for one in services.account.federation.offers},
                trusted=await services.account.factors.trusted.page(scope),
                hidden=self.hidden(),
                now=utc_now(),
            )
        )


class SessionEndPage(LoggedInPage):
    """`/account/sessions`."""

    async def post(self) -> None:
        """Log a device out, or all others."""
        sessions, session = self.edge.services.account.sessions, self.sent().required("session")
        if session != self.mine.id and not await self.was_proven():
            self.go(LOGIN)
            return
        if session == _OTHERS:
            work = sessions.end_others(self.scope, (self.mine.id,))
        else:
            work = sessions.end(self.scope, session)
        await self.noted(self.act("session.ended", session), work)
        self.go(ACCOUNT)


class GrantRemovalPage(LoggedInPage):
    """`/account/grants`."""

    async def post(self) -> None:
        """Let an app in no more."""
        client = self.sent().required("client")
        work = self.edge.services.oauth.grants.take_back(self.scope, client)
        await self.noted(self.act("grant.removed", client), work)
        self.go(ACCOUNT)


class PasswordChangePage(LoggedInPage):
    """`/account/password`."""

    limit = "factor"

    def get(self) -> None:
        """Ask for the old one and the new one."""
        self._show({})

    async def post(self) -> None:
        """Keep the new one."""
        try:
            await self._change(self.sent())
        except Forbidden as refusal:
            if refusal.code not in ("password_wrong", "tries_too_many"):
                raise
            self._show({"current": refusal.detail})
        except Invalid as refusal:
            self._show(problems_of(refusal))
        except Conflict as refusal:
            self._show({"current": refusal.detail})
        else:
            words = "Your password is new. You stay logged in here, and nowhere else."
            links = (PageLink(ACCOUNT, "Back to your account"),)
            self.show(forms.message("Done", words, links=links))

    async def _change(self, form: Parameters) -> None:
        typed = {"current": form["current"], "password": form["password"]}
        wanted = checked(typed, NewPassword)
        work = self.edge.services.account.new_passwords.change(self.scope, wanted)
        await self.noted(self.act("password.changed"), work)

    def _show(self, problems: dict[str, str]) -> None:
        view = views.change_password(PASSWORD, self.hidden(), problems)
        self.show(view, 400 if problems else 200)
