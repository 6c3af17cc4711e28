"""What all pages have in common."""

import hmac
from typing import Any, Final
from urllib.parse import urlsplit

from tornado.web import HTTPError

from handlers.http import problems
from handlers.http.forms.endpoint import FormEndpoint
from handlers.http.forms.parameters import form_parameters, query_parameters
from handlers.http.operations import Call, Operation, Reply
from handlers.pages import forms, next_steps
from handlers.pages.forms import PageLink
from handlers.pages.next_steps import PageExpired
from handlers.pages.rendering import PageView, rendered
from models.account import Session
from models.base.clock import utc_now
from models.base.errors import Refusal
from upcoach.services.account.sessions.browsers import caller_of
from upcoach.services.base.oauth_errors import OAuthError
from upcoach.services.base.request_parameters import Parameters

WORDS: Final = {
    404: "There is no such page.",
    405: "This page cannot be used in this way.",
    413: "This form is too large.",
}


class PageHandler(FormEndpoint):
    """A path that answers browsers."""

    limit = "public"
    next_steps: tuple[PageLink, ...] = (next_steps.TO_ACCOUNT,)  # for whom it has failed

    def show(self, view: PageView, status: int = 200) -> None:
        """Answer with a page."""
        page, policy = rendered(view, urlsplit(self.oauth.issuer).netloc)
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", policy)
        self.set_header("Cross-Origin-Opener-Policy", "same-origin")
        self.finish(page)

    def see_other(self, url: str) -> None:
        """Redirect with 303, after which a browser asks with a GET (RFC 9700, 4.12)."""
        self.set_status(303)
        self.set_header("Location", url)
        self.finish()

    async def session(self) -> Session | None:
        """The session of the user who has logged in with this browser; None when nobody has."""
        return await self.browser.session()

    async def submit(
        self,
        operation: Operation[Any],
        body: Any = None,
        *,
        session: Session | None = None,
        names: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        base: int | None = None,
    ) -> Reply:
        """Run *operation* for this browser, whose user has logged in as *session*."""
        call = Call(
            caller=None if session is None else caller_of(session, utc_now()),
            names=names or {},
            query=query or {},
            body=body,
            base=base,
            origin=self.origin,
            browser=self.browser.secret,
            is_foreign=not self.browser.is_on_our_page,
            trusted=self.browser.trusted_device,
        )
        return await self.run(operation, call)

    def hidden(self, **fields: str) -> dict[str, str]:
        """The hidden *fields* of a form, and what shows that this browser was shown it."""
        return fields | {"form": self._proof()}

    def submitted_form(self) -> Parameters:
        """The form in the body, which a page of ours has sent that this browser was shown."""
        self.browser.require_our_page()
        form = form_parameters(self)
        if not self.was_shown(form):
            raise PageExpired
        return form

    def was_shown(self, form: Parameters) -> bool:
        """Whether this browser was shown the page of *form*."""
        return hmac.compare_digest(form["form"].encode(), self._proof().encode())

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page, whatever went wrong."""
        failure = kwargs.get("exc_info", (None, None, None))[1]
        words = WORDS.get(status_code, "This is our fault. Try again in a moment.")
        if isinstance(failure, OAuthError):
            status_code, words = failure.status, failure.description
        elif isinstance(failure, Refusal):
            status_code, words = problems.status_of(failure), failure.detail
        for name, value in self.headers_of(status_code).items():
            self.set_header(name, value)
        links = next_steps.after(failure, self._page(), self._sent_parameters(), self.next_steps)
        self.show(forms.failure(words, links=links), status_code)

    def _page(self) -> str:
        """The page to go back to: this one, if it can be loaded."""
        return self.request.path if "GET" in self.allowed() else self.next_steps[0].to

    def _sent_parameters(self) -> Parameters:
        read = form_parameters if self.request.method == "POST" else query_parameters
        try:
            return read(self)
        except (OAuthError, HTTPError):
            return Parameters(())

    def _proof(self) -> str:
        return self.runner.services.account.browsers.proof(self.browser.secret, "form")
