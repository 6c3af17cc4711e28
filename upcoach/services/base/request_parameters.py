"""Validated parameters of a form or query: each once, short, not empty."""

import re
from collections.abc import Iterable
from typing import Final

from upcoach.services.base.oauth_errors import OAuthError, invalid_request

MANY: Final = frozenset({"resource"})  # the only one that may come several times (RFC 8707, 2)
# What people type: text as the API takes it, with any spaces and joiners that a script needs.
TYPED: Final = frozenset(
    {"code", "current", "email", "locale", "name", "password", "tz", "user_code"}
)
MOST: Final = 64
_NO_TEXT: Final = re.compile("[\0\ud800-\udfff]")
LONGEST: Final = 8_192  # characters of a value: an assertion, or an ID token
SHORT: Final = 1_024  # of anything that we keep or send back


class Parameters:
    """The parameters that a client or a browser sent.

    Examples
    --------
    >>> form = Parameters([("scope", "openid"), ("state", "")])
    >>> form["scope"], form["state"]
    ('openid', '')

    """

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            if value:  # an empty one counts as left out (RFC 6749, 3.1)
                self._values.setdefault(name, []).append(value)
        for name, values in self._values.items():
            if len(values) > 1 and name not in MANY:
                raise invalid_request("A parameter comes twice.")
            if any(_is_bad(name, value) for value in values):
                raise invalid_request("A parameter is too long, or not text.")
        if sum(map(len, self._values.values())) > MOST:
            raise invalid_request("There are too many parameters.")

    def __getitem__(self, name: str) -> str:
        """The value of *name*; empty if there is none."""
        return self._values.get(name, [""])[0]

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def names(self) -> list[str]:
        """The names that have a value."""
        return list(self._values)

    def all(self, name: str) -> list[str]:
        """Every value of *name*."""
        return self._values.get(name, [])

    def short(self, name: str) -> str:
        """The value of *name*, limited in length because we store it."""
        if len(self[name]) > SHORT:
            raise invalid_request("A parameter is too long.")
        return self[name]

    def required(self, name: str) -> str:
        """The value of *name*, or `invalid_request`."""
        if name not in self:
            raise OAuthError("invalid_request", f"The parameter {name} is missing.")
        return self[name]

    def words(self, name: str) -> tuple[str, ...]:
        """The words of a list that is separated by spaces, each once."""
        return tuple(dict.fromkeys(self.short(name).split(" "))) if name in self else ()


def _is_bad(name: str, value: str) -> bool:
    if len(value) > LONGEST:
        return True
    return bool(_NO_TEXT.search(value)) if name in TYPED else not value.isprintable()
