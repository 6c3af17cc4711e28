"""Where the pages are that are not the authorization server's."""

from handlers.oauth.base import Endpoint
from handlers.pages.entering import LogIn, Register
from handlers.pages.errands import LOGIN, REGISTER

ROUTES: tuple[tuple[str, type[Endpoint]], ...] = (
    (LOGIN, LogIn),
    (REGISTER, Register),
)
