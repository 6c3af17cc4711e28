"""The five routes that every kind of owned document has."""

from collections.abc import Callable
from typing import Any, TypeVar

from handlers.http.operations import Call, Operation, Query, Reply, document_reply, write_reply
from handlers.http.pagination import Items, ListQuery, PageQuery, page_by_id, page_by_order
from models.base.document import Document, Draft
from upcoach.services.base.resources import Resources, require_object

S = TypeVar("S")


def resource(
    path: str,
    of: Callable[[S], Resources[Any, Any]],
    *,
    new: type[Draft],
    gives: type[Document],
    lists: type[ListQuery] | None = None,
    weight: int = 1,
) -> tuple[Operation[S], ...]:
    """List, create, read, change and delete documents like *gives*, at *path*.

    The list is in order of id, or as *lists* asks for it; a page of it costs *weight* reads.
    """

    async def page(services: S, call: Call) -> Reply:
        if lists is not None:
            selection = call.parse_query(lists).selection()
            documents = await of(services).select(call.scope, selection)
            return page_by_order(path, call, documents, selection)
        query = call.parse_query(PageQuery)
        documents = await of(services).page(call.scope, after=query.after, limit=query.limit + 1)
        return page_by_id(path, call, documents, query.limit)

    async def create(services: S, call: Call) -> Reply:
        draft, is_fresh = call.read(new), "id" not in call.body
        return write_reply(
            await of(services).create(call.scope, draft, call.mutation, is_fresh=is_fresh)
        )

    async def read(services: S, call: Call) -> Reply:
        return document_reply(await of(services).get(call.scope, call.names["id"]))

    async def change(services: S, call: Call) -> Reply:
        patch = require_object(call.body)
        return write_reply(
            await of(services).change(
                call.scope, call.names["id"], patch, call.require_base(), call.mutation
            )
        )

    async def delete(services: S, call: Call) -> Reply:
        return write_reply(
            await of(services).delete(call.scope, call.names["id"], call.base, call.mutation)
        )

    item_path = f"{path}/{{id}}"
    list_query: type[Query] = lists or PageQuery
    order = "" if lists else ", in the order in which they were made"
    noun, nouns = gives.kind.replace(".", " "), path.rpartition("/")[2].replace("-", " ")
    reading, writing = permissions(path)
    return (
        Operation(
            method="GET",
            path=path,
            run=page,
            needs=reading,
            query=list_query,
            gives=Items[gives],  # type: ignore[valid-type] # known at run time only
            weight=weight,
            summary=f"List the caller's {nouns}{order}.",
        ),
        Operation(
            method="POST",
            path=path,
            run=create,
            needs=writing,
            body="json",
            takes=new,
            gives=gives,
            live=True,
            summary=f"Create a {noun}.",
        ),
        Operation(
            method="GET",
            path=item_path,
            run=read,
            needs=reading,
            gives=gives,
            summary=f"Get a {noun}.",
        ),
        Operation(
            method="PATCH",
            path=item_path,
            run=change,
            needs=writing,
            body="merge-patch",
            takes=gives.draft,
            gives=gives,
            base="required",
            live=True,
            summary=f"Change a {noun} by a merge patch (RFC 7396).",
        ),
        Operation(
            method="DELETE",
            path=item_path,
            run=delete,
            needs=writing,
            base="taken",
            live=True,
            summary=f"Delete a {noun}, and all that stands below it.",
        ),
    )


def permissions(path: str) -> tuple[str, str]:
    """What it takes to read and to write at *path*.

    Examples
    --------
    >>> permissions("/v1/habits")
    ('habits:read', 'habits:write')

    """
    noun = path.split("/")[2]
    return f"{noun}:read", f"{noun}:write"
