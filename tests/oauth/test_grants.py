"""What somebody agrees to is a document like any other: it is told live, and in snapshots."""

import asyncio

from models.base.merge_patch import Json
from tests.support.engines import TestEngines
from tests.support.laws.snapshots import events_since, snapshot
from tests.support.server import PASSWORD
from tests.support.wire.relying import party, settings_of
from upcoach.client import apply_event


async def test_an_old_snapshot_and_the_events_are_the_new_snapshot(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        person = await one.server.client().log_in(one.email, PASSWORD, "phone")
        steps: list[tuple[str, Json]] = []

        for act in ("agree", "agree to more", "agree to the same", "take back"):
            before, cursor = await snapshot(person)
            if act == "take back":
                path = f"/v1/auth/grants/{one.public.id}"
                answer = await person.call("DELETE", path)
                assert answer.status == 204
            else:
                scope = "openid" if act == "agree" else "openid goals:read"
                await one.code(scope=scope)
            after, _ = await snapshot(person)
            events = await events_since(person, cursor)
            for event in events:
                apply_event(before, event)
            assert before == after, act
            steps.append((act, after["grant"]))
            types = [event["type"] for event in events if event["type"].startswith("grant")]
            assert (
                types
                == {
                    "agree": ["grant.set"],
                    "agree to more": ["grant.set"],
                    "agree to the same": [],
                    "take back": ["grant.deleted"],
                }[act]
            )

        held = [next(iter(grants.values()))["permissions"] for _, grants in steps[:3]]
        assert held == [["openid"], ["openid", "goals:read"], ["openid", "goals:read"]]
        assert steps[3][1] == {}
        person.close()


async def test_grants_are_listed_in_pages_and_are_nobody_else_s(engines: TestEngines) -> None:
    async with party(settings_of(engines)) as one:
        person, stranger = await asyncio.gather(
            one.server.client().log_in(one.email, PASSWORD, "phone"), one.server.person()
        )
        await one.code()
        await one.code(one.confidential)

        first = await person.call("GET", "/v1/auth/grants?limit=1")
        link = first.headers["link"].partition(">")[0].removeprefix("<")
        second = await person.call("GET", link)
        theirs = await stranger.call("GET", "/v1/auth/grants")
        taken = await stranger.call("DELETE", f"/v1/auth/grants/{one.public.id}")
        partner = (await one.tokens())["access_token"]
        apps = await one.server.client(partner).call("GET", "/v1/auth/grants")

        found = [answer.body["items"][0]["id"] for answer in (first, second)]
        assert found == sorted([one.public.id, one.confidential.id])
        assert "link" not in second.headers
        assert theirs.body == {"items": []}
        assert taken.status == 404
        assert apps.status == 403
        person.close()
