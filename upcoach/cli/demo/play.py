"""Two devices of one person: what changes on one is seen on the other, and the models learn.

The demo uses the server that `make run` has started, or starts one for itself.
"""

import asyncio
import contextlib
import dataclasses
import datetime as dt
import time
from collections.abc import AsyncIterator
from typing import Final

from config.settings import Settings
from models.base.ids import new_id
from models.base.merge_patch import Json
from models.base.text.counting import counted
from upcoach.cli.demo.history import loop_export
from upcoach.client import ClientError, RestClient, SyncDevice
from upcoach.embedded import owner
from upcoach.node import app, connecting
from upcoach.node.process.listener import StartError

PASSWORD = "a demo needs no secret"  # noqa: S105 - of an account that nobody uses again
TOO_MANY = 429
QUIET_S = 2.0  # without a new insight: the learner has caught up


_FOR_GOOD: Final = (
    "The demo registers a person, who stays: it is for a server with UPCOACH_ENV=development."
)


async def play(settings: Settings) -> None:
    """Play the demo and say what happens; in production it is a `StartError`."""
    if settings.environment == "production":
        raise StartError(_FOR_GOOD)
    async with _server(settings) as url:
        await play_at(url)


async def play_at(url: str) -> None:
    """Play the demo at a server that runs; what it refuses is a `StartError`."""
    say(f"The server answers at {url}.")
    anonymous = RestClient(url)
    try:
        await _play(url, anonymous)
    except ClientError as refusal:
        raise StartError(refusal_in_words(refusal.args[0])) from None
    finally:
        anonymous.close()


def refusal_in_words(problem: Json | bytes) -> str:
    """Why the demo ends, by what the server answered, and what to do.

    Examples
    --------
    >>> refusal_in_words({"status": 409, "detail": "Somebody has this address."})
    'The server refused a step of the demo: Somebody has this address.'

    """
    if not isinstance(problem, dict):
        return "The server refused a step of the demo, and did not say why."
    words = f"The server refused a step of the demo: {problem['detail']}"
    if problem["status"] == TOO_MANY:
        words += " Each demo registers a person; a server with UPCOACH_LIMITS=off takes any number."
    return words


@contextlib.asynccontextmanager
async def _server(settings: Settings) -> AsyncIterator[str]:
    """The URL of the running server, or of one that lives as long as the demo."""
    running = owner(settings.data)
    if running is not None and running.url:
        yield running.url
        return
    say("No server is running on this data: starting one for the demo.")
    settings = dataclasses.replace(settings, limits="off")  # nobody else finds it
    async with (
        connecting.engine_urls(settings) as (mongo_url, redis_url, _engines),
        app.running_node(settings, mongo_url, redis_url) as node,
        app.listening(node.application, settings.host, 0) as port,
    ):
        yield f"http://{settings.host}:{port}"


async def _play(url: str, anonymous: RestClient) -> None:
    email = f"{new_id('demo')}@example.org"
    registered = await anonymous.register(email, PASSWORD, "Demo Person", "Europe/Berlin")
    if registered.status != 202:
        raise ClientError(registered.body)
    phone = await anonymous.log_in(email, PASSWORD, "phone")
    watch = await anonymous.log_in(email, PASSWORD, "watch")
    screen = Screen()
    say("Somebody is logged in on a phone and a watch, and both follow the live feed.\n")
    async with (
        contextlib.aclosing(_Closing(phone, watch)),
        SyncDevice([url], phone.token) as on_phone,
        SyncDevice([url], watch.token, screen.take) as on_watch,
    ):
        await asyncio.gather(
            *(device.until(lambda device: device.live) for device in (on_phone, on_watch))
        )
        await _import(phone, on_watch, screen, lived=60)
        await _import(phone, on_watch, screen, lived=None)
        await _live_changes(on_phone, on_watch, screen)
        await screen.quiet()
        _show_insights(on_watch)
    # There is no way to erase an account.
    say(
        f"\nThe account {email} and its data stay on this server. "
        "Each run of the demo adds another account."
    )


class _Closing:
    """Clients that are closed at the end."""

    def __init__(self, *clients: RestClient) -> None:
        self._clients = clients

    async def aclose(self) -> None:
        """Close them."""
        for client in self._clients:
            client.close()


class Screen:
    """What the watch shows: when each write arrived, and how many insights came."""

    def __init__(self) -> None:
        self.arrived: dict[str, float] = {}
        self.insights = 0
        self._last_insight = time.monotonic()

    def take(self, event: Json) -> None:
        """Note when an event arrived."""
        self.arrived[event["by"].get("mut", "")] = time.perf_counter()
        if event["type"].startswith("insight."):
            self.insights += 1
            self._last_insight = time.monotonic()

    async def quiet(self) -> None:
        """Return when no insight has come for a while."""
        self._last_insight = time.monotonic()
        while (left := self._last_insight + QUIET_S - time.monotonic()) > 0:  # noqa: ASYNC110
            await asyncio.sleep(left)


async def _import(phone: RestClient, watch: SyncDevice, screen: Screen, lived: int | None) -> None:
    archive = loop_export(_today(), lived=lived)
    what = f"the first {counted(lived, 'day')} of a history" if lived else "all 240 days of it"
    say(f"The phone imports {what}, from an export of Loop Habit Tracker ...")
    began = time.perf_counter()
    answer = await phone.call(
        "POST", "/v1/imports/loop", raw=archive, headers={"Content-Type": "application/zip"}
    )
    took = time.perf_counter() - began
    entries = answer.body["entries"]
    counts = f"{counted(entries['created'], 'new entry')}, {entries['kept']} already there"
    say(f"  {answer.status} after {took:.2f} s: {counts}")
    head = int(answer.headers["upcoach-cursor"].rpartition(".")[2])
    await watch.until(lambda device: device.seq >= head)
    seen = time.perf_counter() - began
    shown = len(watch.documents.get("habit.entry", {}))
    say(f"  After {seen:.2f} s the watch shows all {shown}; each event was applied once.")
    screen.insights = 0
    await screen.quiet()
    say(f"  Meanwhile the models learned: {counted(screen.insights, 'insight')} arrived live.")
    _show_scores(watch)


async def _live_changes(phone: SyncDevice, watch: SyncDevice, screen: Screen) -> None:
    say("Now the phone makes changes. This is when each reached the watch:")
    answer = await phone.mutate("POST", "/v1/goals", {"title": "Run 10 km in May"})
    await _report(watch, screen, answer, "a new goal")
    path = f"/v1/goals/{answer['body']['id']}"
    answer = await phone.mutate("PATCH", path, {"progress": 0.25}, base=1)
    await _report(watch, screen, answer, "the goal is a quarter done")
    for habit in list(watch.documents["habit"].values()):
        if habit["archived"]:
            continue
        path = f"/v1/habits/{habit['id']}/entries/{_today().isoformat()}"
        measured = habit["measure"]["type"] == "amount"
        answer = await phone.mutate("PUT", path, {"value": 5} if measured else {})
        await _report(watch, screen, answer, f"{habit['name']}: done today")


async def _report(watch: SyncDevice, screen: Screen, answer: Json, words: str) -> None:
    answered = time.perf_counter()
    await watch.until(lambda _: answer["id"] in screen.arrived)
    beyond_ms = (screen.arrived[answer["id"]] - answered) * 1000
    say(f"  {answer['status']}  {words:<34} {beyond_ms:+5.1f} ms after the phone's answer")


def _show_insights(watch: SyncDevice) -> None:
    say("\nWhat the models expect next, and why:")
    habits = watch.documents["habit"]
    for insight in watch.documents.get("insight", {}).values():
        name = habits[insight["about"]]["name"]
        if "odds" not in insight:
            say(f"  {name}: too early to tell after {counted(insight['labels'], 'day')}.")
            continue
        odds = f"{insight['odds']:.0%} ({insight['low']:.0%} to {insight['high']:.0%})"
        say(f"  {name}, {insight['day']}: {odds}")
        for reason in insight["reasons"]:
            say(f"      {reason['contribution']:+.2f}  {reason['words']}")


def _show_scores(watch: SyncDevice) -> None:
    insights = watch.documents.get("insight", {}).values()
    scored = [insight["scores"] for insight in insights if "scores" in insight]
    if not scored:
        return
    scores = max(scored, key=lambda scores: int(scores["n"]))
    say(
        f"  Predicted {counted(scores['n'], 'day')} before the outcome was known: "
        f"log loss {scores['log_loss']:.3f} (base rate {scores['base_log_loss']:.3f}), "
        f"Brier {scores['brier']:.3f} ({scores['base_brier']:.3f})\n"
    )


def _today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def say(words: str) -> None:
    """Print *words*."""
    print(words, flush=True)  # noqa: T201 - this is what the demo is for
