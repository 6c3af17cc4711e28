"""Accounts: their `operations`, and the `pages` on which browsers use them.

A page writes nothing by itself: its forms are carried out through the rows of `operations`.
"""

from typing import Final

from handlers.account.operations import (
    accounts,
    email_verification,
    factors,
    federation,
    passkeys,
    passwords,
    sessions,
)
from handlers.account.pages import oidc_callback
from handlers.account.pages import routes as pages
from handlers.account.pages.account import LoggedInPage
from handlers.account.pages.login_continuation import (
    CONSENT,
    LoginContinuation,
    address_of_user,
    device_of,
    show_end,
    show_login,
)
from handlers.http.manifest import Context
from handlers.http.operations.areas import Area
from handlers.pages import dev_outbox
from handlers.pages.next_steps import ACCOUNT

__all__ = [
    "ACCOUNT",
    "CONSENT",
    "CONTEXT",
    "LoggedInPage",
    "LoginContinuation",
    "address_of_user",
    "device_of",
    "show_end",
    "show_login",
]

CONTEXT: Final = Context(
    service=lambda runner: runner.services.account,
    operations=(
        *accounts.OPERATIONS,
        *email_verification.OPERATIONS,
        *passwords.OPERATIONS,
        *federation.OPERATIONS,
        *factors.OPERATIONS,
        *passkeys.OPERATIONS,
        *sessions.OPERATIONS,
    ),
    areas=(
        Area(
            name="Account",
            meaning="Registration, login, sessions, passkeys and other ways to log in.",
            paths=("/v1/auth", "/v1/me", "/v1/devices"),
        ),
    ),
    routes=(*pages.ROUTES, *oidc_callback.ROUTES, *dev_outbox.ROUTES),
)
