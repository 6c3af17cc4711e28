"""What answers to writes show: documents up to a bound in bytes, and behind that their versions.

A few words change a large document, and the answer shows all of it: a hundred of them would be tens
of megabytes, which whoever asks may not even read.
"""

from typing import Any, Final

import msgspec

from models.access.limits import PAGE_BYTES
from models.wire.frames import Res

BRIEF_BYTES: Final = 1_024  # of a problem that is always shown
_BRIEF: Final = ("type", "title", "status", "detail", "code", "instance")


class AnswerBodies:
    """The bodies of the answers to one batch: so many bytes, and none behind them.

    Attributes
    ----------
    size
        The bytes of all of them, also of those that are not shown.

    """

    def __init__(self, most: int = PAGE_BYTES) -> None:
        self.size = 0
        self._most = most
        self._shown = 0
        self._is_full = False

    def fit(self, answer: Res) -> Res:
        """*answer* with its body encoded, which is done once; or without it."""
        encoded = encoded_body(answer)
        size = size_of(encoded)
        self.size += size
        self._is_full = self._is_full or bool(self._shown and self._shown + size > self._most)
        if self._is_full:
            return brief(answer)
        self._shown += size
        return encoded


def encoded_body(answer: Res) -> Res:
    """*answer* with the bytes of its body in the place of what they say."""
    if answer.body is msgspec.UNSET:
        return answer
    return msgspec.structs.replace(answer, body=msgspec.Raw(msgspec.json.encode(answer.body)))


def size_of(answer: Res) -> int:
    """The bytes of what *answer* shows: a body, or a problem."""
    shown: Any = answer.problem if answer.body is msgspec.UNSET else answer.body
    return 0 if shown is None else len(msgspec.json.encode(shown))


def brief(answer: Res) -> Res:
    """*answer* without what can be had otherwise: a document that has a version, its conflicts.

    Examples
    --------
    >>> brief(Res(id="1", status=200, ver=4, body={"title": "Run"})).body
    UNSET

    """
    if answer.ver is not None:
        return msgspec.structs.replace(answer, body=msgspec.UNSET)
    problem = answer.problem
    if problem is None or size_of(answer) <= BRIEF_BYTES:
        return answer
    kept = {name: problem[name] for name in _BRIEF if name in problem}
    return msgspec.structs.replace(answer, problem=kept)
