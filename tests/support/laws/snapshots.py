"""The law of snapshots: the old snapshot and its events give the new snapshot."""

import asyncio
import functools
import operator
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from models.base.checksums import document_digest
from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from models.contexts import KINDS
from tests.support.people.scopes import scope_of
from tests.support.server import Server
from tests.support.wire.answers import done, next_page
from upcoach.client import Response, RestClient, apply_event

Documents = dict[str, dict[str, Json]]
ALL = 1_000  # documents of a kind, of whom the laws try
_ID = re.compile(r"\b[a-z]{3}_[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b")


class Row(msgspec.Struct, frozen=True):
    """A write, and what it must bring about; *earlier* is what another device has sent there."""

    name: str
    status: int
    events: tuple[str, ...]
    method: str
    path: str
    names: dict[str, str] = {}
    body: Any = None
    base: int | None = None
    earlier: Any = None

    @property
    def url(self) -> str:
        """The path with its variable parts."""
        return self.path.format(**self.names)


CREATED, CHANGED, DELETED, UNCHANGED = (201, 200, 204, 200)


async def snapshot(person: RestClient, *, limit: int = 2) -> tuple[Documents, str]:
    """All of a person's documents, page by page, and the cursor from which events go on."""
    documents: Documents = {kind: {} for kind in KINDS}
    path, cursor = f"/v1/snapshot?limit={limit}", ""
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        cursor = cursor or answer.headers["upcoach-cursor"]
        for item in answer.body["items"]:
            documents[answer.body["kind"]][item["id"]] = item
        path = next_page(answer)
    return documents, cursor


async def kept(server: Server, person: RestClient) -> Documents:
    """The same documents as the node reads them, all kinds at once."""
    owner = scope_of(server, person).user
    pages = await asyncio.gather(
        *(server.node.services.sync.snapshots.page(owner, kind, "", ALL, None) for kind in KINDS)
    )
    assert all(page.last for page in pages)
    shown = msgspec.json.decode(msgspec.json.encode([page.items for page in pages]))
    return {
        kind: {item["id"]: item for item in items} for kind, items in zip(KINDS, shown, strict=True)
    }


async def events_since(person: RestClient, cursor: str) -> list[Json]:
    """What happened since *cursor*, in pages of one."""
    events: list[Json] = []
    path = f"/v1/events?since={cursor}&limit=1"
    while path:
        answer = await person.call("GET", path)
        assert answer.status == 200, answer
        events += answer.body
        path = next_page(answer)
    return events


async def assert_law(
    before: tuple[Documents, str], person: RestClient, expected: tuple[str, ...]
) -> None:
    """Whoever held the documents of *before* holds, with its events, those of now."""
    documents, cursor = before
    events = await events_since(person, cursor)
    for event in events:
        apply_event(documents, event)

    assert tuple(event["type"] for event in events) == expected
    assert documents == (await snapshot(person))[0]


def anonymous(answer: Any) -> Any:
    """*answer* without what differs between two people who ask for the same."""
    if not isinstance(answer, dict):
        return answer
    different = {"owner", "created_at", "updated_at", "archived_at", "completed_at", "request_id"}
    different |= {"read_at", "seen_at", "started_at", "ended_at", "expires_at", "up_to"}
    different.add("other")  # whom somebody has to do with
    different |= {"trashed_at", "journal"}  # the default journal's id follows from its owner's
    different |= {"verification_since"}
    if str(answer.get("id")).startswith("cop_"):  # so does that of a coach's profile
        different |= {"id"}
    return {
        name: anonymous(value) if name not in different else "different"
        for name, value in answer.items()
        if name != "request_id"
    }


async def change_first(person: RestClient, row: Row) -> None:
    """Write what comes before *row*, to the version that is."""
    if row.method != "PATCH":
        await done(person.call("PUT", row.url, row.earlier))
        return
    etag = (await person.call("GET", row.url)).headers["etag"]
    await done(person.call("PATCH", row.url, row.earlier, headers={"If-Match": etag}))


async def over_rest(person: RestClient, row: Row) -> Response:
    """The answer of the REST route to the same write, which has a name as every `mut` has."""
    headers = {"Idempotency-Key": new_mutation_id()}
    if row.base is not None:
        headers["If-Match"] = f'"v{row.base}"'
    return await person.call(row.method, row.url, row.body, headers=headers)


def as_frame(answer: Response) -> Json:
    """What the socket would say in the place of *answer*."""
    frame: Json = {"status": answer.status}
    if answer.status >= 400:
        frame["problem"] = answer.body
    elif answer.status != 204:
        frame["body"] = answer.body
    if "upcoach-merged" in answer.headers:
        frame["merged"] = answer.headers["upcoach-merged"].split(", ")
    if "etag" in answer.headers:
        frame["ver"] = int(answer.headers["etag"].strip('"v'))
    if "upcoach-cursor" in answer.headers:
        frame["cur"] = answer.headers["upcoach-cursor"]
    return frame


def apart(rows: Iterable[Row]) -> list[list[Row]]:
    """*rows* in groups, in none of which two are about one document."""
    groups: list[list[Row]] = []
    for row in rows:
        for group in groups:
            if all(subjects(row).isdisjoint(subjects(other)) for other in group):
                group.append(row)
                break
        else:
            groups.append([row])
    return groups


def subjects(row: Row) -> set[str]:
    """The ids of all documents that *row* is about."""
    return set(_ID.findall(f"{row.url} {row.body}"))


def sums_of(documents: dict[str, dict[str, Json]]) -> dict[str, str]:
    """The checksums of *documents*, by the rule that clients are told."""
    return {
        kind: format(
            functools.reduce(
                operator.xor,
                (document_digest(document["id"], document["version"]) for document in by_id),
            ),
            "016x",
        )
        for kind, by_id in ((kind, of_kind.values()) for kind, of_kind in documents.items())
        if by_id
    }


async def head_of(person: RestClient) -> tuple[str, int]:
    """The feed's epoch and newest number."""
    epoch, _, seq = (await snapshot(person))[1].partition(".")
    return epoch, int(seq)
