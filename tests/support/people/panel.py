"""Operators, logged in to the panel."""

from typing import Any

from tests.support.people.operators import ADMIN
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from upcoach.client import Client


async def operator(server: Server) -> Client:
    """An operator, logged in to the panel with two factors."""
    person = await server.person()
    await appoint(server, person, ("superadmin",))
    login, _ = await server.node.services.account.sessions.start(
        scope_of(server, person).user, ADMIN
    )
    person.token = login.token
    return person


async def appoint(server: Server, person: Client, roles: Any) -> None:
    """Give *person* roles, as the operators' command does."""
    email = (await person.call("GET", "/v1/me")).body["email"]
    await server.node.services.account.accounts.appoint(email, roles)
