"""Celery: beat looks for what is due, and sends a task for each to the worker."""

import datetime as dt
import functools
import os
from typing import Any

from celery import Celery
from jobs import DATABASE, DAY, connect, notification

LOOK_EVERY_S = 0.5  # as often as ours

app = Celery("bench", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,  # so that a task whose worker dies is done by another
    worker_hijack_root_logger=False,
    beat_schedule={"look": {"task": "celery_app.look", "schedule": LOOK_EVERY_S}},
)


@functools.cache
def collections() -> tuple[Any, Any]:
    """The jobs and the notifications, by a client of each process of the worker."""
    client, told = connect()
    return client[DATABASE]["celery_jobs"], told


@app.task
def look() -> None:
    """Send a task for each job that is due, which is due again in a day."""
    now, (rows, _) = dt.datetime.now(dt.UTC), collections()
    due = [row["_id"] for row in rows.find({"due": {"$lte": now}}, {"_id": 1})]
    if due:
        rows.update_many({"_id": {"$in": due}}, {"$set": {"due": now + DAY}})
    with app.connection_or_acquire() as connection:
        for number in due:
            remind.apply_async((number,), connection=connection)


@app.task
def remind(number: int) -> None:
    _, told = collections()
    told.insert_one(notification(number))
