"""`audit-verify`: verifies the audit log against the checkpoints in both places."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from config.settings import Settings
from models.audit import STREAM, AuditVerification, Checkpoint, Damage
from models.base.merge_patch import Json
from upcoach.node.connecting import open_database
from upcoach.node.process.listener import StartError
from upcoach.services.audit.audit_signing import AuditSigner
from upcoach.store.base.database import Database
from upcoach.store.collections.audit import AuditStore


class Verified(msgspec.Struct, frozen=True):
    """The result of a verification: counts, and the damages found."""

    entries: int
    checkpoints: int
    damages: list[Damage]
    is_witnessed: bool  # whether there was a second place to look at


async def verify_audit(settings: Settings, mongo_url: str) -> Verified:
    """Verify the audit log of a running installation."""
    async with open_database(mongo_url, settings) as database:
        return await verified(database, AuditSigner(settings.index_key), settings.audit_checkpoints)


async def verified(database: Database, signer: AuditSigner, second_place: Path) -> Verified:
    """Verify the audit log against the checkpoints of the database and of *second_place*."""
    store = AuditStore(database)
    witnessed = _witnessed(second_place)
    checkpoints = _distinct([*await store.checkpoints(STREAM), *witnessed])
    inspection = AuditVerification(checkpoints, is_ours=signer.is_ours)
    count = 0
    async for entry in store.read(STREAM):
        inspection.read(entry)
        count += 1
    return Verified(count, len(checkpoints), inspection.end(), is_witnessed=bool(witnessed))


async def export_audit(settings: Settings, mongo_url: str, folder: Path) -> None:
    """Export the audit log into *folder* for an independent verifier."""
    signer = AuditSigner(settings.index_key)
    async with open_database(mongo_url, settings) as database:
        store = AuditStore(database)
        entries = [entry async for entry in store.read(STREAM)]
        checkpoints = await store.checkpoints(STREAM)
    _write(
        folder,
        {
            "entries.jsonl": _lines(entries),
            "checkpoints.jsonl": _lines(checkpoints),
            "key.pem": signer.public_pem,
        },
    )


def _write(folder: Path, files: dict[str, bytes]) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name).write_bytes(content)
    except OSError as error:
        raise StartError(f"{folder} cannot be written into ({error.strerror}).") from None


def _witnessed(place: Path) -> list[Json]:
    try:
        return [msgspec.json.decode(line) for line in place.read_bytes().splitlines()]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StartError(f"{place} cannot be read ({error.strerror}).") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise StartError(f"{place} holds a line that is no checkpoint.") from None


def _distinct(stored: Iterable[Json]) -> list[Checkpoint]:
    """Decode *stored* checkpoints, without duplicates."""
    try:
        read = [msgspec.convert(checkpoint, Checkpoint) for checkpoint in stored]
    except msgspec.ValidationError as failure:
        raise StartError(f"Something among the checkpoints is none: {failure}.") from None
    return list(dict.fromkeys(read))


def _lines(entries: Iterable[Json]) -> bytes:
    return b"".join(msgspec.json.encode(entry) + b"\n" for entry in entries)
