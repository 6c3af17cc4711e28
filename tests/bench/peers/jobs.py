"""What schedulers are asked for: jobs that are due at once, and insert a notification each."""

import datetime as dt
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from pymongo import MongoClient, WriteConcern

URL, DATABASE = os.environ["MONGO_URL"], os.environ["MONGO_DATABASE"]
DAY = dt.timedelta(days=1)


def connect() -> tuple[MongoClient, Any]:
    """A client, and the collection that notifications are inserted into, as durably as ours."""
    client = MongoClient(URL, maxPoolSize=64)
    durable = WriteConcern(w="majority", j=True)
    return client, client[DATABASE].get_collection("told", write_concern=durable)


def notification(number: int) -> dict[str, Any]:
    """A notification as ours is stored, without what is encrypted."""
    at = dt.datetime.now(dt.UTC)
    return {
        "type": "habit_reminder",
        "owner": f"usr_{number // 10}",
        "title": f"Habit {number}",
        "body": "It is time. You have kept it up for 12 days.",
        "link": f"/habits/hab_{number}",
        "created_at": at,
        "expires_at": at + 90 * DAY,
        "read": False,
        "seen": False,
    }


def obey(commands: dict[str, Callable[[int], Any]]) -> None:
    """Do what each line says, a command and a number, and answer by a line of JSON."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever is printed by accident must not stand between the answers
    for line in sys.stdin:
        command, count = line.split()
        print(json.dumps(commands[command](int(count))), file=answers, flush=True)
