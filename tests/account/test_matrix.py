"""Every operation by every principal: made from the router, so a new row is tried at once."""

import datetime as dt
import json
import random
import re
import zlib
from typing import Any, Final

import pytest

from config.settings import Settings
from handlers.contexts import ROUTER
from handlers.http.operations import EACH, Operation, Router
from models.access.permissions import ROLES
from models.base.ids import derived_uuid
from tests.account.principals import BROKEN, CANARY, ENDING, FOREIGN, Stage, told, url_of
from tests.support.server import serving
from upcoach.cli.explain.drafts import Drafts
from upcoach.cli.explain.questions import NoExample
from upcoach.client import Response, RestClient

CLIENTS: Final = "/v1/clients/{client}/journal"
MEDIA_TYPES: Final = {
    "json": "application/json",
    "merge-patch": "application/merge-patch+json",
    "csv": "text/csv",
    "zip": "application/zip",
}
UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
# What stands in a path and is listed nowhere.
SAMPLES: Final = {
    "local_date": "2026-01-05",
    "version": "1",
    "starts": "2026-03-02T18:00",
    "client": "cli_x",
    "provider": "nobody",
    "owner": "usr_x",  # who has submitted nothing that operators could see
}

# What may be missing although it is the owner who asks: nothing there can be done a second time,
# a code of an invitation is made up, and nobody can book a coach who is.
ABSENT: Final = {
    *(f"/v1/invitations/{verb}" for verb in ("look", "accept")),
    *(f"/v1/coaching/{noun}" for noun in ("sessions", "holds", "holds/{coach}")),
    "/v1/auth/grants/{client}",
    "/v1/journal/{id}/draft",
    "/v1/clients/{client}/journal/{id}",
}

# Under any id everybody keeps what they have not saved yet, each their own.
OWN: Final = {"/v1/journal/{id}/draft"}

# What a coach has published, for everybody.
PUBLISHED: Final = {"/v1/coaches", "/v1/coaches/{id}"}

# Refusals of a right token, with which something else was shown that is not right.
SHOWN_WRONG: Final = {"password_wrong", "factor_wrong"}

EXPECTED: Final = {
    "anonymous": (401, "token_missing"),
    "expired token": (401, "token_invalid"),
    "missing scope": (403, "permission_missing"),
    "other audience": (401, "audience_wrong"),
}


def operations(router: Router) -> list[Operation[Any]]:
    """All rows: what reads first, what deletes last and from below, and what logs out behind it."""
    order = ("GET", "POST", "PUT", "PATCH", "DELETE")
    rows = [row for route in router.routes for row in route.operations.values()]
    return sorted(
        rows,
        key=lambda one: (
            ENDING.index((one.method, one.path)) if (one.method, one.path) in ENDING else -1,
            order.index(one.method),
            -len(one.path),
        ),
    )


def is_owned(operation: Operation[Any]) -> bool:
    """Whether its path names something of the owner's."""
    return "{id}" in operation.path or operation.path.startswith(CLIENTS)


class Matrix:
    """Asks each cell, and keeps what is wrong."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.wrong: list[str] = []
        self.cells = 0
        self._chance = random.Random(7)
        self._nothing: dict[tuple[str, str], Response] = {}  # what is said of random ids
        self._ids: set[str] = set()

    async def learn(self) -> None:
        """Know every id of the owner's."""
        self._ids = set(UUID.findall(json.dumps(await self.stage.documents(), default=repr)))
        self._ids -= set(UUID.findall(self.stage.others()))

    async def names(self, operation: Operation[Any]) -> dict[str, str]:
        """Ids of the owner's that may stand in the path of *operation*."""
        if operation.path.startswith(CLIENTS):
            return {"client": self.stage.owner, "id": self.stage.entry}
        wanted = re.findall(r"\{(\w+)\}", operation.path)
        try:
            names = await self.stage.questions.names(operation.path)
        except NoExample:
            place = operation.path.find("{id}")
            names = await self.stage.questions.names(operation.path[: place + 4])
        known = SAMPLES | {"coach": self.stage.coach, "point": f"pnt_{derived_uuid('point')}"}
        return {name: names.get(name) or known[name] for name in wanted}

    async def ask(
        self, client: RestClient, operation: Operation[Any], names: dict[str, str], seed: int
    ) -> Response:
        """One cell's request; the same *seed* makes the same body."""
        headers = {"If-Match": '"v1"'} if operation.base == "required" else {}
        raw = None
        if operation.body != "none":
            headers["Content-Type"] = MEDIA_TYPES[operation.body]
            raw = b"x" if operation.takes is None else _body(operation, seed)
        url = url_of(operation, names)
        return await client.call(operation.method, url, raw=raw, headers=headers)

    async def fill(self, who: str) -> None:
        """Every cell of *who*."""
        for operation in operations(ROUTER):
            seed = zlib.crc32(f"{operation.method} {operation.path}".encode())
            names = {} if "{" not in operation.path else await self._names_of(operation)
            client = self.stage.client(who, operation)
            answer = await self.ask(client, operation, names, seed)
            self.cells += 1
            flaw = await self._flaw(who, operation, names, answer, seed)
            if flaw:
                self.wrong.append(
                    f"{who}: {operation.method} {operation.path} answers {answer.status}"
                    f" {answer.body!r:.200}: {flaw}"
                )

    async def _names_of(self, operation: Operation[Any]) -> dict[str, str]:
        if not hasattr(self, "_named"):
            self._named: dict[str, dict[str, str]] = {}
        if operation.path not in self._named:
            try:
                self._named[operation.path] = await self.names(operation)
            except NoExample:
                wanted = re.findall(r"\{(\w+)\}", operation.path)
                known = SAMPLES | {"coach": self.stage.coach}
                self._named[operation.path] = {name: known[name] for name in wanted}
        return self._named[operation.path]

    async def _flaw(
        self,
        who: str,
        operation: Operation[Any],
        names: dict[str, str],
        answer: Response,
        seed: int,
    ) -> str:
        if answer.status >= 500 or answer.status == 405:
            return "it breaks"
        if operation.public:
            return "" if answer.status not in (401, 403) else "it is for everybody"
        code = answer.body.get("code") if isinstance(answer.body, dict) else None
        is_broken = who in BROKEN and (who, operation.needs) != ("missing scope", EACH)
        if is_broken or operation.needs.startswith("admin:"):
            expected = self._expected(who, operation)
            return "" if (answer.status, code) == expected else f"not {expected}"
        if answer.status in (401, 403) and code not in SHOWN_WRONG:
            return "their token is right"
        if who == "owner":
            is_absent = answer.status == 404 and operation.path not in ABSENT
            return "it is theirs" if is_absent else ""
        return await self._foreign_flaw(who, operation, names, answer, seed)

    def _expected(self, who: str, operation: Operation[Any]) -> tuple[int, str | None]:
        if who in EXPECTED:
            return EXPECTED[who]
        if who not in ROLES:
            return 401, "audience_wrong"
        if operation.needs not in ROLES[who]:
            return 403, "operator_needed"
        return (404, "not_found") if "{owner}" in operation.path else (200, None)

    async def _foreign_flaw(
        self,
        who: str,
        operation: Operation[Any],
        names: dict[str, str],
        answer: Response,
        seed: int,
    ) -> str:
        if who == "assigned coach" and operation.path.startswith(CLIENTS):
            return "" if self.stage.entry in json.dumps(answer.body) else "it is shared with them"
        if operation.path in PUBLISHED:
            return self._leak(answer, self.stage.owner)
        if not is_owned(operation) or operation.path in OWN:
            known = self.stage.known_to(who) + url_of(operation, names)
            return self._leak(answer, known)
        key = (operation.method, operation.path)
        if key not in self._nothing:
            strange = {
                name: UUID.sub(lambda found: derived_uuid("nobody", found[0]), value)
                for name, value in names.items()
            }
            stranger = self.stage.client("other user", operation)
            self._nothing[key] = await self.ask(stranger, operation, strange, seed)
        nothing = self._nothing[key]
        if (answer.status, told(answer)) != (nothing.status, told(nothing)):
            return f"a random id is answered {nothing.status} {nothing.body!r:.100}"
        if set(answer.headers) != set(nothing.headers):
            return f"a random id has the headers {sorted(nothing.headers)}"
        is_list = operation.path == CLIENTS
        return "" if answer.status == 404 or is_list else "it must not be there"

    def _leak(self, answer: Response, known: str = "") -> str:
        """What *answer* shows of the owner's, beside what the asker has *known*."""
        text = json.dumps(answer.body, default=repr)
        found = (self._ids & set(UUID.findall(text))) - set(UUID.findall(known))
        return f"it shows {sorted(found)[:3]}" if found or CANARY in text else ""


def _body(operation: Operation[Any], seed: int) -> bytes:
    drafts = Drafts(random.Random(seed), dt.date(2026, 1, 5))
    make = drafts.change if operation.body == "merge-patch" else drafts.draft
    return json.dumps({} if operation.public else make(operation.takes)).encode()


@pytest.mark.timeout(300)
async def test_every_operation_by_every_principal(settings: Settings) -> None:
    async with serving(settings) as server:
        stage = Stage(server, ROUTER)
        await stage.enter()
        matrix = Matrix(stage)
        await matrix.learn()
        before = await stage.documents()

        for who in (*BROKEN, *FOREIGN):
            await matrix.fill(who)

        assert not matrix.wrong, "\n".join(matrix.wrong)
        assert await stage.documents() == before
        await matrix.fill("owner")
        assert not matrix.wrong, "\n".join(matrix.wrong)
        assert matrix.cells == 12 * len(operations(ROUTER))


async def test_no_id_in_a_query_opens_what_a_path_does_not(settings: Settings) -> None:
    async with serving(settings) as server:
        stage = Stage(server, ROUTER)
        await stage.enter()
        matrix = Matrix(stage)
        await matrix.learn()
        feed, people = f"u:{stage.owner}", stage.people
        goal = (await people["owner"].call("GET", "/v1/goals")).body["items"][0]["id"]
        habit = (await people["owner"].call("GET", "/v1/habits")).body["items"][0]["id"]
        cursor = (await people["owner"].call("GET", "/v1/events?since=0")).headers["upcoach-cursor"]
        shown = await people["assigned coach"].call("GET", f"/v1/snapshot?feed={feed}")
        begun = shown.headers["upcoach-cursor"]
        feeds = {  # and what is answered to a coach
            f"/v1/snapshot?feed={feed}": 200,
            f"/v1/events?since={begun}&feed={feed}": 200,
            f"/v1/events?since=0&feed={feed}": 410,
        }
        asked = [
            f"/v1/goals?parent={goal}",
            f"/v1/goals?after={goal}",
            f"/v1/tasks?goal={goal}",
            f"/v1/tasks?habit={habit}",
            f"/v1/journal?goal={goal}",
            f"/v1/events?since={cursor}",
            "/v1/journal/search?q=" + CANARY,
            f"/v1/shares?after={stage.owner}",
        ]

        for who in FOREIGN:
            for path, of_coach in feeds.items():
                answer = await people[who].call("GET", path)
                expected = of_coach if who == "assigned coach" else 404
                assert answer.status == expected, (who, path, answer)
            for path in asked:
                answer = await people[who].call("GET", path)
                assert answer.status < 500, (who, path, answer)
                assert not matrix._leak(answer, stage.known_to(who)), (who, path, answer)
        writes: list[tuple[str, str, Any]] = [
            ("POST", "/v1/tasks", {"title": "x", "goal": goal}),
            ("POST", "/v1/goals", {"title": "x", "parent": goal}),
            ("POST", "/v1/goals", {"title": "x", "owner": stage.owner}),
        ]
        before = await stage.documents()
        for who in FOREIGN:
            for method, path, body in writes:
                answer = await people[who].call(method, path, body)
                assert answer.status < 500, (who, path, answer)
        assert await stage.documents() == before
