"""The page on which somebody adds a passkey to their account."""

from typing import Final

from handlers.account.operations import passkeys
from handlers.account.pages.account import LoggedInPage
from handlers.http.operations import strict_json
from handlers.pages import settings_views
from handlers.pages.user_agents import name_of
from models.base.errors import Invalid
from upcoach.services.base.request_parameters import Parameters

PASSKEYS: Final = "/account/passkeys"


class PasskeyAdditionPage(LoggedInPage):
    """`/account/passkeys`."""

    def get(self) -> None:
        """Say what it is, and offer to begin."""
        self.show(settings_views.passkey_begin(PASSKEYS, self.hidden()))

    async def post(self) -> None:
        """Have the browser create one, or add what it has created."""
        form = self.submitted_form()
        if form["passkey"]:
            await self._add(form)
            return
        reply = await self.submit_stepped_up(passkeys.REGISTRATION_OPTIONS)
        if reply is not None:
            name = name_of(self.request.headers.get("User-Agent", ""))
            self.show(settings_views.passkey(PASSKEYS, self.hidden(), reply.body, name))

    async def _add(self, form: Parameters) -> None:
        try:
            credential = strict_json.parse(form["passkey"].encode())
        except Invalid:
            credential = None
        body = {"name": form["name"].strip(), "credential": credential}
        reply = await self.submit_stepped_up(passkeys.REGISTER, body)
        if reply is not None:
            codes = reply.body["recovery_codes"]
            self.show(settings_views.recovery_codes("Your passkey is added", codes))
