"""Operators, logged in to the panel."""

from typing import Any

from tests.support.people.operators import ADMIN
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from upcoach.client import RestClient


async def operator(server: Server) -> RestClient:
    """An operator, logged in to the panel with two factors."""
    person = await server.person()
    await set_roles(server, person, ("superadmin",))
    login, _ = await server.node.services.account.sessions.start(
        scope_of(server, person).user, ADMIN
    )
    person.token = login.token
    return person


async def set_roles(server: Server, person: RestClient, roles: Any) -> None:
    """Give *person* roles, as the operators' command does."""
    email = (await person.call("GET", "/v1/me")).body["email"]
    await server.node.services.account.accounts.set_roles(email, roles)
