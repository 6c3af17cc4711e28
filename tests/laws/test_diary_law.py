"""The law of snapshots for tasks, moods and the journal, over REST and sockets alike."""

import asyncio
from collections.abc import Iterable
from typing import NamedTuple

from config.settings import Settings
from tests.laws.diary_rows import ROWS
from tests.support.laws.snapshots import (
    Documents,
    Row,
    anonymous,
    apart,
    as_frame,
    change_first,
    events_since,
    over_rest,
    snapshot,
)
from tests.support.laws.surface import surface
from tests.support.people import diary
from tests.support.people.diary import ENTRY_SHARE
from tests.support.server import Server, serving
from upcoach.client import Client, Device, apply_event

# What concerns two people: see tests/sharing/test_journal_shares.py.
ELSEWHERE = {("PUT", ENTRY_SHARE), ("DELETE", ENTRY_SHARE)}


def test_every_operation_that_writes_is_here() -> None:
    names = [row.name for row in ROWS]

    rows = {(row.method, row.path) for row in ROWS}

    assert rows | ELSEWHERE == surface(live=True, below=diary.PREFIXES)
    assert surface(live=False, below=diary.PREFIXES) == set()
    assert len(names) == len(set(names))


async def test_old_snapshot_and_events_are_the_new_snapshot(settings: Settings) -> None:
    async with serving(settings) as server:
        for rows in apart(row for row in ROWS if row.events):
            await try_rows(server, rows)


async def test_a_write_that_changes_nothing_has_no_event(settings: Settings) -> None:
    quiet = [row for row in ROWS if not row.events]
    async with serving(settings) as server:
        await try_rows(server, [row for row in quiet if row.earlier is None])
        for rows in apart(row for row in quiet if row.earlier is not None):
            await try_rows(server, rows)


async def try_rows(server: Server, rows: Iterable[Row]) -> None:
    """Ann writes over REST, Bob on his phone's socket: they get and see the same."""
    ann, bob = await asyncio.gather(server.person(), server.person())
    await asyncio.gather(diary.furnish(ann), diary.furnish(bob))
    held = [Held(person, *await snapshot(person)) for person in (ann, bob)]
    async with Device([server.url], bob.token) as phone:
        for row in rows:
            if row.earlier is not None:
                await asyncio.gather(change_first(ann, row), change_first(bob, row))
                held = [Held(person, *await snapshot(person)) for person in (ann, bob)]
            await phone.until(lambda device: device.live)

            answer = await over_rest(ann, row)
            frame = await phone.mutate(row.method, row.url, row.body, row.base)

            assert answer.status == row.status, (row.name, answer)
            assert anonymous(as_frame(answer) | {"t": "res", "id": frame["id"]}) == anonymous(frame)
            held = [await one.followed(row.events) for one in held]
            await caught_up(phone, held[1].cursor)
            assert phone.documents == held[1].documents
    assert set(phone.applied.values()) <= {1}
    for one in held:  # so far, only those kinds were compared of which there were events
        assert (one.documents, one.cursor) == await snapshot(one.person)


async def caught_up(phone: Device, cursor: str) -> None:
    """Return when *phone* has heard all up to *cursor*."""
    await phone.until(lambda device: f"{device.epoch}.{device.seq}" == cursor)


class Held(NamedTuple):
    """What somebody holds who has followed a person up to a cursor."""

    person: Client
    documents: Documents
    cursor: str

    async def followed(self, expected: tuple[str, ...]) -> "Held":
        """The same with the events since then, which are of the *expected* types, by the law."""
        events = await events_since(self.person, self.cursor)
        assert tuple(event["type"] for event in events) == expected
        if not events:
            return self
        for event in events:
            apply_event(self.documents, event)
        cursor = ""
        for kind in {event["type"].rpartition(".")[0] for event in events}:
            answer = await self.person.call("GET", f"/v1/snapshot?kind={kind}")
            assert self.documents[kind] == {one["id"]: one for one in answer.body["items"]}
            cursor = answer.headers["upcoach-cursor"]
        return Held(self.person, self.documents, cursor)
