"""Recovery codes: ten, shown once, stored as keyed hashes, each usable once."""

import base64
import hashlib
import hmac
import secrets
from typing import Final

from models.access.scope import Scope
from models.account import Factors
from models.account.factors import RECOVERY
from upcoach.services.account.additions.announcements import caller_ref
from upcoach.services.account.factors.attempt_limit import AttemptLimit
from upcoach.services.account.factors.enrolment import Enrolment
from upcoach.services.account.factors.factor_mails import announce_factor, mail_code_use
from upcoach.services.account.factors.refusals import factor_wrong, not_enrolled
from upcoach.store.write.changes import WriteContext

COUNT: Final = 10
# 120 bits: a fast hash is enough from 112 on (ASVS 5.0, 6.5.2).
BYTES: Final = 15
GROUP: Final = 6  # letters between two dashes
_MISREAD: Final = str.maketrans("018", "OIB", "- ")


class RecoveryCodes:
    """Recovery codes of all users."""

    def __init__(self, enrolment: Enrolment, tries: AttemptLimit, *, key: bytes) -> None:
        self._enrolment = enrolment
        self._tries = tries
        self._key = key

    def fresh(self, user: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Generate codes for *user*, with their hashes."""
        codes = tuple(_written(secrets.token_bytes(BYTES)) for _ in range(COUNT))
        return codes, tuple(self._hash(user, code) for code in codes)

    async def renew(self, scope: Scope) -> tuple[str, ...]:
        """Replace the caller's codes by new ones."""
        codes, hashes = self.fresh(scope.user)

        def change(before: Factors, changes: WriteContext) -> Factors:
            if not before.methods(changes.at):
                raise not_enrolled()
            after = before.with_recovery(hashes, changes.at)
            announce_factor(changes, scope, after, RECOVERY)
            return after

        await self._enrolment.change(scope, change, caller_ref(scope))
        return codes

    async def use(self, scope: Scope, code: str) -> None:
        """Consume *code*, or raise `Forbidden`."""
        user = scope.user
        hashed = self._hash(user, code)

        def change(before: Factors, changes: WriteContext) -> Factors:
            if hashed not in before.recovery or "recovery_code" not in before.methods(changes.at):
                raise factor_wrong()
            mail_code_use(changes, scope)
            return before.without_recovery_code(hashed, changes.at)

        async with self._tries.attempt("recovery code", scope):
            await self._enrolment.change(Scope(user=user), change, caller_ref(scope))

    def _hash(self, user: str, code: str) -> str:
        message = f"recovery code\0{user}\0{normalised(code)}".encode(errors="surrogatepass")
        return hmac.digest(self._key, message, hashlib.sha256).hex()


def normalised(code: str) -> str:
    """Normalise *code*: case, dashes, and letters that look like digits.

    Examples
    --------
    >>> normalised("abcdef ghijk1-MN0PQR")
    'ABCDEFGHIJKIMNOPQR'

    """
    return code.upper().translate(_MISREAD)


def _written(code: bytes) -> str:
    letters = base64.b32encode(code).decode()
    return "-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP))
