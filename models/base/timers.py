"""Timers, as contexts declare them: when a document next asks for something to be done.

The store keeps one row for each rule and document, in the transaction of the document's own write;
`upcoach.services.base.timers` does what is due.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

NextDue = Callable[[Any, dt.datetime], dt.datetime | None]


@dataclass(frozen=True, kw_only=True)
class TimerRule:
    """A rule that makes a timer of each document of a kind.

    Attributes
    ----------
    name
        The name of the rule, which its handler is registered by.
    next_due
        When a document next asks for something after a moment, or None; pure, and of the document
        alone, so that whoever writes the document writes the timer with it.
    grace
        How late it is still done; what is later is dropped, and the next is waited for.  However
        late, several that were missed are one.
    is_bulk
        Whether it is much work, which is done beside all else, a little at once: others do not wait
        for it.
    is_newer
        Whether there are documents of the kind that were written before there was this rule, or by
        nodes that do not know it: they are looked for.

    """

    name: str
    next_due: NextDue
    grace: dt.timedelta
    is_bulk: bool = False
    is_newer: bool = False
