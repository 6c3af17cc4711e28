"""What reaches the log when a driver fails: where, and nothing of what was to be written."""

import asyncio
import contextlib
import gc
import io
import json
import logging
from collections.abc import AsyncIterator, Iterable, Iterator

import pytest
import structlog
from bson.errors import InvalidDocument
from pymongo import InsertOne
from pymongo.errors import BulkWriteError, PyMongoError, ServerSelectionTimeoutError

from config.logging import configure
from config.settings import LogFormat, Settings
from tests.config.keys import KEY
from upcoach.store.base.database import Database

SECRET = "she told nobody of it"
FORMATS: tuple[LogFormat, ...] = ("json", "console")


@pytest.fixture(params=FORMATS)
def log(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    stream = io.StringIO()
    configure("info", request.param, stream)
    structlog.configure(cache_logger_on_first_use=False)
    yield stream
    root.handlers = handlers
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    structlog.configure(**before)


@contextlib.asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Database]:
    assert settings.mongo_url is not None
    database = Database(settings.mongo_url, settings.mongo_database)
    try:
        yield database
    finally:
        await database.close()


async def bulk_failure(database: Database) -> BulkWriteError:
    inserts = [InsertOne({"_id": SECRET, "note": SECRET}) for _ in range(2)]
    with pytest.raises(BulkWriteError) as caught:
        await database["quoted"].bulk_write(inserts)
    assert SECRET in str(caught.value)
    return caught.value


async def failures(database: Database) -> list[Exception]:
    """What a driver quotes documents in: by itself, as a cause, and as what was handled."""
    bulk = await bulk_failure(database)
    with pytest.raises(PyMongoError) as single:
        await database["quoted"].insert_one({"_id": SECRET})
    with pytest.raises(InvalidDocument) as unfit:
        await database["quoted"].insert_one({SECRET: object()})
    caused, handled = RuntimeError("lost"), KeyError("handled")
    caused.__cause__, handled.__context__ = bulk, bulk
    return [bulk, single.value, unfit.value, caused, handled, ExceptionGroup("several", [bulk])]


def log_all(failures: Iterable[Exception]) -> None:
    for failure in failures:
        structlog.get_logger("ours").error("work_failed", exc_info=failure)
        logging.getLogger("tornado.application").error("of %r", failure, exc_info=failure)


async def test_what_a_driver_quotes_reaches_no_log(settings: Settings, log: io.StringIO) -> None:
    async with connected(settings) as database:
        log_all(await failures(database))

    said = log.getvalue()
    assert SECRET not in said
    assert said.count("pymongo.errors.BulkWriteError") >= 6
    assert "bulk_failure" in said  # where it happened
    assert "code=65" in said
    assert "code=11000" in said
    assert "RuntimeError: lost" in said


async def test_a_task_that_nobody_asked_says_nothing_of_it(
    settings: Settings, log: io.StringIO
) -> None:
    async def failing(failure: BulkWriteError) -> None:
        raise failure

    async with connected(settings) as database:
        task = asyncio.create_task(failing(await bulk_failure(database)))
        await asyncio.wait([task])
        del task
        gc.collect()

    said = log.getvalue()
    assert "Task exception was never retrieved" in said
    assert "BulkWriteError" in said
    assert SECRET not in said


def test_a_connection_that_failed_says_where_to(log: io.StringIO) -> None:
    log_all([ServerSelectionTimeoutError("db.example.org:27017: timed out")])

    assert "db.example.org:27017" in log.getvalue()


@pytest.fixture
def _logging_restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    root.handlers, root.level = handlers, level
    logging.captureWarnings(capture=False)
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging_restored")
def test_every_line_is_one_json_object() -> None:
    stream = io.StringIO()
    configure("info", "auto", stream)

    structlog.get_logger().info("engine_started", port=1)
    structlog.get_logger().debug("too quiet")
    logging.getLogger("tornado.general").warning("slow %s", "loop", extra={"ms": 9})

    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [list(line)[:3] for line in lines] == [["ts", "level", "event"]] * 2
    assert [{k: v for k, v in line.items() if k != "ts"} for line in lines] == [
        {"level": "info", "event": "engine_started", "port": 1},
        {
            "level": "warning",
            "event": "library_message",
            "ms": 9,
            "library": "tornado.general",
            "text": "slow loop",
        },
    ]


@pytest.mark.usefixtures("_logging_restored")
def test_what_strangers_send_is_cut_and_no_name_of_an_event() -> None:
    stream = io.StringIO()
    configure("info", "json", stream)
    tornado = logging.getLogger("tornado.general")
    stranger, sent = "127.21.0.1", "Multiple host headers: '\x1b[2J\n" + 1_000 * "x"

    tornado.info("Malformed HTTP message from %s: %s", stranger, ValueError(sent))
    tornado.info("Timeout reading body from %s", stranger)
    tornado.warning("Write error on %s: %s", 9, sent)

    malformed, late, other = (json.loads(line) for line in stream.getvalue().splitlines())
    assert stranger not in stream.getvalue()
    assert (malformed["event"], late["event"]) == ("http_malformed", "http_body_late")
    assert malformed["text"].startswith(r"Multiple host headers: '\x1b[2J\nx")
    assert (other["event"], other["library"]) == ("library_message", "tornado.general")
    assert [len(line["text"]) < 320 for line in (malformed, other)] == [True, True]


@pytest.mark.usefixtures("_logging_restored")
@pytest.mark.parametrize("log_format", ["console", "json"])
def test_a_traceback_shows_no_local_variable(log_format: LogFormat) -> None:
    stream = io.StringIO()
    configure("info", log_format, stream)

    def login(password: str) -> None:
        raise ValueError(len(password))

    try:
        login(KEY)
    except ValueError:
        structlog.get_logger().exception("login crashed")

    assert "ValueError: 44" in stream.getvalue()
    assert KEY not in stream.getvalue()


@pytest.mark.usefixtures("_logging_restored")
def test_documents_stay_out_of_the_log_at_every_level() -> None:
    configure("debug", "json", io.StringIO())

    assert not logging.getLogger("pymongo.command").isEnabledFor(logging.DEBUG)
