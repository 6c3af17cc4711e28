"""The routes of the account pages."""

from typing import Final

from handlers.account.pages.account import (
    PASSWORD,
    SESSIONS,
    AccountPage,
    PasswordChangePage,
    SessionEndPage,
)
from handlers.account.pages.authenticator_page import AUTHENTICATOR, AuthenticatorPage
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
from handlers.account.pages.login_continuation import FACTOR, PASSKEY, REGISTER
from handlers.account.pages.login_pages import LoginPage, RegistrationPage
from handlers.account.pages.passkey_page import PASSKEYS, PasskeyAdditionPage
from handlers.account.pages.settings_pages import (
    ADDRESS,
    IDENTITIES,
    RESEND,
    AddressPage,
    IdentityUnlinkPage,
    ProfilePage,
    VerificationResendPage,
)
from handlers.http.manifest import HandlerRoute
from handlers.pages.next_steps import ACCOUNT, LOGIN, PROFILE
from upcoach.services.base.mail.mail_links import (
    CHANGE_EMAIL,
    CONFIRM,
    DISOWN,
    FORGOT,
    RESET,
    UNDO_EMAIL_CHANGE,
    VERIFY,
)

ROUTES: Final = (
    HandlerRoute(ADDRESS, AddressPage),
    HandlerRoute(AUTHENTICATOR, AuthenticatorPage),
    HandlerRoute(IDENTITIES, IdentityUnlinkPage),
    HandlerRoute(PASSKEYS, PasskeyAdditionPage),
    HandlerRoute(PROFILE, ProfilePage),
    HandlerRoute(RESEND, VerificationResendPage),
    HandlerRoute(ACCOUNT, AccountPage),
    HandlerRoute(CONFIRM, AdditionPage),
    HandlerRoute(DISOWN, DisownedAdditionPage),
    HandlerRoute(FACTOR, SecondFactorPage),
    HandlerRoute(FORGOT, ForgottenPasswordPage),
    HandlerRoute(LOGIN, LoginPage),
    HandlerRoute(CHANGE_EMAIL, EmailChangePage),
    HandlerRoute(PASSKEY, PasskeyLoginPage),
    HandlerRoute(PASSWORD, PasswordChangePage),
    HandlerRoute(REGISTER, RegistrationPage),
    HandlerRoute(RESET, PasswordResetPage),
    HandlerRoute(SESSIONS, SessionEndPage),
    HandlerRoute(UNDO_EMAIL_CHANGE, EmailChangeUndoPage),
    HandlerRoute(VERIFY, EmailVerificationPage),
)
