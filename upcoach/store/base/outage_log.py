"""Log lines about an outage that a loop retries through: few, however often it retries."""

import time
from typing import Any, Final

from structlog.typing import FilteringBoundLogger

from models.base.errors import Unavailable

REPEAT_S: Final = 60.0
_SETTINGS: Final = {
    "database_unavailable": "UPCOACH_MONGO_URL",
    "redis_unavailable": "UPCOACH_REDIS_URL",
}


class OutageLog:
    """Logs *begins* when an outage begins and once a minute while it lasts, *ends* after it."""

    def __init__(self, log: FilteringBoundLogger, *, begins: str, ends: str, **values: Any) -> None:
        self._log = log
        self._begins = begins
        self._ends = ends
        self._values = values
        self._began_at: float | None = None
        self._logged_at = 0.0

    @property
    def lasts(self) -> bool:
        """Whether there is an outage, as far as is known."""
        return self._began_at is not None

    def failed(self, failure: Exception) -> None:
        """Log that a try has failed, unless that is known."""
        now = time.monotonic()
        if self._began_at is None:
            self._began_at = now
        elif now - self._logged_at < REPEAT_S:
            return
        self._logged_at = now
        self._log.warning(
            self._begins,
            **_explained(failure),
            for_s=round(now - self._began_at),
            **self._values,
        )

    def succeeded(self) -> None:
        """Log that the outage is over, if there was one."""
        if self._began_at is not None:
            lasted_s = round(time.monotonic() - self._began_at, 1)
            self._log.info(self._ends, lasted_s=lasted_s, **self._values)
            self._began_at = None


def _explained(failure: Exception) -> dict[str, str | None]:
    """The reason, and the setting that names the engine; what is no refusal comes from Redis."""
    if isinstance(failure, Unavailable):
        return {"reason": failure.detail, "setting": _SETTINGS.get(failure.code)}
    reason = str(failure) or type(failure).__name__
    return {"reason": reason, "setting": _SETTINGS["redis_unavailable"]}
