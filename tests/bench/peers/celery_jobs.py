"""Celery's beat and worker, and who makes jobs due for them and waits until all are done."""

import datetime as dt
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jobs import DATABASE, DAY, connect, obey

HERE = Path(__file__).parent
PROCESSES = "2"
POLL_S = 0.02

client, told = connect()
rows = client[DATABASE]["celery_jobs"]


def celery(*arguments: str) -> subprocess.Popen[bytes]:
    command = (sys.executable, "-m", "celery", "-A", "celery_app", *arguments, "-l", "error")
    return subprocess.Popen(command, cwd=HERE, stdin=subprocess.DEVNULL, stdout=sys.stderr)


def children_of(pid: int) -> list[int]:
    """The process *pid*, and those that it has started."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += children_of(int(child))
    return found


def prepare(count: int) -> dict[str, Any]:
    """Make *count* jobs that are due tomorrow, and see that those before them are done."""
    rows.delete_many({})
    rows.create_index("due")
    rows.insert_many(
        {"_id": number, "due": dt.datetime.now(dt.UTC) + DAY} for number in range(count)
    )
    return {"pids": [pid for process in running for pid in children_of(process.pid)]}


def run(count: int) -> dict[str, Any]:
    """Let them be due, and wait until all are done."""
    wanted = told.estimated_document_count() + count
    began = time.perf_counter()
    rows.update_many({}, {"$set": {"due": dt.datetime.now(dt.UTC)}})
    while told.estimated_document_count() < wanted:
        time.sleep(POLL_S)  # Celery tells nobody when all is done: its tasks are in other processes
    return {"seconds": time.perf_counter() - began}


with tempfile.TemporaryDirectory() as folder:
    running = [
        celery("worker", "-c", PROCESSES, "--without-gossip", "--without-mingle"),
        celery("beat", "-s", f"{folder}/beat"),
    ]
    try:
        prepare(1)
        run(1)  # they have started
        obey({"prepare": prepare, "run": run})
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()
