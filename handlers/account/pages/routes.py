"""Where the pages are that are not the authorization server's."""

from handlers.account.pages.account import (
    GRANTS,
    PASSWORD,
    SESSIONS,
    Account,
    ChangePassword,
    EndSession,
    TakeBack,
)
from handlers.account.pages.challenge import Factor, Passkey
from handlers.account.pages.email_link_pages import (
    Added,
    Forgot,
    Move,
    NotMe,
    Reset,
    UndoMove,
    Verify,
)
from handlers.account.pages.login_pages import LogIn, Register
from handlers.oauth.base.endpoint import Endpoint
from handlers.pages.login_continuation import ACCOUNT, FACTOR, LOGIN, PASSKEY, REGISTER
from upcoach.services.base.mail_links import CONFIRM, DISOWN, FORGOT, MOVE, RESET, UNDO_MOVE, VERIFY

ROUTES: tuple[tuple[str, type[Endpoint]], ...] = (
    (ACCOUNT, Account),
    (CONFIRM, Added),
    (DISOWN, NotMe),
    (FACTOR, Factor),
    (FORGOT, Forgot),
    (GRANTS, TakeBack),
    (LOGIN, LogIn),
    (MOVE, Move),
    (PASSKEY, Passkey),
    (PASSWORD, ChangePassword),
    (REGISTER, Register),
    (RESET, Reset),
    (SESSIONS, EndSession),
    (UNDO_MOVE, UndoMove),
    (VERIFY, Verify),
)
