"""The five routes that every kind of owned document has."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from handlers.http.operations import Call, Operation, Reply, document_reply, write_reply
from handlers.http.pagination import Items, ListQuery, PageQuery, page_by_id, page_by_order
from models.base.document import Document, Draft
from models.base.text.counting import plural
from models.contexts import CHILDREN
from upcoach.services.base.resources import Resources, require_object

S = TypeVar("S")


def resource(
    path: str,
    of: Callable[[S], Resources[Any, Any]],
    *,
    new: type[Draft] | None,
    gives: type[Document],
    lists: type[ListQuery] | None = None,
    weight: int = 1,
    deletes: str = "",
) -> tuple[Operation[S], ...]:
    """List, create, read, change and delete documents like *gives*, at *path*.

    With None for *new* nobody creates any here: the server makes them.

    The list is in order of id, or as *lists* asks for it; a page of it costs *weight* reads.
    *deletes* is the summary of the deletion, where it is not of one document and its children.
    """
    return _Resource(path, of, new, gives, lists, deletes).operations(weight)


class _Resource(msgspec.Struct, Generic[S], frozen=True):
    """The documents at a path: how their operations are carried out, and the rows of these."""

    path: str
    of: Callable[[S], Resources[Any, Any]]
    new: type[Draft] | None
    gives: type[Document]
    lists: type[ListQuery] | None
    deletes: str

    async def page(self, services: S, call: Call) -> Reply:
        resources = self.of(services)
        if self.lists is not None:
            selection = call.parse_query(self.lists).selection()
            documents = await resources.select(call.scope, selection)
            return page_by_order(self.path, call, documents, selection)
        query = call.parse_query(PageQuery)
        documents = await resources.page(call.scope, after=query.after, limit=query.limit + 1)
        return page_by_id(self.path, call, documents, query.limit)

    async def create(self, services: S, call: Call) -> Reply:
        assert self.new is not None
        draft, resources = call.read(self.new), self.of(services)
        unsaid = {name: name not in call.body for name in ("id", "tz")}
        return write_reply(
            await resources.create(
                call.scope,
                draft,
                call.mutation,
                is_fresh=unsaid["id"],
                lacks_zone=unsaid["tz"],
            )
        )

    async def read(self, services: S, call: Call) -> Reply:
        return document_reply(await self.of(services).get(call.scope, call.names["id"]))

    async def change(self, services: S, call: Call) -> Reply:
        patch, base = require_object(call.body), call.require_base()
        return write_reply(
            await self.of(services).change(call.scope, call.names["id"], patch, base, call.mutation)
        )

    async def delete(self, services: S, call: Call) -> Reply:
        return write_reply(
            await self.of(services).delete(call.scope, call.names["id"], call.base, call.mutation)
        )

    def operations(self, weight: int) -> tuple[Operation[S], ...]:
        """The rows: of the list, of the creation, and of one document."""
        reading, writing = permissions(self.path)
        noun = self.gives.kind.replace(".", " ")
        return (
            self._list_row(reading, noun, weight),
            *([] if self.new is None else [self._create_row(writing, noun)]),
            *self._item_rows(reading, writing, noun),
        )

    def _create_row(self, needs: str, noun: str) -> Operation[S]:
        return Operation(
            method="POST",
            path=self.path,
            run=self.create,
            needs=needs,
            body="json",
            takes=self.new,
            gives=self.gives,
            live=True,
            summary=f"Create a {noun}.",
        )

    def _list_row(self, needs: str, noun: str, weight: int) -> Operation[S]:
        order = "" if self.lists else ", in the order in which they were made"
        return Operation(
            method="GET",
            path=self.path,
            run=self.page,
            needs=needs,
            query=self.lists or PageQuery,
            gives=Items[self.gives],  # type: ignore[name-defined] # known at run time only
            weight=weight,
            summary=f"List the caller's {plural(noun)}{order}.",
        )

    def _item_rows(self, reading: str, writing: str, noun: str) -> tuple[Operation[S], ...]:
        path = f"{self.path}/{{id}}"
        children = (plural(kind.rpartition(".")[2]) for kind in CHILDREN[self.gives.kind])
        return (
            Operation(
                method="GET",
                path=path,
                run=self.read,
                needs=reading,
                gives=self.gives,
                summary=f"Get a {noun}.",
            ),
            Operation(
                method="PATCH",
                path=path,
                run=self.change,
                needs=writing,
                body="merge-patch",
                takes=self.gives.draft,
                gives=self.gives,
                base="required",
                live=True,
                summary=f"Change a {noun} by a merge patch (RFC 7396).",
            ),
            Operation(
                method="DELETE",
                path=path,
                run=self.delete,
                needs=writing,
                base="taken",
                live=True,
                summary=self.deletes or f"Delete {' and its '.join((f'a {noun}', *children))}.",
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
