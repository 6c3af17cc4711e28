"""Where a page leads that says what went wrong: nobody is left without a next step."""

from typing import Final
from urllib.parse import urlencode

from handlers.pages.forms import PageLink
from models.base.errors import Refusal, Unavailable
from upcoach.services.base.mail.mail_links import FORGOT
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import Parameters

HOME: Final = "/"
ACCOUNT: Final = "/account"
LOGIN: Final = "/account/login"
PROFILE: Final = "/account/profile"

TO_ACCOUNT: Final = PageLink(ACCOUNT, "Go to your account")
TO_LOGIN: Final = PageLink(LOGIN, "Log in")
BACK_TO_LOGIN: Final = PageLink(LOGIN, "Back to login")
NEW_LINK: Final = PageLink(FORGOT, "Request a new link")
CHOOSE_PASSWORD: Final = PageLink(FORGOT, "Choose a new password")

_KEPT: Final = ("token", "request", "user_code", "page")  # what a page is for, by its form


class PageExpired(OAuthError):
    """The form is of a page that this browser was not shown, or is not shown any more."""

    def __init__(self) -> None:
        words = "This page is out of date. Load it again, then try once more."
        super().__init__("invalid_request", words, status=403)


def after(
    failure: object, page: str, form: Parameters, usual: tuple[PageLink, ...]
) -> tuple[PageLink, ...]:
    """The next steps of whoever was shown *failure* in the place of *page*; *usual* without one."""
    if isinstance(failure, PageExpired):
        return (PageLink(_again(page, form), "Load the page again"),)
    if isinstance(failure, Unavailable):
        return (PageLink(_again(page, form), "Try again"), *usual)
    if isinstance(failure, Refusal) and failure.code in ("visit_over", "challenge_over"):
        return (BACK_TO_LOGIN,)
    return usual


def _again(page: str, form: Parameters) -> str:
    kept = {name: form[name] for name in _KEPT if form[name]}
    return f"{page}?{urlencode(kept)}" if kept else page
