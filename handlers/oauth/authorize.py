"""`/oauth/authorize`, and the two forms that may come before its answer."""

from typing import Any, Final

from tornado.web import HTTPError

from handlers import problems
from handlers.oauth import pages
from handlers.oauth.base import Endpoint, asked, posted
from handlers.oauth.browser import (
    browser_secret,
    browser_session,
    log_browser_in,
    require_same_site,
)
from models.audit import Act
from models.documents.session import Credentials
from models.documents.user import normalised_email
from models.errors import Invalid, Refusal, Unauthenticated
from models.scope import Scope
from models.validation import checked
from upcoach.services.logins import Challenge, LoggedIn
from upcoach.services.oauth.authorization import (
    NeedsConsent,
    NeedsLogin,
    Next,
    Redirect,
    ShownError,
)
from upcoach.services.oauth.errors import OAuthError
from upcoach.services.oauth.parameters import Parameters
from upcoach.services.seals import ADDRESS

LOGIN: Final = "/oauth/login"
CONSENT: Final = "/oauth/consent"
_ALLOW: Final = "allow:"


class Page(Endpoint):
    """A path that answers browsers."""

    def show(self, html: str, status: int = 200) -> None:
        """Answer with a page."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.finish(html)

    def go(self, url: str) -> None:
        """Send the browser on with a GET, whatever it came with (RFC 9700, 4.12)."""
        self.set_status(303)
        self.set_header("Location", url)
        self.finish()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with a page, whatever went wrong."""
        failure = kwargs.get("exc_info", (None, None, None))[1]
        words = "There is no such page." if status_code < 500 else "Something went wrong here."
        if isinstance(failure, OAuthError):
            status_code, words = failure.status, failure.description
        elif isinstance(failure, Refusal):
            status_code, words = problems.status_of(failure), failure.detail
        for name, value in self.headers_of(status_code).items():
            self.set_header(name, value)
        self.show(pages.message("This did not work", words), status_code)

    async def log_in(self, form: Parameters) -> str:
        """Log the browser in with what a form says, and return its new secret."""
        try:
            credentials = checked(
                {"email": form["email"], "password": form["password"], "device": "browser"}
                | {"app": "web"},
                Credentials,
            )
        except Invalid:
            raise _wrong() from None
        address = ADDRESS + normalised_email(credentials.email)
        act = Act(action="session.started", kind="anonymous", target=address)
        found = await self.noted(act, self.edge.services.accounts.log_in(credentials), _who)
        if isinstance(found, Challenge):
            raise Unauthenticated("factor_needed", "This account asks for a second factor.")
        _, outcome = found
        assert outcome.body is not None
        return await log_browser_in(self, outcome.body["owner"], outcome.body["id"])


class Authorize(Page):
    """`GET` and `POST /oauth/authorize`."""

    async def get(self) -> None:
        """Take a client's request in."""
        await self._take(asked(self))

    async def post(self) -> None:
        """The same, as a form."""
        await self._take(posted(self))

    async def _take(self, form: Parameters) -> None:
        session = await browser_session(self)
        browser = browser_secret(self)
        respond(self, await self.oauth.authorization.authorize(form, session, browser))


class LogIn(Page):
    """`POST /oauth/login`: the form of the login page."""

    async def post(self) -> None:
        """Log in, and go on with the request that waits."""
        require_same_site(self)
        form = posted(self)
        request_id, browser = form.required("request"), browser_secret(self)
        waits = await self.oauth.authorization.resume(request_id, None, browser)
        if not isinstance(waits, NeedsLogin):
            respond(self, waits)
            return
        try:
            secret = await self.log_in(form)
        except Unauthenticated as refusal:
            hint = form["email"][:254]
            hidden = {"request": request_id}
            self.show(pages.login(LOGIN, hidden, waits.client.name, hint, refusal.detail), 401)
            return
        await self.oauth.authorization.move(request_id, browser, secret)
        self.go(f"{CONSENT}?request={request_id}")


class Consent(Page):
    """`/oauth/consent`: the request that waits, and the form of the consent page."""

    async def get(self) -> None:
        """Go on with the request that waits."""
        request_id = asked(self).required("request")
        session, browser = await browser_session(self), browser_secret(self)
        respond(self, await self.oauth.authorization.resume(request_id, session, browser))

    async def post(self) -> None:
        """Take the user's answer."""
        require_same_site(self)
        form = posted(self)
        session, browser = await browser_session(self), browser_secret(self)
        if session is None:
            raise HTTPError(403)
        granted = granted_in(form)
        authorization = self.oauth.authorization
        request_id = form.required("request")
        waits = await authorization.resume(request_id, session, browser)
        client = waits.client.id if isinstance(waits, NeedsConsent) else ""
        act = Act(
            action="grant.given" if granted else "grant.denied",
            kind="user",
            user=session.owner,
            session=session.id,
            target=client,
        )
        answer = authorization.approve(request_id, session, browser, granted)
        respond(self, await self.noted(act, answer))


def granted_in(form: Parameters) -> list[str]:
    """The permissions that are ticked, if the form says yes."""
    if form["answer"] != "yes":
        return []
    return [name.removeprefix(_ALLOW) for name in form.names() if name.startswith(_ALLOW)]


def respond(page: Page, what: Next) -> None:
    """Answer with what comes next."""
    match what:
        case Redirect(url):
            page.go(url)
        case NeedsLogin(request_id, client, hint):
            page.show(pages.login(LOGIN, {"request": request_id}, client.name, hint))
        case NeedsConsent(request_id, client, permissions):
            note = "You can take this back at any time."
            hidden = {"request": request_id}
            page.show(pages.consent(CONSENT, hidden, client, permissions, note))
        case ShownError(_, description):
            page.show(pages.message("This did not work", description), 400)


def _who(found: LoggedIn | Challenge) -> Scope | None:
    body = None if isinstance(found, Challenge) else found[1].body
    return None if body is None else Scope(user=body["owner"], session=body["id"])


def _wrong() -> Unauthenticated:
    return Unauthenticated("credentials_wrong", "This address and password do not belong together.")
