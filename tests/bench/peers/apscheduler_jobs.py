"""APScheduler 3 with its job store in MongoDB and a pool of threads; each job is due once a day."""

import datetime as dt
import os
import threading
import time
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.mongodb import MongoDBJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from jobs import DATABASE, DAY, connect, notification, obey

THREADS = 32

client, told = connect()
done = threading.Semaphore(0)
scheduler = BackgroundScheduler(
    jobstores={"default": MongoDBJobStore(DATABASE, "apscheduler_jobs", client)},
    executors={"default": ThreadPoolExecutor(THREADS)},
    job_defaults={"misfire_grace_time": None, "coalesce": True},
    timezone="UTC",
)


def remind(number: int) -> None:
    told.insert_one(notification(number))
    done.release()


def prepare(count: int) -> dict[str, Any]:
    """Add *count* jobs that were due a moment ago."""
    scheduler.pause()
    scheduler.remove_all_jobs()
    due = dt.datetime.now(dt.UTC)
    for number in range(count):
        scheduler.add_job(
            "apscheduler_jobs:remind",
            "interval",
            args=(number,),
            id=f"job_{number}",
            seconds=DAY.total_seconds(),
            next_run_time=due,
        )
    return {"pids": [os.getpid()]}


def run(count: int) -> dict[str, Any]:
    """Let them be found, and wait until all are done."""
    began = time.perf_counter()
    scheduler.resume()
    for _ in range(count):
        done.acquire()
    return {"seconds": time.perf_counter() - began}


if __name__ == "__main__":
    import apscheduler_jobs  # under the name by which jobs find it

    apscheduler_jobs.scheduler.start(paused=True)
    obey({"prepare": apscheduler_jobs.prepare, "run": apscheduler_jobs.run})
