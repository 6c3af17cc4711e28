"""Second factors: passkeys, TOTP, recovery codes, trusted devices.

`SecondFactors.show` is the only way in which one counts: it takes a code or an assertion, uses it
up in one transaction, and says what was shown in the words of RFC 8176.  What may be guessed (six
digits, a password) may be tried five times in fifteen minutes, on whichever node.
"""

from upcoach.services.account.factors.factor_mails import register_factor_mails
from upcoach.services.account.factors.relying_party import RelyingParty
from upcoach.services.account.factors.second_factors import SecondFactors
from upcoach.services.account.factors.waiting_period import WaitingPeriod
from upcoach.services.base.dependencies import Dependencies

__all__ = ["SecondFactors", "make_factors"]


def make_factors(dependencies: Dependencies, waiting: WaitingPeriod) -> SecondFactors:
    """Create the second factors."""
    configuration, documents = dependencies.configuration, dependencies.documents
    party = RelyingParty(
        domain=configuration.passkey_domain,
        origins=(configuration.issuer, *configuration.passkey_origins),
    )
    register_factor_mails(dependencies.mail, dependencies.links)
    return SecondFactors(
        documents,
        dependencies.committer,
        dependencies.once,
        dependencies.clock,
        party=party,
        key=configuration.secret,
        waiting=waiting,
    )
