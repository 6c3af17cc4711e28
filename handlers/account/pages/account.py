"""The account page: sessions, apps with access, and ways to log in."""

from typing import Any, Final

from handlers.account.operations import passwords, sessions
from handlers.account.pages import overview
from handlers.account.pages.login_continuation import LoginContinuation
from handlers.account.pages.login_pages import problems_of
from handlers.http.operations import Operation, Reply
from handlers.pages import forms, views
from handlers.pages.forms import PageLink
from handlers.pages.next_steps import ACCOUNT
from handlers.pages.session_page import SessionPage
from models.base.clock import utc_now
from models.base.errors import Conflict, Forbidden, Invalid, Unauthenticated
from upcoach.services.base.request_parameters import Parameters

SESSIONS: Final = "/account/sessions"
PASSWORD: Final = "/account/password"  # noqa: S105 - a path
_OTHERS: Final = "others"
_BUT_THIS: Final = {"keep": "current"}


class LoggedInPage(SessionPage):
    """A page of the account, for a session."""

    async def submit_stepped_up(
        self,
        operation: Operation[Any],
        body: Any = None,
        *,
        names: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Reply | None:
        """Run *operation*; None where it takes a newer login, to which the browser goes."""
        try:
            return await self.submit(
                operation, body, session=self.own_session, names=names, query=query
            )
        except Unauthenticated:
            self.see_other(LoginContinuation().switch)
            return None


class AccountPage(LoggedInPage):
    """`/account`."""

    async def get(self) -> None:
        """Show the page."""
        services, scope = self.runner.services, self.scope
        self.show(
            overview.account(
                user=await services.account.accounts.me(scope),
                sessions=(await services.account.sessions.page(scope))[::-1],
                grants=await services.oauth.grants.page(scope),
                factors=await services.account.factors.of(scope.user),
                passkeys=await services.account.factors.passkeys.page(scope),
                identities=await services.account.federation.identities(scope),
                titles={offer.name: offer.title for offer in services.account.federation.offers},
                trusted=await services.account.factors.trusted.page(scope),
                hidden=self.hidden(),
                now=utc_now(),
            )
        )


class SessionEndPage(LoggedInPage):
    """`/account/sessions`."""

    async def post(self) -> None:
        """End a session, or all others."""
        session = self.submitted_form().required("session")
        if session == _OTHERS:
            reply = await self.submit_stepped_up(sessions.END_ALL, query=_BUT_THIS)
        else:
            reply = await self.submit_stepped_up(sessions.END, names={"id": session})
        if reply is not None:
            self.see_other(ACCOUNT)


class PasswordChangePage(LoggedInPage):
    """`/account/password`."""

    limit = passwords.CHANGE.limit

    def get(self) -> None:
        """Ask for the old one and the new one."""
        self._show({})

    async def post(self) -> None:
        """Change the password."""
        try:
            await self._change(self.submitted_form())
        except Forbidden as refusal:
            if refusal.code not in ("password_wrong", "tries_too_many"):
                raise
            self._show({"current": refusal.detail})
        except Invalid as refusal:
            self._show(problems_of(refusal))
        except Conflict as refusal:
            self._show({"current": refusal.detail})
        else:
            words = "Your password has been changed. You are logged out on all other devices."
            links = (PageLink(ACCOUNT, "Back to your account"),)
            self.show(forms.message("Done", words, links=links))

    async def _change(self, form: Parameters) -> None:
        typed = {"current": form["current"], "password": form["password"]}
        await self.submit(passwords.CHANGE, typed, session=self.own_session)

    def _show(self, problems: dict[str, str]) -> None:
        view = views.change_password(PASSWORD, self.hidden(), problems)
        self.show(view, 400 if problems else 200)
