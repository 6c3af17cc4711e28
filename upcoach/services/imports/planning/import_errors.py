"""Collects the errors of an imported file, so that they can be mended in one go."""

from typing import Final

from models.base.errors import FieldError, Invalid, invalid_field

WHOLE: Final = "import_invalid"  # the code of a refusal of a whole file
MOST: Final = 20  # flaws in one answer: enough to see what kind of file it is


class ImportErrors:
    """The flaws found so far, each once; the last of `MOST` ends the reading."""

    def __init__(self) -> None:
        self._errors: dict[FieldError, None] = {}

    def add(self, pointer: str, code: str, detail: str) -> None:
        """Keep one flaw; raises `Invalid` with all of them when there are enough."""
        self._errors[FieldError(pointer, code, detail)] = None
        if len(self._errors) == MOST:
            self.refuse()

    def refuse(self) -> None:
        """Raise `Invalid` if there is any flaw."""
        if self._errors:
            flaws = tuple(self._errors)
            raise Invalid(WHOLE, flaws[0].detail, flaws=flaws)


def refused(pointer: str, code: str, detail: str) -> Invalid:
    """The refusal of a whole file for one reason."""
    return invalid_field(pointer, code, detail, refusal=WHOLE)


def pointer_to(path: str, line: int | None = None) -> str:
    """The JSON pointer (RFC 6901) to a file within an archive, or to a line of it.

    Examples
    --------
    >>> pointer_to("001 Run/Checkmarks.csv", 3)
    '/001 Run/Checkmarks.csv/line/3'
    >>> pointer_to("~draft")
    '/~0draft'

    """
    place = "/" + path.replace("~", "~0")
    return place if line is None else f"{place}/line/{line}"
