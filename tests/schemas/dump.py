"""A whole database in a small file: documents and indexes as MongoDB's extended JSON."""

import gzip
from pathlib import Path
from typing import Any, Final, Self

import msgspec
from bson import json_util
from pymongo import AsyncMongoClient, IndexModel
from pymongo.asynchronous.database import AsyncDatabase

FOLDER: Final = Path(__file__).parent / "dumps"

Bson = dict[str, Any]
Database = AsyncDatabase[Bson]


class Dump(msgspec.Struct):
    """The collections of a database, each with its documents and its indexes."""

    commit: str
    documents: dict[str, list[Bson]]
    indexes: dict[str, list[Bson]]

    @classmethod
    async def taken(cls, database: Database, commit: str) -> Self:
        """What *database* holds."""
        names = sorted(await database.list_collection_names())
        return cls(
            commit,
            {name: await database[name].find().sort("_id").to_list() for name in names},
            {
                name: [dict(one) async for one in await database[name].list_indexes()]
                for name in names
            },
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """The dump that *path* holds."""
        return cls(**json_util.loads(gzip.decompress(path.read_bytes())))

    def write(self, path: Path) -> None:
        """Keep it in *path*; the same dump gives the same bytes."""
        text = json_util.dumps(
            msgspec.structs.asdict(self), json_options=json_util.CANONICAL_JSON_OPTIONS
        )
        path.write_bytes(gzip.compress(text.encode(), mtime=0))

    async def load(self, mongo_url: str, name: str) -> None:
        """Put it in the place of the database *name*."""
        client: AsyncMongoClient[Bson] = AsyncMongoClient(mongo_url)
        async with client:
            await client.drop_database(name)
            for collection, documents in self.documents.items():
                await client[name].create_collection(collection)
                if documents:
                    await client[name][collection].insert_many(documents)
                indexes = [_model(one) for one in self.indexes[collection] if one["name"] != "_id_"]
                if indexes:
                    await client[name][collection].create_indexes(indexes)


def _model(stored: Bson) -> IndexModel:
    options = {name: value for name, value in stored.items() if name not in {"key", "v"}}
    return IndexModel(list(stored["key"].items()), **options)
