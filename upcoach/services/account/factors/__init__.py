"""Second factors: enrolled, asked for, used once.

`SecondFactors.show` is the only way in which one counts: it takes a code or an assertion, uses it
up in one transaction, and says what was shown in the words of RFC 8176.  What may be guessed (six
digits, a password) may be tried five times in fifteen minutes, on whichever node.
"""

from upcoach.services.account.factors.service import SecondFactors

__all__ = ["SecondFactors"]
