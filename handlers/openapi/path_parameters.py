"""The types of path parameters that are not the id of a document."""

import datetime as dt
from typing import Annotated, Any, Final

import msgspec

from models.calendar import WallMoment
from models.goals import PointId

PATH_PARAMETERS: Final[dict[str, Any]] = {
    "local_date": dt.date,
    "point": PointId,
    "starts": WallMoment,
    "version": Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)],
}


def is_checked(path: str) -> bool:
    """Whether what stands in *path* may be no such thing at all.

    Examples
    --------
    >>> is_checked("/v1/habits/{id}/entries/{local_date}"), is_checked("/v1/habits/{id}")
    (True, False)

    """
    return any(f"{{{name}}}" in path for name in PATH_PARAMETERS)
