"""What pages for people who have logged in have in common."""

from handlers.pages.base import PageHandler
from handlers.pages.next_steps import LOGIN
from models.access.scope import Scope
from models.account import Session


class SessionPage(PageHandler):
    """A page for a session; without one, the browser is redirected to the login page."""

    own_session: Session

    async def prepare(self) -> None:
        """Load the session, or redirect to the login page."""
        await super().prepare()
        session = await self.session()
        if session is None:
            self.see_other(LOGIN)
        else:
            self.own_session = session

    @property
    def scope(self) -> Scope:
        """The scope of the session."""
        return Scope(
            user=self.own_session.owner, session=self.own_session.id, device=self.own_session.device
        )
