"""Telling people that the second factors of their account have changed."""

from models.access.scope import Scope
from models.account import (
    Addition,
    FactorChange,
    Factors,
    FactorsChangedMail,
    FactorsRemovedMail,
    User,
    WayName,
)
from models.account.factors import RECOVERY, TOTP
from models.base.mail import Mail
from upcoach.services.account.additions.additions import Additions
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail_links import FORGOT, MailLinks
from upcoach.store.collections.documents import Documents


class FactorNotices:
    """Writes to whoever's second factors are others than before."""

    def __init__(
        self, documents: Documents, mail: Mailer, links: MailLinks, additions: Additions
    ) -> None:
        self._documents = documents
        self._mail = mail
        self._links = links
        self._additions = additions
        mail.writes(FactorsChangedMail, self._write)
        mail.writes(FactorsRemovedMail, self._write_removed)

    async def tell(self, user_id: str, change: FactorChange) -> None:
        """Have *user_id* told of *change*."""
        user = await self._documents.get(User, user_id, user_id)
        await self._mail.send(FactorsChangedMail(user.email, change))

    async def tell_of_removal(self, user_id: str) -> None:
        """Have *user_id* told that an operator has taken all of their factors away."""
        user = await self._documents.get(User, user_id, user_id)
        await self._mail.send(FactorsRemovedMail(user.email))

    async def announce(self, scope: Scope, factors: Factors, name: str) -> None:
        """Have the caller told that they have the factor *name*, or other recovery codes."""
        names: dict[str, WayName] = {TOTP: "totp", RECOVERY: "recovery codes"}
        since = {TOTP: factors.totp_since, RECOVERY: factors.recovery_at}
        added = Addition(
            way=names.get(name, "passkey"),
            id=name,
            since=since.get(name) or factors.updated_at,
            counts_from=factors.waiting.get(name),
        )
        await self._additions.announce(scope, added)

    async def _write(self, wish: FactorsChangedMail) -> Mail:
        return texts.factors_changed(wish.to, wish.change, self._links.to(FORGOT))

    async def _write_removed(self, wish: FactorsRemovedMail) -> Mail:
        return texts.factors_removed(wish.to, self._links.to(FORGOT))
