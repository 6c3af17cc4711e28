"""A mongod as a replica set of one, which is what transactions and change streams need."""

import asyncio
import hashlib
import hmac
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import ConnectionFailure, OperationFailure

from upcoach.embedded import ports, wheels
from upcoach.embedded.engine import Engine, kept_secret

Database = AsyncDatabase[dict[str, Any]]

REPLICA_SET = "upcoach"
USER = "upcoach"
ROLES = ["readWriteAnyDatabase", "dbAdminAnyDatabase", "clusterMonitor"]

# MongoDB's error codes.
UNINITIALIZED = 94
INITIALIZED = 23
USER_EXISTS = 51003

OPTIONS = {
    "bind_ip": ports.LOOPBACK,
    "replSet": REPLICA_SET,
    # 6.0.5 has no mend for CVE-2025-14847, which is in the decompression of zlib messages.
    "networkMessageCompressors": "disabled",
    "wiredTigerCacheSizeGB": "0.25",
    "oplogSize": "128",
    # 17 MB on disk for an empty database instead of 301 MB.
    "wiredTigerEngineConfigString": "log=(prealloc=false,file_max=16MB)",
}
FLAGS = ("auth", "nounixsocket", "noscripting", "logappend", "quiet")
PARAMETERS = {
    # An abandoned transaction once held up an index build for 88 s.
    "transactionLifetimeLimitSeconds": "10",
    "diagnosticDataCollectionEnabled": "false",
    # There is no secondary to wait for.
    "shutdownTimeoutMillisForSignaledShutdown": "100",
}


class Mongod(Engine):
    """The mongod of one data folder.

    Set-up goes through the internal account __system, whose password is the key file: it exists
    before any other, so every step can be repeated after an interruption at any point.
    """

    name = "mongod"

    @property
    def url(self) -> str:
        return (
            f"mongodb://{USER}:{self._password}@{ports.LOOPBACK}:{self.port}"
            "/?directConnection=true&authSource=admin"
        )

    def command(self) -> list[str | Path]:
        documents = self.folder / "db"
        documents.mkdir(mode=0o700, exist_ok=True)
        kept_secret(self._key_file)
        own = {
            "dbpath": documents,
            "port": self.port,
            "keyFile": self._key_file,
            "logpath": self.log_file,
        }
        options = [f"--{name}={value}" for name, value in (OPTIONS | own).items()]
        flags = [f"--{name}" for name in FLAGS]
        parameters = [f"--setParameter={name}={value}" for name, value in PARAMETERS.items()]
        return [wheels.mongod(), *options, *flags, *parameters]

    async def answers(self) -> bool:
        if ports.is_free(self.port):
            return False
        client = self._as_system()
        try:
            await self._join(client.admin)
            greeting = await client.admin.command("hello")
            if greeting["isWritablePrimary"]:
                await self._admit(client.admin)
            return bool(greeting["isWritablePrimary"])
        except ConnectionFailure:
            return False
        finally:
            await asyncio.shield(client.close())  # half closed, it would keep its sockets

    async def _join(self, admin: Database) -> None:
        """Make it a replica set of one, at the port that it has today."""
        address = f"{ports.LOOPBACK}:{self.port}"
        try:
            config = (await admin.command("replSetGetConfig"))["config"]
        except OperationFailure as error:
            if error.code != UNINITIALIZED:
                raise
            await initiate(admin, address)
            return
        if config["members"][0]["host"] != address:
            moved = _config(address) | {"version": config["version"] + 1}
            await admin.command("replSetReconfig", moved, force=True)

    async def _admit(self, admin: Database) -> None:
        """Give the application its account, or the account its password of today."""
        try:
            await admin.command("createUser", USER, pwd=self._password, roles=ROLES)
        except OperationFailure as error:
            if error.code != USER_EXISTS:
                raise
            await admin.command("updateUser", USER, pwd=self._password, roles=ROLES)

    def _as_system(self) -> AsyncMongoClient[dict[str, Any]]:
        return AsyncMongoClient(
            ports.LOOPBACK,
            self.port,
            directConnection=True,
            username="__system",
            password=kept_secret(self._key_file),
            authSource="local",
            serverSelectionTimeoutMS=2000,
        )

    @property
    def _password(self) -> str:
        key = kept_secret(self._key_file).encode()
        return hmac.new(key, USER.encode(), hashlib.sha256).hexdigest()

    @property
    def _key_file(self) -> Path:
        return self.folder / "key"


async def initiate(admin: Database, address: str) -> None:
    """Found the replica set, unless there is one.

    A mongod may answer for a moment before it has read the set that it belonged to.
    """
    try:
        await admin.command("replSetInitiate", _config(address))
    except OperationFailure as error:
        if error.code != INITIALIZED:
            raise


def _config(address: str) -> dict[str, Any]:
    return {
        "_id": REPLICA_SET,
        "members": [{"_id": 0, "host": address}],
        # Nobody else stands for election; the default of 10 s is for networks.
        "settings": {"electionTimeoutMillis": 500, "heartbeatIntervalMillis": 500},
    }
