"""When MongoDB gives up a transaction: it is tried again, for so long, and then refused for now."""

import time

import pytest
from pymongo.errors import BulkWriteError, OperationFailure, PyMongoError

from config.settings import Settings
from tests.support.server import serving
from upcoach.store.write import committer
from upcoach.store.write.transaction import is_transient


def bulk(code: int) -> BulkWriteError:
    return BulkWriteError({"writeErrors": [{"code": code, "op": {"note": "private"}}]})


@pytest.mark.parametrize("code", [112, 225, 251, 290, 365, 388])
def test_what_another_try_may_get_around_is_transient_by_every_road(code: int) -> None:
    labelled = OperationFailure("", 1)
    labelled._add_error_label("TransientTransactionError")

    assert is_transient(labelled)
    assert is_transient(OperationFailure("", code))
    assert is_transient(bulk(code))


@pytest.mark.parametrize("failure", [OperationFailure("", 121), bulk(11_000), PyMongoError("")])
def test_nothing_else_is(failure: PyMongoError) -> None:
    assert not is_transient(failure)


async def test_a_write_that_loses_for_too_long_is_refused_for_now(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(committer, "PATIENCE_S", 0.3)
    monkeypatch.setattr(committer, "PATIENCE", 100_000)
    async with serving(settings) as server:
        person = await server.person()
        goal = (await person.call("POST", "/v1/goals", {"title": "Held"})).body["id"]
        database = server.node.database
        async with database.client.start_session() as session:
            await session.start_transaction()
            query = {"_id": {"$regex": f"{goal}$"}}
            change = {"$set": {"category": "health"}}
            await database["goals"].update_one(query, change, session=session)

            began = time.monotonic()
            refused = await person.call("DELETE", f"/v1/goals/{goal}")
            took = time.monotonic() - began
            await session.abort_transaction()

        assert (refused.status, refused.body["code"]) == (503, "feed_contended")
        assert int(refused.headers["retry-after"]) >= 1
        assert took < 5
        assert (await person.call("DELETE", f"/v1/goals/{goal}")).status == 204
