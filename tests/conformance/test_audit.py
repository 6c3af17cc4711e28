"""The audit log, verified by a program that knows nothing of ours."""

import asyncio
import json
import resource
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from models.audit.entries import AuditHead, Checkpoint, chained, head_of, moment_of
from models.base.clock import utc_now
from tests.conformance.outside import HERE, node
from tests.support.server import serving
from upcoach.cli.audit_commands import export_audit
from upcoach.services.audit.audit_signing import AuditSigner

MANY, BOUND_S = 100_000, 10


async def said(*arguments: object) -> tuple[int | None, str]:
    """What the verifier says of a folder."""
    program = await asyncio.to_thread(node)
    process = await asyncio.create_subprocess_exec(
        program, HERE / "audit.mjs", *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


@pytest.mark.conformance
async def test_what_we_export_is_verified_by_others(settings: Settings, tmp_path: Path) -> None:
    async with serving(settings) as server:
        for _ in range(3):
            await (await server.person()).call("POST", "/v1/auth/logout")
        await server.node.services.audit.log.checkpoint()
        assert settings.mongo_url is not None
        await export_audit(settings, settings.mongo_url, tmp_path)

    assert await said(tmp_path) == (0, "entries: 9, checkpoints: 1\n")
    entries = tmp_path / "entries.jsonl"
    entries.write_text(entries.read_text().replace("session.ended", "session.began", 1))
    assert (await said(tmp_path))[0] == 1


@pytest.mark.conformance
async def test_a_hundred_thousand_entries_are_verified_in_ten_seconds(tmp_path: Path) -> None:
    seals, head, lines = AuditSigner(bytes(32)), AuditHead(), []
    told: dict[str, Any] = {
        **dict.fromkeys(("sid", "reason", "ua_hash", "req", "target"), ""),
        "ts": moment_of(utc_now()),
        "actor": "psn_€",
        "actor_kind": "user",
        "action": "thing.done",
        "outcome": "done",
        "ip": "203.0.113.0/24",
    }
    for _ in range(MANY):
        entry = chained(head, told)
        head = head_of(entry)
        lines.append(json.dumps({name: getattr(entry, name) for name in entry.__struct_fields__}))
    checkpoint = seals.signed(
        Checkpoint(stream="main", seq=MANY, hash=head.hash, count=MANY, ts=head.ts, key="")
    )
    members = {name: getattr(checkpoint, name) for name in checkpoint.__struct_fields__}
    (tmp_path / "entries.jsonl").write_text("\n".join(lines))
    (tmp_path / "checkpoints.jsonl").write_text(json.dumps(members))
    (tmp_path / "key.pem").write_bytes(seals.public_pem)

    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = await said(tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    assert found == (0, f"entries: {MANY}, checkpoints: 1\n")
    # Of the processor, since others use the machine, too.
    took_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{MANY:,} entries verified with {took_s:.1f} s of CPU")
    assert took_s < BOUND_S
