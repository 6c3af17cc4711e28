"""Where the pages are that are not the authorization server's."""

from handlers.account.pages.account import (
    GRANTS,
    PASSWORD,
    SESSIONS,
    AccountPage,
    GrantRemovalPage,
    PasswordChangePage,
    SessionEndPage,
)
from handlers.account.pages.challenge import PasskeyLoginPage, SecondFactorPage
from handlers.account.pages.email_link_pages import (
    AdditionPage,
    DisownedAdditionPage,
    EmailChangePage,
    EmailChangeUndoPage,
    EmailVerificationPage,
    ForgottenPasswordPage,
    PasswordResetPage,
)
from handlers.account.pages.login_continuation import ACCOUNT, FACTOR, LOGIN, PASSKEY, REGISTER
from handlers.account.pages.login_pages import LoginPage, RegistrationPage
from handlers.http.forms.endpoint import FormEndpoint
from upcoach.services.base.mail_links import CONFIRM, DISOWN, FORGOT, MOVE, RESET, UNDO_MOVE, VERIFY

ROUTES: tuple[tuple[str, type[FormEndpoint]], ...] = (
    (ACCOUNT, AccountPage),
    (CONFIRM, AdditionPage),
    (DISOWN, DisownedAdditionPage),
    (FACTOR, SecondFactorPage),
    (FORGOT, ForgottenPasswordPage),
    (GRANTS, GrantRemovalPage),
    (LOGIN, LoginPage),
    (MOVE, EmailChangePage),
    (PASSKEY, PasskeyLoginPage),
    (PASSWORD, PasswordChangePage),
    (REGISTER, RegistrationPage),
    (RESET, PasswordResetPage),
    (SESSIONS, SessionEndPage),
    (UNDO_MOVE, EmailChangeUndoPage),
    (VERIFY, EmailVerificationPage),
)
