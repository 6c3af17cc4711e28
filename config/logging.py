"""Logging: one renderer for structlog and the standard library.

JSON lines begin with ts, level and event, so that they can be read without a tool.  Tracebacks are
plain text: the richer forms print local variables, and those may hold a secret.  What a driver says
is left out of them (`tracebacks`): it quotes what was to be written.
"""

import logging
import sys
from typing import TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from config import library_messages, tracebacks
from config.settings import LogFormat, LogLevel

# At debug level PyMongo writes every command with its documents, and those are private.
QUIET = ("pymongo",)


def configure(level: LogLevel, log_format: LogFormat, stream: TextIO | None = None) -> None:
    """Send all logging to *stream* (the standard error), in place of any earlier choice."""
    stream = sys.stderr if stream is None else stream
    threshold = logging.getLevelNamesMapping()[level.upper()]
    for_people = log_format == "console" or (log_format == "auto" and stream.isatty())
    _route_standard_library(threshold, stream, for_people=for_people)
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="ts"),
        structlog.processors.StackInfoRenderer(),
    ]


def _route_standard_library(threshold: int, stream: TextIO, *, for_people: bool) -> None:
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_shared(), structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_console(stream) if for_people else _json()),
            ],
        )
    )
    handler.addFilter(_first_line)
    handler.addFilter(library_messages.rename)
    logging.captureWarnings(capture=True)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(threshold)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(threshold, logging.WARNING))


def _first_line(record: logging.LogRecord) -> bool:
    """A filter that keeps only the first line of a message about a driver's exception.

    Behind it they show the task or the callback, which shows its exception, which quotes documents.
    """
    if record.exc_info and tracebacks.quotes(record.exc_info[1]):
        record.msg, record.args = str(record.msg).partition("\n")[0], ()
    return True


def _console(stream: TextIO) -> list[Processor]:
    return [
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(),
            timestamp_key="ts",
            exception_formatter=tracebacks.render,
        )
    ]


def _json() -> list[Processor]:
    return [
        structlog.processors.ExceptionRenderer(tracebacks.render_text),
        _first_things_first,
        structlog.processors.JSONRenderer(),
    ]


def _first_things_first(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        "ts": event.pop("ts"),
        "level": event.pop("level"),
        "event": event.pop("event"),
        **event,
    }
