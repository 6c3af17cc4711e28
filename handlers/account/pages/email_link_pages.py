"""The pages to which mails lead, and the one that has a mail sent.

Whoever loads such a page uses nothing up, because mail servers follow links too: its form does.
"""

from handlers.account.operations import email_verification, passwords
from handlers.account.pages.login_pages import problems_of
from handlers.http.forms.parameters import query_parameters
from handlers.pages import forms, views
from handlers.pages.base import PageHandler
from handlers.pages.forms import PageLink
from handlers.pages.next_steps import CHOOSE_PASSWORD, NEW_LINK, TO_ACCOUNT, TO_LOGIN
from models.account.user import EmailAddress
from models.base.errors import Invalid
from models.base.fields import Token
from models.base.validation import checked
from upcoach.services.base.mail import addition_words
from upcoach.services.base.mail.mail_links import (
    CHANGE_EMAIL,
    CONFIRM,
    DISOWN,
    FORGOT,
    RESET,
    UNDO_EMAIL_CHANGE,
    VERIFY,
)


class ForgottenPasswordPage(PageHandler):
    """`/account/forgot`."""

    def get(self) -> None:
        """Ask for the address."""
        self.show(views.forgot(FORGOT, self.hidden(), links=(TO_LOGIN,)))

    async def post(self) -> None:
        """Have a link mailed, if the address has an account; the page does not tell."""
        typed = self.submitted_form()["email"]
        try:
            email = checked({"email": typed}, EmailAddress).email
        except Invalid as refusal:
            problem = problems_of(refusal)["email"]
            view = views.forgot(FORGOT, self.hidden(), typed, problem, links=(TO_LOGIN,))
            self.show(view, 400)
            return
        await self.submit(passwords.REQUEST_RESET, {"email": email})
        self.show(views.mailed(email, TO_LOGIN))


class PasswordResetPage(PageHandler):
    """`/account/reset`."""

    limit = passwords.RESET.limit
    next_steps = (NEW_LINK, TO_LOGIN)

    async def get(self) -> None:
        """Ask for a new password."""
        token = _token(query_parameters(self)["token"])
        await self.runner.services.account.password_resets.look(token)
        self._show(token)

    async def post(self) -> None:
        """Reset the password; every session ends."""
        form = self.submitted_form()
        token = _token(form["token"])
        try:
            await self.submit(passwords.RESET, {"token": token, "password": form["password"]})
        except Invalid as refusal:
            problem = problems_of(refusal).get("password")
            if problem is None:
                raise
            self._show(token, problem)
            return
        words = "Your password has been changed, and you are logged out on all devices."
        self.show(forms.message("Done", words, links=(TO_LOGIN,)))

    def _show(self, token: str, problem: str = "") -> None:
        view = views.reset(RESET, self.hidden(token=token), problem)
        self.show(view, 400 if problem else 200)


class EmailVerificationPage(PageHandler):
    """`/account/verify`."""

    def get(self) -> None:
        """Ask whether the address is theirs."""
        token = _token(query_parameters(self)["token"])
        words = "Confirm that you receive email at this address."
        hidden = self.hidden(token=token)
        self.show(
            forms.form(
                "Is this your address?", VERIFY, hidden, (), "Confirm address", words=(words,)
            )
        )

    async def post(self) -> None:
        """Verify the address."""
        token = _token(self.submitted_form()["token"])
        await self.submit(email_verification.VERIFY, {"token": token})
        self.show(forms.message("Thank you", "Your address is confirmed.", links=(TO_ACCOUNT,)))


class EmailChangePage(PageHandler):
    """`/account/email`."""

    def get(self) -> None:
        """Ask whether to go by this address."""
        token = _token(query_parameters(self)["token"])
        words = "You will log in with this address from now on, and get our emails there."
        hidden = self.hidden(token=token)
        self.show(
            forms.form(
                "Change your address?", CHANGE_EMAIL, hidden, (), "Change address", words=(words,)
            )
        )

    async def post(self) -> None:
        """Change the address."""
        token = _token(self.submitted_form()["token"])
        await self.submit(email_verification.CHANGE_ADDRESS, {"token": token})
        self.show(forms.message("Done", "Your address has been changed.", links=(TO_ACCOUNT,)))


class EmailChangeUndoPage(PageHandler):
    """`/account/email/undo`."""

    async def get(self) -> None:
        """Ask whether to come back to the address."""
        token = _token(query_parameters(self)["token"])
        email = await self.runner.services.account.email_changes.look(token)
        words = (
            f"Your account gets its old address back: {email}.",
            "You will be logged out on all devices, and need a new password.",
            "Whatever was added since is removed.",
        )
        hidden = self.hidden(token=token)
        title = "Undo the change of address?"
        self.show(forms.form(title, UNDO_EMAIL_CHANGE, hidden, (), "Undo change", words=words))

    async def post(self) -> None:
        """Undo the change of the address."""
        token = _token(self.submitted_form()["token"])
        await self.submit(email_verification.UNDO_CHANGE, {"token": token})
        words = (
            "Your account has its old address back. Choose a new password now: the old one no "
            "longer works."
        )
        self.show(forms.message("Done", words, links=(CHOOSE_PASSWORD,)))


class AdditionPage(PageHandler):
    """`/account/added`."""

    async def get(self) -> None:
        """Ask whether they have added it."""
        token = _token(query_parameters(self)["token"])
        added = await self.runner.services.account.additions.look(token)
        more = "Once you confirm it, it also stays if the password is reset by email."
        words = (*addition_words.sentences(*added), more)
        hidden, links = (
            self.hidden(token=token),
            (PageLink(f"{DISOWN}?token={token}", "This wasn't me"),),
        )
        view = forms.form(
            "Was this you?", CONFIRM, hidden, (), "Yes, it was me", words=words, links=links
        )
        self.show(view)

    async def post(self) -> None:
        """Confirm the addition."""
        token = _token(self.submitted_form()["token"])
        await self.submit(email_verification.CONFIRM_ADDITION, {"token": token})
        self.show(forms.message("Thank you", "It is active now.", links=(TO_ACCOUNT,)))


class DisownedAdditionPage(PageHandler):
    """`/account/added/not-me`."""

    async def get(self) -> None:
        """Ask whether to remove it."""
        token = _token(query_parameters(self)["token"])
        added = await self.runner.services.account.additions.look(token)
        more = "It will be removed, with everything else that was added and not confirmed by email."
        view = forms.form(
            "This wasn't you?",
            DISOWN,
            self.hidden(token=token),
            (),
            "Remove",
            words=(*addition_words.sentences(*added), more),
        )
        self.show(view)

    async def post(self) -> None:
        """Disown the addition, which is removed."""
        token = _token(self.submitted_form()["token"])
        await self.submit(email_verification.DISOWN_ADDITION, {"token": token})
        words = "It has been removed. Whoever added it knows your password: choose a new one now."
        self.show(forms.message("Done", words, links=(CHOOSE_PASSWORD,)))


def _token(text: str) -> str:
    """The token of a link, or the refusal of one that is none."""
    try:
        return checked(text, Token)
    except Invalid:
        raise Invalid(
            "link_over", "This link is incomplete. Copy all of it from the email."
        ) from None
