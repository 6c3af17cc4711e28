"""Where nobody does what timers ask for, every process says so."""

import dataclasses
import datetime as dt

from structlog.testing import capture_logs

from config.settings import Settings
from models.base.clock import utc_now
from models.base.metrics import Metrics
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.store.write.overdue_timers import OverdueTimers
from upcoach.store.write.timers import COLLECTION, Timers

REMINDED = {"name": "Run", "tz": "UTC", "reminders": [{"time": "07:30"}]}
MINUTE = dt.timedelta(minutes=1)


def overdue(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("upcoach_timers_overdue_seconds")


async def test_a_timer_that_nobody_does_is_measured_and_warned_of_once(settings: Settings) -> None:
    only_web = dataclasses.replace(settings, roles=frozenset({"web"}))
    async with serving(only_web) as server:
        person, database = await server.person(), server.node.database
        await done(person.call("POST", "/v1/habits", REMINDED))
        async with database.connection():
            first = await database[COLLECTION].find_one({}, sort=[("claim_at", 1)])
        assert first is not None
        now, metrics = utc_now(), Metrics()
        watch = OverdueTimers(database, lambda: now, metrics)

        seen = list[float | None]()
        with capture_logs() as lines:
            for minutes in (-1, 9, 11, 12):
                now = first["due"] + minutes * MINUTE
                await watch.look()
                seen.append(overdue(metrics))
            assert await Timers(database, lambda: now).claim(10, [first["rule"]])
            await watch.look()
            seen.append(overdue(metrics))

        assert seen == [0, 540, 660, 720, 0]
        assert [(line["event"], line["oldest_s"]) for line in lines] == [("timers_overdue", 660)]


async def test_every_process_looks_whatever_its_roles_are(settings: Settings) -> None:
    only_web = dataclasses.replace(settings, roles=frozenset({"web"}))
    async with serving(only_web) as server:
        jobs = {job.name: job for job in server.node._jobs()}

        assert not jobs["timers.overdue"].leased
        assert "timers" not in jobs
        assert overdue(server.node.metrics) == 0
