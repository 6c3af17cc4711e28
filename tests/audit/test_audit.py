"""The audit log: what is in it, who reads it, and that nobody changes it unseen."""

import asyncio
import copy
import datetime as dt
import json
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.settings import Settings
from models.access.request_origin import RequestOrigin
from models.audit.audit_verification import AuditVerification
from models.audit.entries import (
    GENESIS,
    AuditAction,
    AuditHead,
    Checkpoint,
    canonical,
    chained,
    digest_of,
    head_of,
    moment_of,
)
from models.base.clock import utc_now
from models.base.errors import Unavailable
from tests.support.engines import TestEngines
from tests.support.people.operators import audited, operator
from tests.support.people.relations import relate, share
from tests.support.server import PASSWORD, Server, serving
from upcoach.cli.audit_commands import Verified, verified
from upcoach.services.audit.audit import Audit
from upcoach.services.audit.audit_signing import AuditSigner
from upcoach.store.collections.audit import AuditStore

Json = dict[str, Any]
NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
SEALS = AuditSigner(bytes(32))
USER = "usr_01a20c66-99df-75bd-8f37-3328887fd981"


def told(number: int, at: dt.datetime = NOON) -> Json:
    """What entry *number* says."""
    return {
        "ts": moment_of(at),
        "actor": SEALS.pseudonym(USER),
        "actor_kind": "user",
        "sid": "",
        "action": "thing.done",
        "target": f"thing {number}",
        "outcome": "done",
        "reason": "",
        "ip": "203.0.113.0/24",
        "ua_hash": "",
        "req": "",
    }


def written(count: int, head: AuditHead | None = None) -> list[Json]:
    """The first *count* entries, as the database holds them."""
    head, entries = head or AuditHead(), []
    for number in range(head.seq + 1, head.seq + count + 1):
        entry = chained(head, told(number))
        entries.append(json.loads(json.dumps(_members(entry))))
        head = head_of(entry)
    return entries


def _members(entry: Any) -> Json:
    return {name: getattr(entry, name) for name in entry.__struct_fields__}


def witness_of(entry: Json) -> Checkpoint:
    """The checkpoint at *entry*."""
    fields = {"stream": entry["stream"], "seq": entry["seq"], "hash": entry["hash"]}
    return SEALS.signed(Checkpoint(**fields, count=entry["seq"], ts=entry["ts"], key=""))


def rehashed(entries: list[Json]) -> list[Json]:
    """*entries* as a forger leaves them: numbers, links and hashes are right again."""
    prev, again = GENESIS, []
    for number, entry in enumerate(entries, 1):
        bare = entry | {"seq": number, "prev": prev}
        again.append(bare | {"hash": digest_of(bare)})
        prev = again[-1]["hash"]
    return again


def damages(entries: list[Json], *checkpoints: Checkpoint) -> set[str]:
    """The kinds of damage that *entries* show."""
    inspection = AuditVerification(checkpoints, is_ours=SEALS.is_ours)
    inspection.read_on(entries)
    return {damage.kind for damage in inspection.end()}


def edited(entries: list[Json], place: int = 3, **changes: Any) -> list[Json]:
    return [entry | changes if at == place else entry for at, entry in enumerate(entries)]


def early(entries: list[Json]) -> list[Json]:
    return rehashed(edited(entries, ts=moment_of(NOON - dt.timedelta(days=1))))


TAMPERED: dict[str, tuple[Callable[[list[Json]], list[Json]], set[str]]] = {
    "a field is edited": (lambda log: edited(log, target="other"), {"changed"}),
    "an entry in the middle is deleted": (lambda log: log[:3] + log[4:], {"missing", "unlinked"}),
    "the tail is deleted": (lambda log: log[:7], {"cut"}),
    "two entries are swapped": (
        lambda log: [*log[:3], log[4], log[3], *log[5:]],
        {"missing", "repeated", "unlinked"},
    ),
    "two entries change places with their numbers": (
        lambda log: [*log[:3], log[4] | {"seq": 4}, log[3] | {"seq": 5}, *log[5:]],
        {"changed", "unlinked"},
    ),
    "an entry is put in": (
        lambda log: [*log[:4], log[3] | {"target": "x"}, *log[4:]],
        {
            "changed",
            "repeated",
            "unlinked",
        },
    ),
    "a number is there twice": (
        lambda log: [*log[:4], log[3], *log[4:]],
        {"repeated", "unlinked"},
    ),
    "the whole tail is hashed again": (
        lambda log: rehashed(edited(log, target="other")),
        {"rewritten"},
    ),
    "the clock is put back": (early, {"early", "rewritten"}),
    "an older backup is restored": (lambda log: log[:5], {"cut"}),
    "a field is added": (lambda log: edited(log, more="x"), {"unreadable", "missing", "unlinked"}),
    "a field is taken away": (
        lambda log: [*log[:3], {k: v for k, v in log[3].items() if k != "ip"}, *log[4:]],
        {"unreadable", "missing", "unlinked"},
    ),
    "everything is gone": (lambda _: [], {"cut"}),
    "another log is in its place": (
        lambda log: rehashed([one | {"actor": "psn_x"} for one in log]),
        {"rewritten"},
    ),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_tampering_is_found(name: str) -> None:
    log = written(9)
    tamper, expected = TAMPERED[name]
    witness = witness_of(log[-1])

    assert damages(log, witness) == set()
    assert damages(tamper(copy.deepcopy(log)), witness) == expected


def test_a_forged_checkpoint_is_found() -> None:
    log = written(3)
    right = witness_of(log[-1])
    forged = AuditSigner(bytes(31) + b"\x01").signed(right)
    moved = Checkpoint(**(_members(right) | {"hash": log[0]["hash"]}))

    assert damages(log, right) == set()
    assert damages(log, forged) == damages(log, moved) == {"forged"}


@given(
    st.integers(0, 8),
    st.sampled_from(["actor", "target", "reason", "ip", "req", "sid", "prev", "hash", "ts"]),
    st.text(max_size=70),
)
def test_no_field_can_be_changed_unseen(place: int, field: str, value: str) -> None:
    log = written(9)
    changed = edited(log, place, **{field: value})

    assert bool(damages(changed, witness_of(log[-1]))) == (changed != log)


def test_an_entry_is_canonical_json() -> None:
    # RFC 8785, 3.2.2.2: the short escapes, the rest of the controls by number, all else as it is.
    members = {"b": '\b\t\n\f\r"\\\x00\x1f\x7f€\U0001f600', "a": 2**53, "c": ""}
    short = r"\b\t\n\f\r\"\\" + r"\u0000\u001f"

    assert canonical(members).decode() == (
        f'{{"a":9007199254740992,"b":"{short}\x7f€\U0001f600","c":""}}'
    )


def _audit(server: Server, place: Path, clock: Callable[[], dt.datetime] = utc_now) -> Audit:
    return Audit(AuditStore(server.node.database), _seals(server), clock, place)


def _seals(server: Server) -> AuditSigner:
    seals: AuditSigner = server.node.services.audit.log._signer
    return seals


async def _verified(server: Server, place: Path) -> Verified:
    return await verified(server.node.database, _seals(server), place)


async def test_writers_that_race_leave_one_chain(settings: Settings, tmp_path: Path) -> None:
    async with serving(settings) as server:
        nodes = [_audit(server, tmp_path / "second") for _ in range(3)]

        async def write(node: Audit, number: int) -> None:
            await node.note(
                AuditAction(action="thing.done", kind="system", target=f"thing {number}")
            )

        await asyncio.gather(*(write(node, one) for one in range(40) for node in nodes))
        await nodes[0].checkpoint()

        entries = await audited(server, action="thing.done")
        assert sorted(one["target"] for one in entries) == sorted(
            f"thing {number}" for number in range(40) for _ in nodes
        )
        found = await _verified(server, tmp_path / "second")
        assert (found.damages, found.is_witnessed) == ([], True)


async def test_what_is_written_says_nothing_about_anybody(
    settings: Settings, tmp_path: Path
) -> None:
    hostile = '\n{"seq":1}\r\u2028\ud800' + "x" * 500
    origin = RequestOrigin(address="2001:db8:1:2::9", agent=hostile, request="one\ntwo")
    now = [NOON]
    async with serving(settings) as server:
        audit = _audit(server, tmp_path / "second", lambda: now[0])
        for target in (f"{USER}/tsk_1", "mailto:ann@example.org\n", hostile):
            now[0] -= dt.timedelta(hours=1)  # somebody puts the clock back
            await audit.note(
                AuditAction(action="thing.done", kind="user", user=USER, target=target), origin
            )

        entries = await audited(server, action="thing.done")
        text = json.dumps(entries)
        assert "usr_" not in text
        assert "ann@" not in text
        assert "2::9" not in text
        assert {one["ip"] for one in entries} == {"2001:db8:1::/48"}
        assert {one["actor"] for one in entries} == {_seals(server).pseudonym(USER)}
        assert {one["ts"] for one in entries} == {moment_of(NOON - dt.timedelta(hours=1))}
        assert all(len(one["target"]) <= 200 for one in entries)
        assert (await _verified(server, tmp_path / "none")).damages == []


async def test_a_checkpoint_is_made_of_what_is_new_and_of_nothing_else(
    settings: Settings, tmp_path: Path
) -> None:
    place = tmp_path / "second"
    async with serving(settings) as server:
        audit = _audit(server, place)
        act = AuditAction(action="thing.done", kind="system")
        await audit.note(act)
        first = await audit.checkpoint()
        again = await audit.checkpoint()
        await audit.note(act)
        second = await audit.checkpoint()

        assert first is not None
        assert second is not None
        assert (again, first.seq + 1) == (None, second.seq)
        lines = place.read_text().splitlines()
        assert [json.loads(line)["seq"] for line in lines] == [first.seq, second.seq]

        # Rewritten before anybody has signed it: the next checkpoint would bless it.
        await audit.note(act)
        entries = server.node.database["audit"]
        async with server.node.database.connection():
            await entries.update_one({"seq": second.seq + 1}, {"$set": {"target": "other"}})
        assert await audit.checkpoint() is None
        assert [str(one) for one in (await _verified(server, place)).damages] == [
            f"entry {second.seq + 1} is not what its hash says"
        ]
        async with server.node.database.connection():
            await entries.delete_many({"seq": {"$gt": first.seq}})
            await server.node.database["audit_checkpoints"].delete_many({"seq": {"$gt": first.seq}})
        assert [one.kind for one in (await _verified(server, place)).damages] == ["cut"]


async def test_logins_shares_and_their_refusals_are_noted(settings: Settings) -> None:
    async with serving(settings) as server:
        person, coach = await server.person(), await server.person()
        me, other = [(await one.call("GET", "/v1/me")).body for one in (person, coach)]
        wrong = {"email": me["email"].upper(), "password": "wrong wrong", "device": "x"}
        await server.client().call("POST", "/v1/auth/login", wrong)
        await relate(person, coach)
        await share(person, coach)
        await person.call("DELETE", f"/v1/shares/{other['id']}")
        await person.call("POST", "/v1/auth/logout")

        name = _seals(server).pseudonym(me["id"])
        mine = await audited(server, actor=name)
        assert [one["action"] for one in mine] == [
            "session.started",
            "relation.begun",
            "share.given",
            "share.removed",
            "session.ended",
        ]
        assert {one["target"] for one in mine[2:4]} == {_seals(server).pseudonym(other["id"])}
        assert len({one["sid"] for one in mine}) == 1
        (refused,) = await audited(server, outcome="refused")
        assert refused["reason"] == "credentials_wrong"
        assert refused["actor_kind"] == "anonymous"
        assert refused["target"] == mine[0]["target"]  # the same address, in other letters
        assert {one["ip"] for one in mine} == {"127.0.0.0/24"}
        assert all(re.fullmatch(r"[0-9a-f-]{36}", one["req"]) for one in mine)


async def test_the_log_is_read_by_those_whom_it_concerns(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await server.person()
        me = (await person.call("GET", "/v1/me")).body["id"]
        security, support = await operator(server, "security"), await operator(server, "support")
        path = "/v1/admin/audit"

        statuses = [
            (await one.call("GET", path)).status
            for one in (security, support, person, server.client())
        ]
        page = await security.call("GET", f"{path}?limit=2")
        following = await security.call("GET", page.headers["link"].partition(">")[0][1:])
        theirs = await security.call("GET", f"{path}?user={me}")
        reads = await security.call("GET", f"{path}?action=audit.read")

        assert statuses == [200, 403, 401, 401]
        numbers = [one["seq"] for one in (*page.body["items"], *following.body["items"])]
        assert numbers == list(range(numbers[0], numbers[0] - 4, -1))
        assert [(one["action"], one["reason"]) for one in theirs.body["items"]] == [
            ("audit.read", "audience_wrong"),
            ("session.started", ""),
        ]
        outcomes = [one["outcome"] for one in reads.body["items"]]
        assert outcomes == ["done", "done", "done", "refused", "refused", "done"]
        assert (await security.call("GET", f"{path}?action=Drop")).status == 400


async def test_what_cannot_be_noted_is_not_answered_as_done(engines: TestEngines) -> None:
    async with serving(engines.settings()) as server:
        person = await server.person()
        audit = server.node.services.audit.log

        class Away(AuditStore):
            """A database that is away."""

            async def append(self, _entries: Any) -> int:
                raise Unavailable("database_unavailable", "It does not answer.")

        store, audit._store = audit._store, Away(server.node.database)
        refused = await person.call("POST", "/v1/auth/logout")
        audit._store = store
        later = await server.client().call(
            "POST", "/v1/auth/login", {"email": "no@x.org", "password": PASSWORD, "device": "x"}
        )

        assert refused.status == 503
        assert later.status == 401
        assert (await audited(server))[-1]["action"] == "session.started"


async def test_the_command_tells_whether_the_log_is_whole(
    engines: TestEngines, tmp_path: Path
) -> None:
    environ = engines.environ(UPCOACH_DATA=str(tmp_path))
    async with serving(Settings.from_environ(environ)) as server:
        await server.person()

        async def verify() -> tuple[int | None, str]:
            command = (sys.executable, "-m", "upcoach", "audit-verify")
            process = await asyncio.create_subprocess_exec(
                *command, env=os.environ | environ, stdout=asyncio.subprocess.PIPE
            )
            output, _ = await process.communicate()
            return process.returncode, output.decode()

        await server.node.services.audit.log.checkpoint()
        whole = await verify()
        async with server.node.database.connection():
            await server.node.database["audit"].delete_one({"seq": 1})
        broken = await verify()

        assert whole == (0, "2 entries, 1 checkpoint, 0 flaws\n")
        assert broken[0] == 1
        assert broken[1].splitlines()[1:] == [
            "entry 2 has a gap before it",
            "entry 2 does not go on from the entry before",
        ]
