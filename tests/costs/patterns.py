"""Which regular expressions can fail late.

A backtracking matcher takes more than linear time on a text that it can read in more and more ways
as the text grows.  That is decided on the pattern's position automaton (Glushkov): there are two
positions p and q and a word that leads from p to p, from p to q and from q to q (Weber and Seidl,
"On the degree of ambiguity of finite automata", 1991).  A search may begin anywhere: it begins with
a position that reads anything.  A match that fails goes back no further than to the last position
at which it may end; so what leads from q to q has none of these.
"""

import itertools
from collections.abc import Iterator
from re import _compiler as compiler  # type: ignore[attr-defined] # has no types
from re import _constants as sre  # type: ignore[attr-defined] # the same
from re import _parser as parser  # type: ignore[attr-defined] # the same
from typing import Any, Final, NamedTuple

from tests.costs.sources import Use

MANY: Final = 40  # what repeats so often is taken for what repeats without end
END: Final = -1  # what is read at the end of a text, once

Chars = frozenset[int]
Follows = list[frozenset[int]]


class Fragment(NamedTuple):
    """A part of an automaton: whether it may read nothing, and the positions at its ends."""

    nullable: bool
    first: tuple[int, ...]
    last: tuple[int, ...]


class Automaton:
    """The positions of a pattern, what each reads, and which may follow which.

    Attributes
    ----------
    is_twofold
        Whether something that repeats can read the same in two ways, or nothing.

    """

    def __init__(self, use: Use) -> None:
        tree = parser.parse(use.pattern, use.flags)
        self._flags = tree.state.flags
        self._alphabet = _alphabet(tree)
        self.reads: list[Chars] = []
        self.follows: list[set[int]] = []
        self.is_twofold = False
        whole = self._sequence(list(tree))
        if use.is_whole:
            whole = self._joined(whole, self._position(frozenset({END})))
        self.accepting = set(whole.last)
        if use.is_search and not _is_anchored(tree):
            anywhere = self._position(self._alphabet).first[0]
            self.follows[anywhere] |= {anywhere, *whole.first}

    def can_fail_late(self) -> bool:
        """Whether some text of n letters takes more than a multiple of n steps."""
        everything = [frozenset(one) for one in self.follows]
        failing = [frozenset(one - self.accepting) for one in self.follows]
        loops = [one for one in range(len(self.reads)) if one in _reached(everything, one)]
        risky = [one for one in loops if one in _reached(failing, one) - self.accepting]
        return self.is_twofold or any(
            self._is_ambiguous(p, q, (everything, everything, failing))
            for p in loops
            for q in risky
            if p != q and q in _reached(everything, p)
        )

    def _is_ambiguous(self, p: int, q: int, ways: tuple[Follows, Follows, Follows]) -> bool:
        """Whether one word leads from *p* to *p*, from *p* to *q* and from *q* to *q*."""
        seen: set[tuple[int, ...]] = set()
        todo: list[tuple[int, ...]] = [(p, p, q)]
        while todo:
            coming = (way[one] for way, one in zip(ways, todo.pop(), strict=True))
            for place in itertools.product(*coming):
                if place in seen or not frozenset.intersection(*(self.reads[x] for x in place)):
                    continue
                if place == (p, q, q):
                    return True
                seen.add(place)
                todo.append(place)
        return False

    def _position(self, reads: Chars) -> Fragment:
        self.reads.append(reads)
        self.follows.append(set())
        place = (len(self.reads) - 1,)
        return Fragment(nullable=False, first=place, last=place)

    def _link(self, last: tuple[int, ...], first: tuple[int, ...], *, loop: bool = False) -> None:
        for one in last:
            self.is_twofold |= loop and bool(self.follows[one] & set(first))
            self.follows[one] |= set(first)

    def _joined(self, left: Fragment, right: Fragment) -> Fragment:
        self._link(left.last, right.first)
        return Fragment(
            left.nullable and right.nullable,
            left.first + (right.first if left.nullable else ()),
            right.last + (left.last if right.nullable else ()),
        )

    def _sequence(self, items: list[Any]) -> Fragment:
        whole = Fragment(nullable=True, first=(), last=())
        for item in items:
            whole = self._joined(whole, self._fragment(*item))
        return whole

    def _fragment(self, kind: Any, value: Any) -> Fragment:
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
            return self._repeat(*value)
        if kind in (sre.SUBPATTERN, sre.ATOMIC_GROUP):
            return self._sequence(list(value[-1] if kind is sre.SUBPATTERN else value))
        if kind is sre.BRANCH:
            return self._either([self._sequence(list(one)) for one in value[1]])
        if kind is sre.AT:
            at_end = value in (sre.AT_END, sre.AT_END_STRING)
            return self._position(frozenset({END})) if at_end else Fragment(True, (), ())
        if kind in (sre.ASSERT, sre.ASSERT_NOT):
            return Fragment(nullable=True, first=(), last=())  # bounded: `lookaheads` sees to it
        return self._position(frozenset(_read(kind, value, self._alphabet, self._flags)))

    def _either(self, parts: list[Fragment]) -> Fragment:
        self.is_twofold |= sum(part.nullable for part in parts) > 1
        return Fragment(
            any(part.nullable for part in parts),
            tuple(itertools.chain.from_iterable(part.first for part in parts)),
            tuple(itertools.chain.from_iterable(part.last for part in parts)),
        )

    def _repeat(self, least: int, most: int, items: Any) -> Fragment:
        if most > MANY:
            part = self._sequence(list(items))
            self.is_twofold |= part.nullable
            self._link(part.last, part.first, loop=True)
            return Fragment(part.nullable or not least, part.first, part.last)
        whole = Fragment(nullable=True, first=(), last=())
        for number in range(most):
            part = self._sequence(list(items))
            self.is_twofold |= part.nullable and most > 1
            whole = self._joined(whole, part._replace(nullable=part.nullable or number >= least))
        return whole


def _reached(follows: Follows, start: int) -> frozenset[int]:
    """The positions to which *start* leads."""
    seen: set[int] = set()
    todo = [start]
    while todo:
        for one in follows[todo.pop()] - seen:
            seen.add(one)
            todo.append(one)
    return frozenset(seen)


def _read(kind: Any, value: Any, alphabet: Chars, flags: int) -> Iterator[int]:
    """The letters of *alphabet* that one item of a pattern reads."""
    state = parser.State()
    state.flags, state.str = flags, ""
    matcher = compiler.compile(parser.SubPattern(state, [(kind, value)]), flags)
    yield from (one for one in alphabet if one != END and matcher.fullmatch(chr(one)))


def _alphabet(tree: Any) -> Chars:
    """A letter of each kind that *tree* tells apart."""
    found = {*map(ord, "a Z0_-.:/\n\t\u00e9\u0661\u3042\u00a0\U0001f600")}
    for number in _numbers(tree):
        found |= {max(number - 1, 0), number, min(number + 1, 0x10FFFF)}
    return frozenset(found)


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, sre._NamedIntConstant):
        if 0 <= value <= 0x10FFFF:
            yield value
    elif isinstance(value, tuple | list | parser.SubPattern):
        for one in value:
            yield from _numbers(one)


def _is_anchored(tree: Any) -> bool:
    return bool(len(tree)) and tree[0] in (
        (sre.AT, sre.AT_BEGINNING),
        (sre.AT, sre.AT_BEGINNING_STRING),
    )


def looks_far(pattern: str, flags: int = 0) -> bool:
    """Whether *pattern* looks ahead or behind over a distance without end."""

    def within(tree: Any, *, looking: bool) -> bool:
        for kind, value in tree:
            is_look = looking or kind in (sre.ASSERT, sre.ASSERT_NOT)
            if looking and kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) and value[1] > MANY:
                return True
            if any(within(part, looking=is_look) for part in _parts(value)):
                return True
        return False

    return within(parser.parse(pattern, flags), looking=False)


def _parts(value: Any) -> Iterator[Any]:
    if isinstance(value, parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _parts(one)
