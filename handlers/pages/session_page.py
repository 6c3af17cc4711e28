"""What pages for people who have logged in have in common."""

import re
from typing import Final
from urllib.parse import urlencode

from handlers.pages.base import PageHandler
from handlers.pages.next_steps import ACCOUNT, LOGIN
from models.access.scope import Scope
from models.account import Session
from upcoach.services.base.request_parameters import Parameters

_VERSION: Final = re.compile("[0-9]{1,9}")  # Python reads no number of thousands of digits


class SessionPage(PageHandler):
    """A page for a session; without one, the browser is redirected to the login page."""

    own_session: Session

    async def prepare(self) -> None:
        """Load the session, or redirect to the login page."""
        await super().prepare()
        session = await self.session()
        if session is None:
            self.see_other(self._login())
        else:
            self.own_session = session

    def _login(self) -> str:
        """The login page, which leads back to this one if it can be loaded."""
        is_shown = self.request.method == "GET" and "GET" in self.allowed()
        if not is_shown or self.request.path == ACCOUNT:
            return LOGIN
        return f"{LOGIN}?{urlencode({'page': self.request.path})}"

    @staticmethod
    def version_in(form: Parameters) -> int:
        """The version that *form* was filled in from; 0 where it says none."""
        version = form["version"]
        return int(version) if _VERSION.fullmatch(version) else 0

    @property
    def scope(self) -> Scope:
        """The scope of the session."""
        return Scope(
            user=self.own_session.owner, session=self.own_session.id, device=self.own_session.device
        )
