"""Paths, methods and parameters that are none: always a problem, and nothing has changed."""

from typing import Any

from config.settings import Settings
from handlers.http.operations import Operation
from models.base.ids import new_id
from tests.laws.asking import METHODS, named, place_of, sent_with
from tests.laws.contexts import DRAFTED, LISTS, below, furnished, hidden
from tests.support.laws.refusals import RefusedRequest, assert_refused, wiped
from tests.support.laws.snapshots import snapshot
from tests.support.laws.surface import SURFACE
from tests.support.people.furnished import ENTRY, GOAL, HABIT
from tests.support.server import serving


async def test_what_is_not_ours_looks_like_what_is_not(settings: Settings) -> None:
    async with serving(settings) as server:
        person, stranger = await furnished(server), await server.person()
        strangers = await hidden(server, stranger)
        user = (await stranger.call("GET", "/v1/me")).body["id"]
        secret = await snapshot(stranger)

        names: list[tuple[Operation[Any], str]] = []
        for operation in named():
            if (operation.method, operation.path) in DRAFTED:
                continue
            theirs = below(strangers, operation.path)
            other_kind = HABIT if operation.path.startswith("/v1/goals") else GOAL
            names += [
                (operation, name)
                for name in (
                    new_id(theirs.partition("_")[0]),
                    theirs,
                    other_kind,
                    f"{user}%2F{theirs}",
                    f"..%2F{user}%2F{theirs}",
                    f"{HABIT}%2F2026-01-05",
                    "x",
                    "$gt",
                    "%7B%22$gt%22:%22%22%7D",
                    "%E2%80%AE",
                )
            ]
        answers = await assert_refused(
            person,
            [
                RefusedRequest(
                    404,
                    "not_found",
                    operation.method,
                    place_of(operation, id=name),
                    sent_with(operation)[0],
                    headers=sent_with(operation)[1],
                )
                for operation, name in names
            ],
        )

        assert len({wiped(answer) for answer in answers}) == 1
        assert await snapshot(stranger) == secret


async def test_a_path_that_holds_no_id_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)

        await assert_refused(
            person,
            [
                RefusedRequest(
                    400,
                    code,
                    operation.method,
                    place_of(operation, id=name),
                    sent_with(operation)[0],
                    headers=sent_with(operation)[1],
                )
                for operation in named()
                for name, code in (
                    ("%00", "parameter_invalid"),
                    (f"{GOAL}%00", "parameter_invalid"),
                    ("x" * 513, "parameter_invalid"),
                    ("%FF", "bad_request"),
                    ("%ED%A0%80", "bad_request"),
                )
            ],
        )


async def test_a_date_that_is_none_is_refused(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        dates = (
            "2026-02-30",
            "2026-1-5",
            "20260105",
            "2026-W02-1",
            "2026-01-05T00:00:00Z",
            "0000-01-01",
            "10000-01-01",
            "-001-01-01",
            "2026-01-05%0A",
            "%20",
            "today",
            "1767571200",
        )

        await assert_refused(
            person,
            [
                RefusedRequest(
                    422, "body_invalid", method, ENTRY.format(id=HABIT, local_date=date), body
                )
                for method, body in (("PUT", {}), ("DELETE", None))
                for date in dates
            ],
        )


async def test_a_method_that_is_not_there_is_answered_with_those_that_are(
    settings: Settings,
) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        allowed: dict[str, set[str]] = {}
        places: dict[str, str] = {}
        for operation in SURFACE:
            allowed.setdefault(operation.path, {"OPTIONS"}).add(operation.method)
            places[operation.path] = place_of(operation)
            if operation.method == "GET":
                allowed[operation.path].add("HEAD")

        wrong = [
            (path, method)
            for path, methods in allowed.items()
            for method in (*METHODS, "TRACE", "BREW")
            if method not in methods and method != "HEAD"
        ]
        answers = await assert_refused(
            person,
            [
                RefusedRequest(405, "method_not_allowed", method, places[path], raw=b"")
                for path, method in wrong
            ],
        )
        options = {path: await person.call("OPTIONS", places[path]) for path in allowed}

        for (path, _), answer in zip(wrong, answers, strict=True):
            assert answer.headers["allow"] == ", ".join(sorted(allowed[path]))
        for path, answer in options.items():
            assert answer.status == 204
            assert answer.headers["allow"] == ", ".join(sorted(allowed[path]))


async def test_a_path_that_is_not_there_is_not_found(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        paths = (
            "/v1",
            "/v2/goals",
            "/v1/goals/",
            "/v1//goals",
            "/v1/Goals",
            "/v1/goals.json",
            f"/v1/goals/{GOAL}/entries",
            "/v1/habits/x/entries/2026-01-01/more",
            "/v1/goals%2F",
            "/%00",
            "/%FF",
            "/../v1/goals",
            "/.git/config",
        )

        await assert_refused(
            person,
            [
                RefusedRequest(
                    404, "not_found", method, path, raw=b"" if method == "POST" else None
                )
                for path in paths
                for method in ("GET", "POST", "DELETE")
            ],
        )


async def test_parameters_are_known_and_in_range(settings: Settings) -> None:
    async with serving(settings) as server:
        person = await furnished(server)
        limits = ("0", "-1", "", "x", "1.5", "%201", "1%0A", "%D9%A3", "9999999")

        asks = []
        for path, most in LISTS.items():
            place = f"{path}?since=0&" if path == "/v1/events" else f"{path}?"
            asks += [
                RefusedRequest(400, "parameter_invalid", "GET", f"{place}limit={limit}")
                for limit in (*limits, str(most + 1))
            ]
            asks += [
                RefusedRequest(400, "parameter_unknown", "GET", f"{place}page=2", pointer="?page"),
                RefusedRequest(
                    400, "parameter_unknown", "GET", f"{place}$where=1", pointer="?$where"
                ),
                RefusedRequest(400, "parameter_unknown", "GET", f"{place}limit[$gt]=1"),
                RefusedRequest(400, "parameter_repeated", "GET", f"{place}limit=1&limit=2"),
                RefusedRequest(400, "parameter_invalid", "GET", f"{place}after=%FF"),
                RefusedRequest(400, "parameter_invalid", "GET", f"{place}after=%00"),
                RefusedRequest(400, "parameter_invalid", "GET", f"{place}after={'x' * 513}"),
            ]
        asks += [
            RefusedRequest(400, "kind_unknown", "GET", "/v1/snapshot?kind=cat"),
            RefusedRequest(400, "kind_unknown", "GET", "/v1/snapshot?kind="),
            RefusedRequest(404, "feed_unknown", "GET", "/v1/snapshot?feed=u:usr_1"),
            RefusedRequest(404, "feed_unknown", "GET", "/v1/events?since=0&feed=admin:kpi"),
        ]

        await assert_refused(person, asks)
