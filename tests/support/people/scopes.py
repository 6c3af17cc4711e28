"""The scope of a person at the server."""

from models.access.scope import Scope
from tests.support.server import Server
from upcoach.client import RestClient


def scope_of(server: Server, person: RestClient) -> Scope:
    """The scope in which a person's requests run."""
    return server.node.services.account.sessions.authenticate(person.token).scope


def reached(server: Server, person: RestClient, seq: int) -> bool:
    """Whether the node knows of number *seq* of the person's feed."""
    topic = server.node.hub._topics.get(scope_of(server, person).feed)
    return topic is not None and topic.last >= seq
