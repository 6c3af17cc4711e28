"""OAuth: clients, which are in no feed, and the grants that users give them."""

from models.access.model_context import ModelContext
from models.oauth.client import ID_PREFIX, OAuthClient
from models.oauth.grant import Grant

CONTEXT = ModelContext(
    ways=(Grant,),
    id_prefixes=(ID_PREFIX,),
)

__all__ = [
    "CONTEXT",
    "Grant",
    "OAuthClient",
]
