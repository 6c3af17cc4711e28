"""The query plans of every route: `make explain`.

Engines of its own, a person with years of history (`seeds`), every GET with each of its filters and
orders (`questions`), and the plan of every query that MongoDB really ran for them (`report`).  What
scans a collection or sorts in memory fails.  A route that comes later is asked by itself; one for
which no example can be found fails, too.
"""

from upcoach.cli.explain.explaining import Explained, explained, explained_on
from upcoach.cli.explain.report import PROLOGUE, report
from upcoach.cli.explain.seeds import FULL, SHORT

__all__ = ["FULL", "PROLOGUE", "SHORT", "Explained", "explained", "explained_on", "report"]
