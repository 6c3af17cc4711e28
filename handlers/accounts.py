"""Registering, logging in, logging out."""

from handlers.operations import Call, Operation, Reply, written
from models.documents.session import Credentials
from models.documents.user import Registration
from upcoach.services import Services


async def register(services: Services, call: Call) -> Reply:
    """Become a user."""
    return written(await services.accounts.register(call.read(Registration)))


async def log_in(services: Services, call: Call) -> Reply:
    """Get a token for this device."""
    token, outcome = await services.accounts.log_in(call.read(Credentials))
    assert outcome.body is not None
    body = {"token": token, "token_type": "Bearer", "session": outcome.body}
    return Reply(status=201, body=body, seq=outcome.seq)


async def log_out(services: Services, call: Call) -> Reply:
    """End the session whose token this is."""
    return written(await services.accounts.log_out(call.scope))


async def me(services: Services, call: Call) -> Reply:
    """Who am I?"""
    return Reply(body=await services.accounts.me(call.scope))


OPERATIONS = (
    Operation(method="POST", path="/v1/auth/register", run=register, body="json", public=True),
    Operation(method="POST", path="/v1/auth/login", run=log_in, body="json", public=True),
    Operation(method="POST", path="/v1/auth/logout", run=log_out),
    Operation(method="GET", path="/v1/me", run=me),
)
