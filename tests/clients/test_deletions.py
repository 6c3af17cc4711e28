"""What a `deleted` event takes along, and what stands under its id by chance."""

import asyncio
from typing import Final

import pytest

from config.settings import Settings
from models.contexts import KINDS
from tests.support.laws.snapshots import snapshot
from tests.support.people.furnished import furnished
from tests.support.people.relations import CLIENT, SHARE, relate, user_of
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.client import SyncDevice, apply_event
from upcoach.client.replica import Documents

DELETED, BELOW, BESIDE = "usr_1", "usr_1/2026-01-01", "usr_11"


def one_of_each() -> Documents:
    """Documents of every kind under the same ids, as nothing forbids."""
    ids = (DELETED, BELOW, BESIDE)
    return {kind: {name: {"id": name, "version": 3} for name in ids} for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_a_deletion_takes_its_own_document_and_what_stands_below(kind: str) -> None:
    documents = one_of_each()

    apply_event(documents, {"type": f"{kind}.deleted", "id": DELETED, "ver": 4})

    left: Final = {name: set(of_kind) for name, of_kind in documents.items()}
    assert left == {name: {DELETED, BESIDE} for name in KINDS} | {kind: {BESIDE}}


@pytest.mark.parametrize("path", [SHARE, CLIENT])
async def test_who_is_coach_and_client_of_one_person_loses_one_side_alone(
    settings: Settings, path: str
) -> None:
    async with serving(settings) as server:
        ann, bob = await asyncio.gather(server.person(), server.person())
        await relate(ann, bob)
        await relate(bob, ann)
        async with SyncDevice([server.url], ann.token) as phone:
            await phone.until(lambda phone: phone.live)
            copy = phone.replicas["u:me"]

            await done(ann.call("DELETE", path.format(await user_of(bob))))
            documents, cursor = await snapshot(ann)
            await phone.until(lambda _: copy.cursor == cursor)

        kept = {kind: of_kind for kind, of_kind in copy.documents.items() if of_kind}
    assert kept == {kind: of_kind for kind, of_kind in documents.items() if of_kind}
    assert len({"share", "client"} & kept.keys()) == 1


async def test_only_what_is_deleted_with_a_document_stands_below_its_id(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        documents, _ = await snapshot(await furnished(server))

    below = [
        (kind, name.rpartition("/")[0])
        for kind, of_kind in documents.items()
        for name in of_kind
        if "/" in name
    ]
    assert below
    for kind, above in below:
        parent = KINDS[kind].parent
        assert parent is not None, (kind, above)
        assert above in documents[parent.kind]
