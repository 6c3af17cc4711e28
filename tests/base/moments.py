"""Two moments."""

import datetime as dt

NOON = dt.datetime(2026, 1, 5, 12, tzinfo=dt.UTC)
LATER = NOON + dt.timedelta(days=1)
