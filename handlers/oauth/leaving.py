"""`/oauth/logout`: logging out by the wish of a client."""

from handlers.oauth import pages
from handlers.oauth.authorize import Page
from handlers.oauth.base import asked, posted
from handlers.oauth.browser import (
    browser_secret,
    browser_session,
    forget_browser,
    require_same_site,
)
from upcoach.services.oauth.parameters import Parameters

PATH = "/oauth/logout"
_KEPT = ("post_logout_redirect_uri", "client_id", "state")


class LogOut(Page):
    """`GET` and `POST /oauth/logout`."""

    async def get(self) -> None:
        """Log out, or ask whether to."""
        await self._leave(asked(self))

    async def post(self) -> None:
        """The same, as a form; with our own page's answer it is certain."""
        await self._leave(posted(self))

    async def _leave(self, form: Parameters) -> None:
        session = await browser_session(self)
        leaving = await self.oauth.logout.read(form, session)
        token = self.oauth.form_token(browser_secret(self))
        is_sure = form["form"] == token
        if is_sure:
            require_same_site(self)
        if session is not None and not (leaving.is_certain or is_sure):
            hidden = {name: form[name] for name in _KEPT if name in form} | {"form": token}
            self.show(pages.confirmation(PATH, hidden))
            return
        await self.oauth.logout.end(leaving, session)
        await forget_browser(self)
        if leaving.to:
            self.go(leaving.to)
        else:
            self.show(pages.message("Logged out", "You are logged out."))
