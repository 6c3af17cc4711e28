"""The six kinds of errors that a request is refused with.

Domain code raises one of these where the rule lives; it knows no status code.  `code` is the
stable, public name of the particular, `detail` is for people, and `extra` is data that the caller
needs in order to go on, such as the current version.
"""

from typing import Any

import msgspec


class FieldError(msgspec.Struct, frozen=True):
    """One error in an input, with words for people.

    Attributes
    ----------
    pointer
        Where it is: a JSON pointer into the body (RFC 6901), `?name` for a parameter of the
        query, or `{name}` for a part of the path.
    code
        What is wrong, under a name that stays.
    detail
        What is wrong, as a sentence.

    """

    pointer: str
    code: str
    detail: str


class Refusal(Exception):
    """The base of all errors that a request is refused with; it has changed nothing."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        flaws: tuple[FieldError, ...] = (),
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.flaws = flaws
        self.extra = extra or {}
        self.replayed = False  # whether it is the answer that the same write got before
        self.concerns = ""  # whose account was tried to enter: for the audit log, never answered
        self.replayed_session = ""  # which ended by what was refused: for the audit log, too


class Unauthenticated(Refusal):
    """The caller is not authenticated."""


class Forbidden(Refusal):
    """The caller is authenticated, and not permitted."""


class NotFound(Refusal):
    """It does not exist, or it is not theirs, which must look the same."""


class Conflict(Refusal):
    """The operation conflicts with the present state of the document."""


class Invalid(Refusal):
    """The request itself is wrong."""


class Unavailable(Refusal):
    """An engine does not answer; the same request may succeed later."""


def invalid_field(
    pointer: str, code: str, detail: str, *, refusal: str = "body_invalid"
) -> Invalid:
    """The refusal of one field of the body, at *pointer* (RFC 6901).

    Examples
    --------
    >>> raise invalid_field("/tz", "zone_unknown", "There is no such zone.")
    Traceback (most recent call last):
    models.base.errors.Invalid: ('body_invalid', 'There is no such zone.')

    """
    return Invalid(refusal, detail, flaws=(FieldError(pointer, code, detail),))


def invalid_parameter(
    name: str,
    detail: str,
    *,
    code: str = "parameter_invalid",
    refusal: str = "parameter_invalid",
) -> Invalid:
    """The refusal of the query's parameter *name*, which its pointer writes behind a `?`."""
    return invalid_field(f"?{name}", code, detail, refusal=refusal)
