"""Run as a program on the code of an earlier commit: let a person write some of each kind.

It knows of that code only what has been there since the first commit, and its surface over HTTP.
What that surface does not have yet is left out; what it refuses ends the program.
"""

import argparse
import asyncio
import datetime as dt
import json
import os
import sys
from typing import Any

from tornado.httpclient import AsyncHTTPClient

from config.setting_rows import ENV_PREFIX
from config.settings import Settings, rows

try:
    from upcoach.node import app
except ImportError:  # the code of an earlier commit
    from upcoach import app  # type: ignore[attr-defined,no-redef]
try:
    from upcoach.cli.client_commands import add_client
except ImportError:
    try:
        from upcoach.cli.admin_commands import add_client  # type: ignore[attr-defined,no-redef]
    except ImportError:
        add_client = None  # type: ignore[assignment]

ADA, COACH = "ada@example.org", "coach@example.org"
PASSWORD = "correct horse battery"
DAY = "2026-11-02"
UNTIL = (dt.datetime.now(dt.UTC) + dt.timedelta(days=300)).isoformat()
GOAL, HABIT, TASK, ENTRY, POINT = (
    f"{kind}_01a22a82-a4a3-759f-9449-31ec8503c2a8" for kind in ("gol", "hab", "tsk", "jen", "pnt")
)
CLIENT = argparse.Namespace(
    name="Diary",
    kind="confidential",
    redirect="https://diary.example.org/callback",
    logout="",
    scope="openid goals:read",
    audience="api",
    jwks=None,
    first_party=False,
)
WRITES: tuple[tuple[str, str, Any], ...] = (
    ("POST", "/v1/goals", {"id": GOAL, "title": "Run 10 km", "description": "By the summer"}),
    ("POST", "/v1/goals", {"title": "Read more"}),
    ("PATCH", f"/v1/goals/{GOAL}", {"title": "Run 12 km"}),
    ("PUT", f"/v1/goals/{GOAL}/progress/{POINT}", {"value": 0.2}),
    ("POST", "/v1/goals/templates", {"title": "A book a month", "days": 30}),
    ("POST", "/v1/habits", {"id": HABIT, "name": "Meditate", "starts_on": DAY}),
    ("PUT", f"/v1/habits/{HABIT}/entries/{DAY}", {"state": "done"}),
    ("POST", "/v1/habits/vacations", {"first": DAY, "last": DAY}),
    ("POST", "/v1/tasks", {"id": TASK, "title": "Buy shoes", "due_date": DAY}),
    ("POST", "/v1/tasks", {"title": "Stretch"}),
    ("PUT", f"/v1/tasks/{TASK}/done", None),
    ("POST", "/v1/moods", {"level": 4, "activities": ["sport"], "note": "A good day"}),
    ("POST", "/v1/journal/journals", {"name": "Nights"}),
    ("POST", "/v1/journal/templates", {"name": "Evening", "text": "Today"}),
    ("POST", "/v1/journal", {"id": ENTRY, "text": "A long walk by the river"}),
    ("PUT", f"/v1/journal/{ENTRY}/draft", {"text": "A longer walk"}),
    ("PUT", "/v1/shares/{coach}", {"kinds": ["goal", "habit"]}),
    ("PUT", f"/v1/journal/{ENTRY}/shares/{{coach}}", {"until": UNTIL}),
)


class Person:
    """Somebody with an account, logged in."""

    def __init__(self, http: AsyncHTTPClient, url: str) -> None:
        self._http, self._url, self.token = http, url, ""

    async def enter(self, email: str) -> str:
        """Register, log in, and return the user's id."""
        account = {"email": email, "password": PASSWORD, "name": email.partition("@")[0]}
        await self.call("POST", "/v1/auth/register", account)
        login = {"email": email, "password": PASSWORD, "device": "phone"}
        self.token = (await self.call("POST", "/v1/auth/login", login))["token"]
        return str((await self.call("GET", "/v1/me"))["id"])

    @property
    def _headers(self) -> dict[str, str]:
        known = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {"Content-Type": "application/json", **known}

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The body of the answer; None where there is no such operation."""
        answer = await self._http.fetch(
            self._url + path,
            method=method,
            headers=self._headers | ({"If-Match": '"v1"'} if method == "PATCH" else {}),
            body=None if body is None else json.dumps(body),
            allow_nonstandard_methods=True,
            raise_error=False,
        )
        if answer.code in {404, 405}:
            return None
        if answer.code >= 400:
            sys.exit(f"{method} {path}: {answer.code} {answer.body!r}")
        return json.loads(answer.body) if answer.body else None


async def relate(client: Person, coach: Person) -> None:
    """Make the two client and coach, where that takes the word of both."""
    invited = await client.call("POST", "/v1/invitations", {"as": "client"})
    if invited is not None:
        await coach.call("POST", "/v1/invitations/accept", {"code": invited["code"]})


async def fill() -> None:
    """Serve on this commit's code, and write."""
    known = {row.name for row in rows().values()}
    settings = Settings.from_environ(
        {name: text for name, text in os.environ.items() if name in known and ENV_PREFIX in name}
    )
    assert settings.mongo_url is not None
    assert settings.redis_url is not None
    async with (
        app.running_node(settings, settings.mongo_url, settings.redis_url) as node,
        app.listening(node.application, "127.0.0.1", 0) as port,
    ):
        http = AsyncHTTPClient()
        ada, coach = (Person(http, f"http://127.0.0.1:{port}") for _ in range(2))
        coach_id = await coach.enter(COACH)
        await ada.enter(ADA)
        await relate(ada, coach)
        for method, path, body in WRITES:
            await ada.call(method, path.format(coach=coach_id), body)
    if add_client is not None:
        await add_client(settings, settings.mongo_url, CLIENT)


if __name__ == "__main__":
    asyncio.run(fill())
