"""What operators see of timers, and that they can let one fire."""

import dataclasses
import datetime as dt

import pytest

from config.settings import Settings
from models.base.clock import utc_now
from tests.support.server import serving
from tests.support.wire.answers import done
from upcoach.cli import timer_commands
from upcoach.node.process.listener import StartError
from upcoach.store.write.timers import Timers


async def test_timers_are_listed_by_their_rules_and_run_by_name(settings: Settings) -> None:
    assert settings.mongo_url is not None
    here = dataclasses.replace(settings, roles=frozenset({"web"}))
    async with serving(here) as server:
        person = await server.person()
        habit = {"name": "Run", "reminders": [{"time": "07:30"}]}
        await done(person.call("POST", "/v1/habits", habit))
        timers = Timers(server.node.database, utc_now)

        listed = await timer_commands.list_timers(settings, settings.mongo_url)
        head, evening, row = listed.splitlines()
        assert evening.split()[:2] == ["evening_check", "1"]
        assert head.split() == ["waiting", "late", "running", "failed", "next"]
        assert row.split()[:5] == ["habit_reminder", "1", "0", "0", "0"]

        with pytest.raises(StartError, match="no timer called 'usr_1/hab_1/habit_reminder'"):
            await timer_commands.run_timer(
                settings, settings.mongo_url, "usr_1/hab_1/habit_reminder"
            )
        async with server.node.database.connection():
            stored = await server.node.database["timers"].find_one({"rule": "habit_reminder"})
        assert stored is not None
        assert await timers.claim(1, ["habit_reminder"]) == []
        await timer_commands.run_timer(settings, settings.mongo_url, stored["_id"])
        [claimed] = await timers.claim(1, ["habit_reminder"])
        assert claimed.rule == "habit_reminder"
        await timers.fail(claimed, "KeyError", dt.timedelta(days=1))
        listed = await timer_commands.list_timers(settings, settings.mongo_url)
        assert f"failed: {stored['_id']} (due " in listed.splitlines()[-1]
