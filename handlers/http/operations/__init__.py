"""Operations: what can be asked of the server, whichever transport it is asked by.

An operation is a row (`rows`): method, path, who may, what its body is, and a function from the
services of its context and a `Call` to a `Reply`.  `Router` finds the row for a path.
"""

from handlers.http.operations.calls import (
    Call,
    Ordinal,
    Query,
    parse_body,
    token_missing,
)
from handlers.http.operations.mutations import checked_version, mutation_of
from handlers.http.operations.replies import (
    Reply,
    cursor_text,
    document_reply,
    owner_scope,
    write_reply,
)
from handlers.http.operations.router import Route, Router
from handlers.http.operations.rows import EACH, Base, Body, FailureLimit, Operation, Run, unbound

__all__ = [
    "EACH",
    "Base",
    "Body",
    "Call",
    "FailureLimit",
    "Operation",
    "Ordinal",
    "Query",
    "Reply",
    "Route",
    "Router",
    "Run",
    "checked_version",
    "cursor_text",
    "document_reply",
    "mutation_of",
    "owner_scope",
    "parse_body",
    "token_missing",
    "unbound",
    "write_reply",
]
