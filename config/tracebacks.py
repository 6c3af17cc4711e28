"""Tracebacks for the log, without the messages of drivers, which quote documents.

`BulkWriteError` holds the whole operation that failed, and an error of a unique index its values.
So of an exception of a driver there is only its name, its code and its labels; only that of a
connection may speak.
"""

import traceback
from collections.abc import Iterable
from typing import Final, TextIO

from structlog.typing import ExcInfo

DRIVERS: Final = ("bson", "gridfs", "pymongo")
SPEAKING: Final = "ConnectionFailure"  # it names hosts, and nothing that was written


def text_of(failure: BaseException) -> str:
    """The traceback of *failure* and of all that it came from.

    Examples
    --------
    >>> print(text_of(ValueError("no number")))
    ValueError: no number

    """
    return "".join(_lines(failure, set())).rstrip("\n")


def render(stream: TextIO, info: ExcInfo) -> None:
    """Write a traceback to *stream*; see `structlog.dev.plain_traceback`."""
    stream.write("\n" + text_of(info[1]))


def render_text(exc_info: ExcInfo) -> str:
    """A traceback as the text of a field."""
    return text_of(exc_info[1])


def _lines(failure: BaseException, seen: set[int]) -> list[str]:
    seen.add(id(failure))
    lines: list[str] = []
    before = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
    if before is not None and id(before) not in seen:
        words = "The cause of what follows:" if failure.__cause__ else "While this was handled:"
        lines += [*_lines(before, seen), f"\n{words}\n\n"]
    if failure.__traceback__ is not None:
        lines += ["Traceback (most recent call last):\n"]
        lines += traceback.format_tb(failure.__traceback__)
    lines.append(_last_line(failure) + "\n")
    if isinstance(failure, BaseExceptionGroup):
        for part in failure.exceptions:
            lines += ["\nOne of the group:\n", *_lines(part, seen)]
    return lines


def _last_line(failure: BaseException) -> str:
    """The name and message of *failure*; of a driver's, its code and labels instead."""
    kind = type(failure)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    name = module + kind.__qualname__
    if is_of_driver(failure):
        details = {
            "code": getattr(failure, "code", None),
            "labels": sorted(getattr(failure, "_error_labels", ())),
        }
        return " ".join([name, *(f"{key}={value}" for key, value in details.items() if value)])
    words = str(failure)
    return f"{name}: {words}" if words else name


def is_of_driver(failure: BaseException) -> bool:
    """Whether a driver made it, or what it is derived from, and its words may quote documents."""
    kinds = type(failure).__mro__
    if any(kind.__name__ == SPEAKING for kind in kinds):
        return False
    return any(kind.__module__.partition(".")[0] in DRIVERS for kind in kinds)


def quotes(failure: BaseException | None) -> bool:
    """Whether *failure*, a part of it, or what it came from, `is_of_driver`."""
    return failure is not None and any(map(is_of_driver, _all_of(failure, {})))


def _all_of(failure: BaseException, seen: dict[int, BaseException]) -> Iterable[BaseException]:
    """*failure*, its parts, and what they came from."""
    seen[id(failure)] = failure
    parts = failure.exceptions if isinstance(failure, BaseExceptionGroup) else ()
    for origin in (failure.__cause__, failure.__context__, *parts):
        if origin is not None and id(origin) not in seen:
            _all_of(origin, seen)
    return seen.values()
