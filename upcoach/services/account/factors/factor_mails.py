"""Mails about changes of second factors; each is part of the write that it tells of."""

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
from models.base.messages.mail import Mail
from upcoach.services.account.additions.announcements import announce, announce_removal
from upcoach.services.base.mail import Mailer, texts
from upcoach.services.base.mail.mail_links import FORGOT, MailLinks
from upcoach.store.write.changes import WriteContext


def mail_code_use(changes: WriteContext, scope: Scope) -> None:
    """Mail the caller that a recovery code was used."""
    user = changes.get(User, scope.user, scope.user)
    changes.send_mail(FactorsChangedMail(user.email, "recovery code used"))


def mail_removal(changes: WriteContext, scope: Scope, change: FactorChange) -> None:
    """Mail the caller that a factor is gone, as *change* says."""
    announce_removal(changes, scope, lambda address: FactorsChangedMail(address, change))


def mail_removal_of_all(changes: WriteContext, scope: Scope) -> None:
    """Mail the caller that an operator has removed all of their factors."""
    announce_removal(changes, scope, FactorsRemovedMail)


def announce_factor(changes: WriteContext, scope: Scope, factors: Factors, name: str) -> None:
    """Announce that the caller has the factor *name*, or new recovery codes."""
    names: dict[str, WayName] = {TOTP: "totp", RECOVERY: "recovery codes"}
    since = {TOTP: factors.totp_since, RECOVERY: factors.recovery_at}
    added = Addition(
        way=names.get(name, "passkey"),
        id=name,
        since=since.get(name) or factors.updated_at,
        counts_from=factors.waiting.get(name),
    )
    announce(changes, scope, added)


def register_factor_mails(mail: Mailer, links: MailLinks) -> None:
    """Tell *mail* how the mails about changes of second factors are written."""

    async def changed(request: FactorsChangedMail) -> Mail:
        return texts.factors_changed(request.to, request.change, links.to(FORGOT))

    async def removed(request: FactorsRemovedMail) -> Mail:
        return texts.factors_removed(request.to, links.to(FORGOT))

    mail.writes(FactorsChangedMail, changed)
    mail.writes(FactorsRemovedMail, removed)
