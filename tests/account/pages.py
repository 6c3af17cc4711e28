"""People at the pages of an account."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import pyotp

from models.access.scope import Scope
from models.base.clock import utc_now
from tests.support.engines import TestEngines
from tests.support.people.mail import confirm
from tests.support.wire.relying import OAuthParty, party, settings_of
from upcoach.services.account.factors.totp import TotpConfirmation

LOGIN: Final = "/account/login"


@asynccontextmanager
async def people(engines: TestEngines, path: Path) -> AsyncIterator[OAuthParty]:
    """A party whose mails are in a folder of their own."""
    async with party(settings_of(engines, UPCOACH_DATA=str(path))) as one:
        yield one


async def enrolled(
    one: OAuthParty, *, confirmed: bool = True
) -> tuple[pyotp.TOTP, tuple[str, ...]]:
    """The app that makes the user's codes, and their recovery codes."""
    services, scope = one.server.node.services, Scope(user=one.user)
    offer = await services.account.factors.totp.enrol(scope, utc_now())
    app = pyotp.TOTP(offer.secret)
    first = TotpConfirmation(enrolment=offer.enrolment, code=app.now())
    codes = await services.account.factors.totp.confirm(scope, first)
    if confirmed:
        await confirm(one.server, one.email)
    return app, codes
