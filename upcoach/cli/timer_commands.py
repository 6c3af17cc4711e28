"""Operators' commands about timers: how they stand, and running one by hand."""

from config.settings import Settings
from models.base.clock import utc_now
from models.base.text.counting import counted
from models.base.time import moment_in_words
from upcoach.cli.operating import note
from upcoach.node.connecting import open_database
from upcoach.node.process.listener import StartError
from upcoach.store.write.timers import FailedTimer, TimerCount, Timers

SHOWN = 20  # timers that have failed

_COLUMNS = "{:<28} {:>9} {:>9} {:>9} {:>9}  {}"


async def list_timers(settings: Settings, mongo_url: str) -> str:
    """A table of how the timers of each rule stand, and some of those that failed."""
    async with open_database(mongo_url, settings) as database:
        timers = Timers(database, utc_now)
        counts, failed = await timers.counts(), await timers.failed(SHOWN)
    if not counts:
        return "No timer is set."
    head = _COLUMNS.format("", "waiting", "late", "running", "failed", "next")
    return "\n".join((head, *map(_row, counts), *map(_failure, failed)))


async def run_timer(settings: Settings, mongo_url: str, name: str) -> None:
    """Let a timer fire at once, on whichever process with the role `schedule` comes first."""
    async with open_database(mongo_url, settings) as database:
        if not await Timers(database, utc_now).run_now(name):
            raise StartError(
                f"There is no timer called {name!r}; make jobs lists those that failed."
            )
        await note(settings, database, "timer.run", name)


def _row(count: TimerCount) -> str:
    due = "" if count.next_due is None else moment_in_words(count.next_due)
    return _COLUMNS.format(count.rule, count.waiting, count.late, count.running, count.failed, due)


def _failure(timer: FailedTimer) -> str:
    since = moment_in_words(timer.due)
    return (
        f"failed: {timer.name} (due {since}, {counted(timer.failures, 'failure')}: {timer.failure})"
    )
