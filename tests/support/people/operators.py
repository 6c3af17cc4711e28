"""Operators, and the entries of the audit log."""

from typing import Any

from models.access.permissions import OperatorRole
from models.account.session import SessionTerms
from models.base.ids import new_id
from tests.support.server import PASSWORD, Server
from upcoach.client import RestClient

ADMIN = SessionTerms(
    device="desk", app="admin", audiences=("api", "live", "admin"), acr=2, amr=("pwd", "otp")
)


async def operator(server: Server, *roles: OperatorRole, terms: SessionTerms = ADMIN) -> RestClient:
    """Somebody with *roles*, logged in with two factors."""
    email = f"{new_id('operator')}@example.org"
    await server.client().register(email, PASSWORD, "An operator")
    await server.node.services.account.accounts.set_roles(email, roles)
    person = await server.client().log_in(email, PASSWORD, "desk")
    me = (await person.call("GET", "/v1/me")).body["id"]
    person.close()
    login, _ = await server.node.services.account.sessions.start(me, terms)
    return server.client(login.token)


async def audited(server: Server, **wanted: Any) -> list[dict[str, Any]]:
    """The entries of the audit log that are as *wanted*, the oldest first."""
    async with server.node.database.connection():
        entries = server.node.database["audit"].find(wanted, {"_id": 0}, sort=[("seq", 1)])
        return await entries.to_list()
