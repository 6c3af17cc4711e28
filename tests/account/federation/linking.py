"""People of a provider's address."""

from tests.support.people.addresses import joined
from tests.support.people.mail import newest, token_in
from tests.support.server import Server
from upcoach.client import Response, RestClient

IDENTITIES = "/v1/auth/identities"
ANN = "ann@gmail.test"


async def verified(server: Server, email: str = ANN) -> RestClient:
    """Somebody who has an account and has shown that the address is theirs."""
    person = await joined(server, email)
    token = {"token": token_in(await newest(server, email))}
    assert (await server.client().call("POST", "/v1/auth/verify-email", token)).status == 204
    return person


async def identities(person: RestClient) -> list[tuple[str, str | None]]:
    found = (await person.call("GET", IDENTITIES)).body["items"]
    return [(one["provider"], one.get("email")) for one in found]


async def linked(person: RestClient, token: str, nonce: str) -> Response:
    body = {"provider": "google", "id_token": token, "nonce": nonce}
    return await person.call("POST", IDENTITIES, body)
