"""Which versions of a document a request is for: entity tags and their conditions (RFC 9110, 13.1).

A version is the strong tag `"v3"`.  One tag in `If-Match` is the usual case, and a number like the
`base` of a frame; whatever else the two headers may say is a `VersionCondition`.
"""

import re
from typing import Final, Self

import msgspec

from models.base.errors import Invalid

NEVER: Final = -1  # no document has it
_TAG: Final = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_VERSION: Final = re.compile(r"v([1-9][0-9]{0,8})")


class EntityTags(msgspec.Struct, frozen=True):
    """The tags of a header: all of them, or the versions among the strong and the weak ones.

    Examples
    --------
    >>> EntityTags.read('"v3", W/"v4", "other"')
    EntityTags(is_any=False, strong=frozenset({3}), weak=frozenset({4}))
    >>> EntityTags.read("*").is_any
    True

    """

    is_any: bool = False
    strong: frozenset[int] = frozenset()
    weak: frozenset[int] = frozenset()

    @classmethod
    def read(cls, header: str) -> Self:
        """Read a header; `Invalid` if it holds neither tags nor an asterisk."""
        if header.strip() == "*":
            return cls(is_any=True)
        parts = [part.strip(" \t") for part in _parts(header)]
        tags = [_TAG.fullmatch(part) for part in parts if part]
        if not tags or None in tags:
            raise Invalid("version_invalid", 'A condition holds versions such as "v3", or *.')
        versions: tuple[set[int], set[int]] = (set(), set())
        for tag in filter(None, tags):
            version = _VERSION.fullmatch(tag[2])
            if version is not None:
                versions[bool(tag[1])].add(int(version[1]))
        return cls(strong=frozenset(versions[0]), weak=frozenset(versions[1]))

    def matches_strongly(self, version: int) -> bool:
        """Whether one of them is *version* by the strong comparison (RFC 9110, 8.8.3.2)."""
        return self.is_any or version in self.strong

    def matches_weakly(self, version: int) -> bool:
        """Whether one of them is *version* by the weak comparison."""
        return self.matches_strongly(version) or version in self.weak


class VersionCondition(int):
    """The base of a write that is for one of several versions; as a number, the newest of them.

    Attributes
    ----------
    needs_document
        Whether there must be a document at all: so it is with `If-Match`, and not without.

    """

    needs_document: bool
    _match: EntityTags | None
    _none_match: EntityTags | None

    @classmethod
    def of(cls, match: EntityTags | None, none_match: EntityTags | None) -> Self:
        """The condition of the two headers; one that is missing asks for nothing."""
        named = frozenset() if match is None else match.strong
        condition = cls(max(named, default=NEVER))
        condition._match, condition._none_match = match, none_match
        condition.needs_document = match is not None
        return condition

    def admits(self, version: int) -> bool:
        """Whether a document at *version* may be written (RFC 9110, 13.2.2)."""
        if self._match is not None and not self._match.matches_strongly(version):
            return False
        return self._none_match is None or not self._none_match.matches_weakly(version)

    @property
    def described(self) -> list[object]:
        """What tells it from other conditions, to be encoded."""
        return [_described(self._match), _described(self._none_match)]


# Of a write that makes a document, and changes none (`If-None-Match: *`).
UNWRITTEN: Final = VersionCondition.of(None, EntityTags(is_any=True))


def base_of(if_match: str | None, if_none_match: str | None) -> int | None:
    """The base that the two headers of a write say; None without both.

    Examples
    --------
    >>> base_of('"v3"', None), base_of(None, None)
    (3, None)
    >>> [base_of(None, "*").admits(version) for version in (1, 2)]
    [False, False]

    """
    match = None if if_match is None else EntityTags.read(if_match)
    none_match = None if if_none_match is None else EntityTags.read(if_none_match)
    if match is None and none_match is None:
        return None
    if match is not None and len(match.strong) == 1 and not match.weak and none_match is None:
        return next(iter(match.strong))
    return VersionCondition.of(match, none_match)


def needs_document(base: int | None) -> bool:
    """Whether a write with *base* is refused where there is no document yet."""
    return base is not None and (not isinstance(base, VersionCondition) or base.needs_document)


def _parts(header: str) -> list[str]:
    """The parts of a list; a comma within quotes parts nothing."""
    pieces = header.split('"')
    # Every second piece stands in quotes.
    marked = (
        piece if number % 2 else piece.replace(",", "\n") for number, piece in enumerate(pieces)
    )
    return '"'.join(marked).split("\n")


def _described(tags: EntityTags | None) -> object:
    if tags is None or tags.is_any:
        return None if tags is None else "*"
    return [sorted(tags.strong), sorted(tags.weak)]
