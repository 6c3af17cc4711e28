"""Lines that libraries log: an event name of ours, and their text beside it, cut and escaped.

Their texts are no names to look for, and some have in them what a stranger has sent, or the whole
address that they sent it from.
"""

import logging
from typing import Final

EVENT: Final = "library_message"
LONGEST: Final = 300  # characters of a text

# By the text before it is filled in: our event, and which of what it is filled with is kept.
_KNOWN: Final[dict[object, tuple[str, slice]]] = {
    "Malformed HTTP message from %s: %s": ("http_malformed", slice(1, None)),
    "Timeout reading body from %s": ("http_body_late", slice(0, 0)),
    "SSL Error on %s %s: %s": ("tls_failed", slice(2, None)),
}


def rename(record: logging.LogRecord) -> bool:
    """A filter that lets every *record* through, those of libraries under a name of ours."""
    if isinstance(record.msg, dict):  # of structlog, and so of ours
        return True
    event, kept = _KNOWN.get(record.msg, (EVENT, None))
    if kept is None:
        text = record.getMessage()
    else:
        values = record.args if isinstance(record.args, tuple) else ()
        text = " ".join(map(str, values[kept]))
    record.msg, record.args = event, ()
    record.library = record.name
    if text:
        record.text = _shown(text)
    return True


def _shown(text: str) -> str:
    """The beginning of *text* on one line, with nothing that a terminal would act upon."""
    beginning = text[: LONGEST + 1]
    shown = "".join(
        letter if letter.isprintable() else repr(letter)[1:-1] for letter in beginning[:LONGEST]
    )
    return f"{shown}…" if len(beginning) > LONGEST else shown
