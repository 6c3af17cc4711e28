"""The form of the account page that revokes the access of an app."""

from typing import Final

from handlers.account import ACCOUNT, LoggedInPage
from handlers.oauth.grants import REMOVE

GRANTS: Final = "/account/grants"


class GrantRemovalPage(LoggedInPage):
    """`/account/grants`."""

    async def post(self) -> None:
        """Revoke the access of an app."""
        client = self.submitted_form().required("client")
        await self.submit(REMOVE, names={"client": client}, session=self.own_session)
        self.see_other(ACCOUNT)
