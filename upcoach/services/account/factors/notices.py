"""Mails about changes of second factors."""

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
    """Mails users about changes of their second factors."""

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
        """Mail *user_id* about *change*."""
        user = await self._documents.get(User, user_id, user_id)
        await self._mail.send(FactorsChangedMail(user.email, change))

    async def tell_of_removal(self, user_id: str) -> None:
        """Mail *user_id* that an operator has removed all of their factors."""
        user = await self._documents.get(User, user_id, user_id)
        await self._mail.send(FactorsRemovedMail(user.email))

    async def announce(self, scope: Scope, factors: Factors, name: str) -> None:
        """Announce that the caller has the factor *name*, or new recovery codes."""
        names: dict[str, WayName] = {TOTP: "totp", RECOVERY: "recovery codes"}
        since = {TOTP: factors.totp_since, RECOVERY: factors.recovery_at}
        added = Addition(
            way=names.get(name, "passkey"),
            id=name,
            since=since.get(name) or factors.updated_at,
            counts_from=factors.waiting.get(name),
        )
        await self._additions.announce(scope, added)

    async def _write(self, mail_request: FactorsChangedMail) -> Mail:
        return texts.factors_changed(mail_request.to, mail_request.change, self._links.to(FORGOT))

    async def _write_removed(self, mail_request: FactorsRemovedMail) -> Mail:
        return texts.factors_removed(mail_request.to, self._links.to(FORGOT))
