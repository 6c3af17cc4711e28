"""The form of the account page that takes back what an app was allowed."""

from typing import Final

from handlers.account import ACCOUNT, LoggedInPage
from handlers.oauth.grants import REMOVE

GRANTS: Final = "/account/grants"


class GrantRemovalPage(LoggedInPage):
    """`/account/grants`."""

    async def post(self) -> None:
        """Let an app in no more."""
        client = self.sent().required("client")
        await self.submit(REMOVE, names={"client": client}, session=self.mine)
        self.go(ACCOUNT)
