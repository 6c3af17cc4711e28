"""The waiting period before a new factor or provider counts.

Whoever knows the password could make the account theirs by enrolling a factor of their own.  So
where nothing but the password was shown, a factor, or a provider, counts only after a while, which
a mail announces and one click ends, either way.  In an account whose address nobody has shown to
be theirs it counts with that click only.
"""

import datetime as dt

from models.access.scope import Scope
from models.account import Factors, Session, User
from models.account.factors import FACTORS, NEVER
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Ref


class WaitingPeriod:
    """Computes from when on new factors and providers count."""

    def __init__(self, length: dt.timedelta) -> None:
        self._length = length

    @staticmethod
    def refs(scope: Scope) -> tuple[Ref, ...]:
        """The documents that a write has to read which adds a factor or provider."""
        user = Ref(User, scope.user, scope.user), Ref(Factors, scope.user, FACTORS)
        return (*user, Ref(Session, scope.user, scope.session))

    def end(self, changes: WriteContext, scope: Scope) -> dt.datetime:
        """The end of the waiting period; now, if the caller has shown a second factor."""
        session = changes.find(Session, scope.user, scope.session)
        factors = changes.find(Factors, scope.user, FACTORS)
        has_second = factors is not None and bool(factors.methods(changes.at))
        if has_second and session is not None and session.acr >= 2:
            return changes.at
        if changes.get(User, scope.user, scope.user).verified_at is None:
            return NEVER
        return changes.at + self._length
