"""People who change a password, or have forgotten it."""

from tests.support.people.addresses import ANN
from tests.support.people.mail import newest, token_in
from tests.support.server import Server
from upcoach.client import Response
from upcoach.client.rest import ClientError

CHANGE, FORGOT, RESET = (f"/v1/auth/password/{word}" for word in ("change", "forgot", "reset"))
NEW = "horse battery staple"


async def forgot(server: Server, email: str = ANN) -> str:
    """The token of the link that is mailed to whoever has forgotten their password."""
    answer = await server.client().call("POST", FORGOT, {"email": email})
    assert (answer.status, answer.body) == (202, {"email": email})
    return token_in(await newest(server, email))


async def reset(server: Server, token: str, password: str = NEW) -> Response:
    return await server.client().call("POST", RESET, {"token": token, "password": password})


async def enters(server: Server, password: str, email: str = ANN) -> bool:
    """Whether somebody can log in with *password*."""
    try:
        client = await server.client().log_in(email, password, "laptop")
    except ClientError:
        return False
    client.close()
    return True
