"""What it costs to find words in somebody's sealed journal, in two ways.

`python -m tests.bench.search` fills a journal, then asks for words of several kinds, once through
the blind index and once by opening every entry and looking.  Both find the same entries.
"""

import asyncio
import datetime as dt
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from pymongo import InsertOne

from models.base.ids import new_id
from models.base.text.search_words import words_of
from models.journal import JournalEntry, NewJournalEntry
from upcoach.embedded import Engines
from upcoach.store.base import codec
from upcoach.store.base.database import Bson, Database
from upcoach.store.collections.documents import Documents, Selection
from upcoach.store.schema.schema import Schema
from upcoach.store.secrets.keyring import COLLECTION as KEYS
from upcoach.store.secrets.keyring import KeyRing, MasterKeys

SIZES: Final = (1_000, 5_000)
WORDS: Final = 150  # of an entry
VOCABULARY: Final = 20_000
ROUNDS: Final = 15
LIMIT: Final = 20

Search = Callable[[str], Awaitable[list[JournalEntry]]]


def texts(count: int, chance: random.Random) -> list[str]:
    """Texts whose words are as frequent as those of people (Zipf's law)."""
    words = [f"w{number:x}" for number in range(VOCABULARY)]
    weights = [1 / (rank + 2.7) for rank in range(VOCABULARY)]
    return [" ".join(chance.choices(words, weights, k=WORDS)) for _ in range(count)]


def entries(count: int, owner: str) -> list[JournalEntry]:
    """A journal of *count* entries, one a day."""
    at = dt.datetime(2026, 1, 5, tzinfo=dt.UTC)
    days = (at.date() - dt.timedelta(days=number) for number in range(count))
    return [
        JournalEntry.drafted(
            NewJournalEntry(text=text, local_date=day, tags=("life",)), owner=owner, at=at
        )
        for text, day in zip(texts(count, random.Random(count)), days, strict=True)
    ]


async def fill(database: Database, keyring: KeyRing, owner: str, count: int) -> float:
    """Write a journal; return the ms that it takes to name the words of an entry."""
    async with database.connection():
        await database[KEYS].insert_one(keyring.create(owner))
    made = entries(count, owner)
    began = time.process_time()
    for entry in made:
        codec.blind(entry.words(), keyring[owner])
    words_ms = (time.process_time() - began) * 1000 / count
    stored = [codec.to_bson(entry, keyring[owner]) for entry in made]
    for start in range(0, count, 500):
        async with database.connection():
            await database[JournalEntry.collection].bulk_write(
                [InsertOne(one) for one in stored[start : start + 500]]
            )
    return words_ms


def by_index(documents: Documents, owner: str) -> Search:
    """Ask the blind index."""

    async def search(query: str) -> list[JournalEntry]:
        wanted = Selection(order="local_date", words=words_of(query), descending=True, limit=LIMIT)
        return await documents.select(JournalEntry, owner, wanted)

    return search


def by_opening(documents: Documents, owner: str) -> Search:
    """Open entries, the newest first, until enough of them match."""

    async def search(query: str) -> list[JournalEntry]:
        asked = words_of(query)
        wanted = Selection(
            order="local_date", where={"trashed_at": None}, descending=True, limit=100_000
        )
        found: list[JournalEntry] = []
        for entry in await documents.select(JournalEntry, owner, wanted):
            if asked <= words_of(entry.title, entry.text):
                found.append(entry)
                if len(found) == LIMIT:
                    break
        return found

    return search


async def measure(search: Search, query: str) -> tuple[float, float, int]:
    """The median of wall time and of this process's CPU in ms, and how many were found."""
    walls, cpus, count = [], [], 0
    for _ in range(ROUNDS):
        wall, cpu = time.perf_counter(), time.process_time()
        count = len(await search(query))
        walls.append((time.perf_counter() - wall) * 1000)
        cpus.append((time.process_time() - cpu) * 1000)
    return statistics.median(walls), statistics.median(cpus), count


async def compare(database: Database, keyring: KeyRing, count: int) -> None:
    """Print the figures of a journal of *count* entries."""
    owner, documents = new_id("usr"), Documents(database, keyring)
    words_ms = await fill(database, keyring, owner, count)
    print(f"\n{count} entries; naming the words of one takes {words_ms:.2f} ms")
    for what, query in {
        "a rare word": "w3a98",
        "a common word": "w10",
        "two common words": "w10 w20",
        "no match": "nowhere",
    }.items():
        index, opening = by_index(documents, owner), by_opening(documents, owner)
        assert await index(query) == await opening(query)
        for name, search in (("index", index), ("opening", opening)):
            wall, cpu, found = await measure(search, query)
            print(f"  {what:17} {name:8} {wall:8.1f} ms, {cpu:8.1f} ms CPU, {found:3} found")
    async with database.connection():
        stats: Bson = await database.handle.command("collStats", JournalEntry.collection)
    indexes = stats["indexSizes"]["found_by_words_local_date"] / 1e6
    print(
        f"  {stats['size'] / 1e6:.1f} MB of entries, {indexes:.1f} MB of words' index, all journals"
    )


async def main() -> None:
    """Measure every size."""
    with tempfile.TemporaryDirectory() as folder:
        async with Engines(Path(folder), mongo=True, redis=False) as engines:
            database = Database(engines.mongo_url, "search")
            keyring = KeyRing(database, MasterKeys("k", {"k": b"k" * 32}))
            await Schema(database).ensure()
            for count in SIZES:
                await compare(database, keyring, count)
            await database.close()


if __name__ == "__main__":
    asyncio.run(main())
