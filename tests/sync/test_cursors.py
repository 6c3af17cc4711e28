"""Cursors that the server gave, and others."""

from config.settings import Settings
from tests.laws.contexts import furnished
from tests.support.laws.refusals import RefusedRequest, assert_refused
from tests.support.laws.snapshots import snapshot
from tests.support.server import serving


async def test_a_cursor_is_one_that_the_server_gave(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        cursor = (await snapshot(person))[1]
        epoch, _, head = cursor.partition(".")
        malformed = (
            "",
            "x",
            epoch,
            f"{epoch}.",
            f".{head}",
            f"{epoch}.-1",
            f"{epoch}.01",
            f"{epoch}.1.2",
            f"{epoch}.1%0A",
            f"%20{cursor}",
            f"{epoch.upper()}Z.1",
            f"{epoch}.{'9' * 17}",
            "00",
            "NOW",
        )
        other = "zzzz" if epoch != "zzzz" else "yyyy"
        gone = (f"{other}.1", f"{epoch}.{int(head) + 1}", f"{epoch}.9999999999999999")

        answers = await assert_refused(
            person,
            [
                *(
                    RefusedRequest(410, "cursor_gone", "GET", f"/v1/events?since={text}")
                    for text in gone
                ),
                RefusedRequest(400, "cursor_missing", "GET", "/v1/events"),
                *(
                    RefusedRequest(400, "cursor_malformed", "GET", f"/v1/events?since={text}")
                    for text in malformed
                ),
                *(
                    RefusedRequest(400, "cursor_malformed", "GET", f"/v1/snapshot?since={text}")
                    for text in malformed[1:]
                ),
            ],
        )

        feed = (await person.call("GET", "/v1/me")).body["id"]
        assert [answer.body["reset"] for answer in answers[:3]] == 3 * [
            {
                "f": f"u:{feed}",
                "reason": "epoch",
                "cur": cursor,
                "snapshot": f"/v1/snapshot?feed=u:{feed}",
            }
        ]


async def test_a_log_that_was_cut_is_said_to_be_cut(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        cursor = (await snapshot(person))[1]
        epoch = cursor.partition(".")[0]
        user = (await person.call("GET", "/v1/me")).body["id"]
        await server.node.database["events"].delete_many({"feed": f"u:{user}", "seq": {"$lt": 4}})

        (answer,) = await assert_refused(
            person, [RefusedRequest(410, "cursor_gone", "GET", f"/v1/events?since={epoch}.1")]
        )
        kept = await person.call("GET", f"/v1/events?since={epoch}.3")

        assert answer.body["reset"]["reason"] == "retention"
        assert answer.body["reset"]["cur"] == cursor
        assert kept.body[0]["seq"] == 4
