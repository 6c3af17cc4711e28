"""The pages on which people change their profile, their address, and what is linked."""

from typing import Final

from handlers.account.operations import accounts, email_verification, federation
from handlers.account.pages.account import LoggedInPage
from handlers.account.pages.login_pages import problems_of
from handlers.pages import forms, settings_views
from handlers.pages.next_steps import ACCOUNT, PROFILE, TO_ACCOUNT
from models.account.user import EmailChange
from models.base.errors import Conflict, Invalid
from models.base.merge_patch import Json
from models.base.validation import checked

ADDRESS: Final = "/account/address"
RESEND: Final = "/account/verify/resend"
IDENTITIES: Final = "/account/identities"
_PROBLEMS: Final = {
    "tz": "This time zone does not exist. Try Europe/Berlin or UTC, for example.",
    "locale": "Enter a language such as en or de-AT, or nothing.",
    "name": "Enter your name, in 1 to 100 characters.",
}


class ProfilePage(LoggedInPage):
    """`/account/profile`."""

    async def get(self) -> None:
        """Ask for name, time zone and language, as they are."""
        self._show(await self.runner.services.account.accounts.me(self.scope), {})

    async def post(self) -> None:
        """Change them, unless somebody has done so since."""
        form = self.submitted_form()
        typed: Json = {name: form[name].strip() for name in ("name", "tz", "locale")}
        version = form["version"]
        patch = typed | {"locale": typed["locale"] or None}
        base = self.version_in(form)
        try:
            await self.submit(accounts.CHANGE_ME, patch, session=self.own_session, base=base)
        except Invalid as refusal:
            problems = {name: _PROBLEMS.get(name, "") for name in problems_of(refusal)}
            self._show(typed | {"version": version}, problems, 400)
        except Conflict:
            newest = await self.runner.services.account.accounts.me(self.scope)
            self._show(newest, {"name": forms.CHANGED_ELSEWHERE}, 409)
        else:
            self.see_other(ACCOUNT)

    def _show(self, user: Json, problems: dict[str, str], status: int = 200) -> None:
        hidden = self.hidden(version=str(user["version"]))
        self.show(settings_views.profile(PROFILE, hidden, user, problems), status)


class AddressPage(LoggedInPage):
    """`/account/address`."""

    def get(self) -> None:
        """Ask for the new address."""
        self.show(settings_views.address(ADDRESS, self.hidden()))

    async def post(self) -> None:
        """Have a link mailed to it."""
        typed = self.submitted_form()["email"].strip()
        try:
            email = checked({"email": typed}, EmailChange).email
        except Invalid as refusal:
            problem = problems_of(refusal)["email"]
            self.show(settings_views.address(ADDRESS, self.hidden(), typed, problem), 400)
            return
        body = {"email": email}
        if await self.submit_stepped_up(email_verification.CHANGE_EMAIL, body) is not None:
            words = f"We have sent an email to {email}. Your address changes with the link in it."
            self.show(forms.message("Check your email", words, links=(TO_ACCOUNT,)))


class VerificationResendPage(LoggedInPage):
    """`/account/verify/resend`."""

    async def post(self) -> None:
        """Have the confirmation mailed again."""
        self.submitted_form()
        reply = await self.submit(email_verification.RESEND, session=self.own_session)
        words = f"We have sent an email to {reply.body['email']}. Confirm with the link in it."
        self.show(forms.message("Check your email", words, links=(TO_ACCOUNT,)))


class IdentityUnlinkPage(LoggedInPage):
    """`/account/identities`."""

    async def post(self) -> None:
        """Unlink an account at a provider."""
        names = {"id": self.submitted_form().required("identity")}
        if await self.submit_stepped_up(federation.UNLINK, names=names) is not None:
            self.see_other(ACCOUNT)
