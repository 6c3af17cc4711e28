"""Where the pages are that are not the authorization server's."""

from handlers.oauth.base import Endpoint
from handlers.pages.account import (
    GRANTS,
    PASSWORD,
    SESSIONS,
    Account,
    ChangePassword,
    EndSession,
    TakeBack,
)
from handlers.pages.challenge import Factor, Passkey
from handlers.pages.entering import LogIn, Register
from handlers.pages.errands import ACCOUNT, FACTOR, LOGIN, PASSKEY, REGISTER
from handlers.pages.mailed import Added, Forgot, Move, NotMe, Reset, UndoMove, Verify
from upcoach.services.links import CONFIRM, DISOWN, FORGOT, MOVE, RESET, UNDO_MOVE, VERIFY

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
