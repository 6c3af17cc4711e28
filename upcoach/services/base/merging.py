"""Three-way merge of edits with what others wrote since their base version.

Only a write with a name is merged.  One without may be a repeat that would add twice, or come from
a client that means the version as HTTP does: then it is right or refused.
"""

import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Generic, TypeVar

import msgspec

from models.base.document import Document, fields_edited, merge_policies, public
from models.base.errors import Conflict, Invalid
from models.base.merge import Clash, Merge, Merged, changed_paths, merge, reapplied, value_at
from models.base.merge_patch import Json, difference
from models.base.text.continuations import appended
from models.base.versions.version_conditions import NEVER, VersionCondition
from upcoach.store.write.changes import WriteContext
from upcoach.store.write.refs import Version
from upcoach.store.write.requests import Mutation

D = TypeVar("D", bound=Document)


class Edit(msgspec.Struct, Generic[D], frozen=True, kw_only=True):
    """An edit of a document.

    Attributes
    ----------
    base
        The version that they know.
    wanted
        From the fields that they know to those that they want.
    revised
        The document with these fields; raises `Invalid` when they are not right.

    """

    base: int
    mutation: Mutation | None
    wanted: Callable[[Json], Json]
    revised: Callable[[D, Json], D]


def edited(changes: WriteContext, before: D, edit: Edit[D]) -> tuple[D, tuple[str, ...]]:
    """Apply *edit* to *before*; return the result, and where it differs from the edit alone.

    It is *before* itself when nothing changes.  `Conflict` when others have edited the same fields
    in another way, when nobody knows any more what the edit was made from, or when it has no name.
    """
    theirs = before.to_draft()
    base = base_version_of(before, edit.base, edit.mutation)
    if base == before.version:
        return _revised(edit, before, theirs, edit.wanted(theirs)), ()
    past = changes.since(before, base)
    if not past or edit.mutation is None:
        raise stale(before, edit.base)
    return merged_onto(before, past, edit)


def merged_onto(before: D, past: Sequence[Version], edit: Edit[D]) -> tuple[D, tuple[str, ...]]:
    """See `edited`, for a named edit of the first version in *past*, which ends with *before*."""
    theirs = before.to_draft()
    follows = () if edit.mutation is None else edit.mutation.follows
    policies = merge_policies(type(before))
    assumed, wanted = _writers_fields(past, follows, policies, edit.wanted)
    mine = edit.revised(before, wanted).to_draft()
    result = merge(assumed, mine, theirs, policies, _own_ends(past, follows, policies))
    if result.clashes:
        raise _conflict(before, edit.base, result)
    try:
        after = _revised(edit, before, theirs, result.fields)
    except Invalid as flaw:
        raise _conflict(before, edit.base, _unfit(flaw, result, assumed, mine, theirs)) from None
    return after, changed_paths(mine, after.to_draft())


def undone(
    changes: WriteContext, before: D, version: int, revised: Callable[[D, Json], D]
) -> tuple[D, tuple[str, ...]]:
    """Revert what *version* changed in *before*; return the result, and where later edits differ.

    It is *before* itself when nothing changes.  `Conflict` when others have edited the same fields
    since, or when nobody knows any more what they were.
    """
    past = changes.since(before, version - 1)
    if len(past) < 2:
        raise stale(before, version)
    was, became = (revision.document.to_draft() for revision in past[:2])
    result = merge(became, was, before.to_draft())
    if result.clashes:
        raise _conflict(before, version, result)
    after = revised(before, result.fields)
    if after.to_draft() == before.to_draft():
        return before, ()
    return after, changed_paths(was, after.to_draft())


def require_version(document: Document, base: int, mutation: Mutation | None = None) -> None:
    """Raise `Conflict` unless *document* still is at the version that *mutation* calls *base*."""
    if document.version != base_version_of(document, base, mutation):
        raise stale(document, base)


def base_version_of(document: Document, base: int, mutation: Mutation | None) -> int:
    """The version of *document* that *mutation* calls *base*.

    Whoever makes a document and has no answer yet calls it version 1, though it goes on from an
    earlier one that was under its id.
    """
    if isinstance(base, VersionCondition):
        if base.admits(document.version):
            return document.version
        return NEVER if base == document.version else int(base)
    follows = () if mutation is None else mutation.follows
    made_it = document.made_by != "" and document.made_by in follows
    return document.first_version if base == 1 and made_it else base


def stale(document: Document, base: int) -> Conflict:
    """The refusal of a write to another version than *document* is at."""
    wanted = "which the request is not for" if isinstance(base, VersionCondition) else f"not {base}"
    return Conflict(
        "version_stale",
        f"This was changed elsewhere: it is at version {document.version}, {wanted}.",
        extra={"version": document.version, "current": public(document)},
    )


def _writers_fields(
    past: Sequence[Version],
    follows: Collection[str],
    policies: Mapping[str, Merge],
    wanted_of: Callable[[Json], Json],
) -> tuple[Json, Json]:
    """The document as its writer knew it, and as they want it.

    A text that they do not go on with as it seems to have been may have been another.
    """
    known = _with_own_edits(past, follows, policies)
    wanted = wanted_of(known)
    for name, policy in policies.items():
        if policy is Merge.APPEND and appended(known.get(name), wanted.get(name)) is None:
            known = _with_own_edits(past, follows, policies, wanted)
            return known, wanted_of(known)
    return known, wanted


def _with_own_edits(
    past: Sequence[Version],
    follows: Collection[str],
    policies: Mapping[str, Merge],
    wanted: Json | None = None,
) -> Json:
    """The base of *past*, with its writer's own edits since.  See `reapplied` for *wanted*."""
    # What only they changed they know as it is: a queue of edits is not gone through for each.
    own = list(itertools.takewhile(lambda version: version.mutation in follows, past[1:]))
    fields_known = past[len(own)].document.to_draft()
    for before, after in itertools.pairwise(past[len(own) :]):
        if after.mutation in follows:
            names = fields_edited(before.document, after.document)
            edit = (before.document.to_draft(names), after.document.to_draft(names))
            onto = {name: fields_known.pop(name) for name in names if name in fields_known}
            fields_known |= reapplied(*edit, onto, policies, wanted)
    return fields_known


def _own_ends(
    past: Sequence[Version], follows: Collection[str], policies: Mapping[str, Merge]
) -> Collection[str]:
    """The fields that were last changed by the writer, who appended something."""
    return [
        name
        for name, policy in policies.items()
        if policy is Merge.APPEND and _has_own_end(past, follows, name)
    ]


def _has_own_end(past: Sequence[Version], follows: Collection[str], name: str) -> bool:
    for at in range(len(past) - 1, 0, -1):
        before, after = (getattr(past[place].document, name) for place in (at - 1, at))
        if before != after:
            return past[at].mutation in follows and bool(appended(before, after))
    return False


def _revised(edit: Edit[D], before: D, theirs: Json, fields: Json) -> D:
    """*before*, whose fields are *theirs*, with *fields*; itself when that changes nothing."""
    after = edit.revised(before, fields)
    return before if after.to_draft() == theirs else after


def _unfit(flaw: Invalid, result: Merged, assumed: Json, mine: Json, theirs: Json) -> Merged:
    """*result* with clashes where two edits, each right by itself, make something that is not."""
    clashes = tuple(
        Clash(path, value_at(assumed, path), value_at(mine, path), value_at(theirs, path))
        for path in (error.pointer for error in flaw.flaws)
    )
    names = {name for clash in clashes for name in clash.path.split("/")[1:2]}
    kept = {name: value for name, value in result.fields.items() if name not in names}
    return Merged(kept | {name: theirs[name] for name in names if name in theirs}, clashes)


def _conflict(document: Document, base: int, result: Merged) -> Conflict:
    places = ", ".join(clash.path for clash in result.clashes)
    return Conflict(
        "conflict",
        f"Version {document.version} has other edits of the same fields: {places}.",
        extra={
            "base": base,
            "current": {"ver": document.version} | public(document),
            "conflicts": [msgspec.to_builtins(clash) for clash in result.clashes],
            "merged": difference(document.to_draft(), result.fields),
        },
    )
