"""The state of a session: active, or the first reason why it is not.

Whoever asks knows a part: a node which sessions were ended, a token until when it was made, the
store when it was last used, a login that waits how often its user was locked out.  All of them ask
here, so no two answer differently.
"""

import datetime as dt
import enum
from collections.abc import Callable
from typing import Final

import msgspec


class SessionState(enum.Enum):
    """The state of a login: active, or why it is not."""

    ACTIVE = "active"
    ENDED = "ended"  # by its user, by us, or because nobody can read it
    LOCKED_OUT = "locked_out"  # its user let nobody in any more who had begun before
    EXPIRED = "expired"  # its whole life is over
    IDLE = "idle"  # it was not used for too long


class LoginFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The known facts about a login; those left out do not end it.

    Attributes
    ----------
    is_ended
        Whether it was ended, or what it was shown with is believed no more.
    began_with, lockouts
        `User.lockouts` when its holder began to show who they are, and now.
    expires_at
        When it is over in any case.
    used_at, idle
        When it was last used, and how long it may rest.

    """

    is_ended: bool = False
    began_with: int | None = None
    lockouts: int | None = None
    expires_at: dt.datetime | None = None
    used_at: dt.datetime | None = None
    idle: dt.timedelta | None = None

    def is_locked_out(self) -> bool:
        """Whether its user has locked everybody out since it began."""
        return self.began_with is not None and self.began_with != self.lockouts

    def has_expired(self, at: dt.datetime) -> bool:
        """Whether its absolute lifetime is over."""
        return self.expires_at is not None and at >= self.expires_at

    def is_idle(self, at: dt.datetime) -> bool:
        """Whether its idle lifetime is over."""
        if self.used_at is None or self.idle is None:
            return False
        return at >= self.used_at + self.idle


# What nobody can undo stands first: an ended session is ended, however old it is.
REASONS: Final[tuple[tuple[SessionState, Callable[[LoginFacts, dt.datetime], bool]], ...]] = (
    (SessionState.ENDED, lambda facts, _: facts.is_ended),
    (SessionState.LOCKED_OUT, lambda facts, _: facts.is_locked_out()),
    (SessionState.EXPIRED, lambda facts, at: facts.has_expired(at)),
    (SessionState.IDLE, lambda facts, at: facts.is_idle(at)),
)


def session_state(facts: LoginFacts, at: dt.datetime) -> SessionState:
    """The state of a login at *at*, by its known facts.

    Examples
    --------
    >>> noon = dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC)
    >>> hour = dt.timedelta(hours=1)
    >>> session_state(LoginFacts(expires_at=noon + hour, used_at=noon, idle=hour), noon).value
    'active'
    >>> session_state(LoginFacts(expires_at=noon), noon).value
    'expired'
    >>> session_state(LoginFacts(used_at=noon - hour, idle=hour), noon).value
    'idle'
    >>> session_state(LoginFacts(began_with=1, lockouts=2, expires_at=noon), noon).value
    'locked_out'
    >>> session_state(LoginFacts(is_ended=True, began_with=1, lockouts=2), noon).value
    'ended'

    """
    reasons = (state for state, applies in REASONS if applies(facts, at))
    return next(reasons, SessionState.ACTIVE)
