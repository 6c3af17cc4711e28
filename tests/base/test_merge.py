"""The laws of three-way merge."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models.base.document import merge_policies
from models.base.merge import Clash, Merge, Merged, changed_paths, merge, reapplied, value_at
from models.base.merge_patch import Json, difference, merged
from models.coaches import ClientNote
from models.contexts import DOCUMENTS
from models.goals import Goal
from models.habits import Entry
from models.journal import Journal, JournalEntry, JournalTemplate
from models.moods import Mood
from models.tasks import Task

NAMES = st.sampled_from(["a", "b", "c", "d", "~/"])
LEAVES = st.one_of(st.integers(-3, 3), st.sampled_from(["", "x", "xy", "z"]))
VALUES = st.recursive(
    LEAVES | st.lists(LEAVES, max_size=3),
    lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3),
    max_leaves=6,
)
DOCUMENT = st.dictionaries(NAMES, VALUES, max_size=4)
POLICIES = st.dictionaries(NAMES, st.sampled_from(Merge), max_size=4)

DECIMALS = st.decimals("-1e6", "1e6", places=3).map(float)


def edits_of_other_fields(draw: st.DrawFn) -> tuple[Json, Json, Json]:
    """A base, and two edits of it that touch different fields."""
    base, one, other = draw(DOCUMENT), draw(DOCUMENT), draw(DOCUMENT)
    first = draw(st.sets(NAMES))
    mine = {name: one[name] for name in one if name in first}
    theirs = {name: other[name] for name in other if name not in first}
    kept = {name: value for name, value in base.items() if name not in first}
    kept_by_them = {name: value for name, value in base.items() if name in first}
    return base, kept | mine, kept_by_them | theirs


@given(DOCUMENT, DOCUMENT, POLICIES)
def test_where_nobody_else_edited_the_result_is_mine(
    base: Json, mine: Json, policies: dict[str, Merge]
) -> None:
    assert merge(base, mine, base, policies) == Merged(mine)


@given(DOCUMENT, DOCUMENT, POLICIES)
def test_where_i_edited_nothing_the_result_is_theirs(
    base: Json, theirs: Json, policies: dict[str, Merge]
) -> None:
    assert merge(base, base, theirs, policies) == Merged(theirs)


@given(DOCUMENT, DOCUMENT)
def test_equal_edits_are_one(base: Json, both: Json) -> None:
    assert merge(base, both, both) == Merged(both)


@given(st.composite(edits_of_other_fields)(), POLICIES)
def test_edits_of_different_fields_stand_side_by_side_whoever_comes_first(
    three: tuple[Json, Json, Json], policies: dict[str, Merge]
) -> None:
    base, mine, theirs = three
    expected = merged(merged(base, difference(base, mine)), difference(base, theirs))

    assert merge(base, mine, theirs, policies) == Merged(expected)
    assert merge(base, theirs, mine, policies) == Merged(expected)


@given(DOCUMENT, DOCUMENT, DOCUMENT)
def test_what_is_merged_again_changes_nothing(base: Json, mine: Json, theirs: Json) -> None:
    once = merge(base, mine, theirs)
    again = merge(base, mine, once.fields)

    assert again.fields == once.fields
    assert again.clashes == once.clashes


@given(DOCUMENT, DOCUMENT, DOCUMENT)
def test_whoever_comes_first_the_same_places_clash(base: Json, mine: Json, theirs: Json) -> None:
    one, other = merge(base, mine, theirs), merge(base, theirs, mine)

    assert [(c.path, c.base, c.mine, c.theirs) for c in one.clashes] == [
        (c.path, c.base, c.theirs, c.mine)
        for c in sorted(other.clashes, key=lambda clash: order_of(one, clash))
    ]
    if not one.clashes:
        assert one.fields == other.fields


def order_of(result: Merged, clash: Clash) -> int:
    """The place of *clash* in the other result."""
    return [one.path for one in result.clashes].index(clash.path)


@given(DOCUMENT, DOCUMENT, DOCUMENT)
def test_exactly_what_both_made_different_clashes(base: Json, mine: Json, theirs: Json) -> None:
    result = merge(base, mine, theirs)

    for clash in result.clashes:
        three = [value_at(document, clash.path) for document in (base, mine, theirs)]
        assert three == [clash.base, clash.mine, clash.theirs]
        assert clash.mine != clash.theirs
        assert clash.base not in (clash.mine, clash.theirs)
        assert not (isinstance(clash.mine, dict) and isinstance(clash.theirs, dict))
        assert value_at(result.fields, clash.path) == clash.theirs
    clashing = [clash.path for clash in result.clashes]
    assert len(clashing) == len(set(clashing))


@given(*[st.dictionaries(NAMES, LEAVES, max_size=4)] * 3)
def test_of_plain_fields_those_clash_that_are_three_different_things(
    base: Json, mine: Json, theirs: Json
) -> None:
    clashing = {clash.path for clash in merge(base, mine, theirs).clashes}

    assert clashing == set(changed_paths(base, mine)) & set(changed_paths(base, theirs)) & set(
        changed_paths(mine, theirs)
    )


def touches(path: str, other: str) -> bool:
    """Whether one of two places is, or stands in, the other."""
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")


@given(DOCUMENT, DOCUMENT, DOCUMENT)
def test_nothing_that_i_changed_is_lost_unless_it_clashes(
    base: Json, mine: Json, theirs: Json
) -> None:
    result = merge(base, mine, theirs)

    for path in changed_paths(base, mine):
        if not any(touches(path, clash.path) for clash in result.clashes):
            value = value_at(mine, path)
            kept = value_at(result.fields, path)
            assert kept == value or (isinstance(kept, dict) and contains(kept, value))


def contains(document: Json, part: Any) -> bool:
    """Whether *document* has the members of *part*, or more than it where it was emptied."""
    if not isinstance(part, dict):
        return part is None
    return all(
        document.get(name) == value
        or (isinstance(document.get(name), dict) and contains(document[name], value))
        for name, value in part.items()
    )


@given(DOCUMENT, DOCUMENT)
def test_changed_paths_are_those_of_the_patch(old: Json, new: Json) -> None:
    paths = changed_paths(old, new)

    assert (paths == ()) == (old == new)
    for path in paths:
        assert value_at(old, path) != value_at(new, path)


@given(DECIMALS, DECIMALS, DECIMALS)
def test_a_sum_holds_both_differences(base: float, mine: float, theirs: float) -> None:
    assume(base not in (mine, theirs))
    policies = {"value": Merge.SUM}

    one = merge({"value": base}, {"value": mine}, {"value": theirs}, policies)
    other = merge({"value": base}, {"value": theirs}, {"value": mine}, policies)

    expected = Fraction(str(mine)) + Fraction(str(theirs)) - Fraction(str(base))
    assert one == other
    assert one.clashes == ()
    assert Fraction(str(one.fields["value"])) == expected


@given(st.none() | DECIMALS, DECIMALS, DECIMALS)
def test_a_maximum_is_the_larger_and_merging_it_again_changes_nothing(
    base: float | None, mine: float, theirs: float
) -> None:
    assume(base not in (mine, theirs))
    documents = [{} if value is None else {"value": value} for value in (base, mine, theirs)]
    policies = {"value": Merge.MAX}

    once = merge(documents[0], documents[1], documents[2], policies)

    assert once == Merged({"value": max(mine, theirs)})
    assert merge(documents[0], documents[1], once.fields, policies).fields == once.fields


WORDS = st.text("ab \n", min_size=1, max_size=4)


@given(st.none() | WORDS, WORDS, WORDS)
def test_a_text_keeps_both_continuations(base: str | None, mine: str, theirs: str) -> None:
    assume(mine != theirs)
    start = base or ""
    policies = {"note": Merge.APPEND}

    result = merge({"note": base}, {"note": start + mine}, {"note": start + theirs}, policies)

    assert result.clashes == ()
    assert result.fields["note"].startswith(start + theirs)
    assert result.fields["note"].endswith(mine)
    assert len(result.fields["note"]) <= len(start + theirs + mine) + 1


@given(st.lists(LEAVES), st.lists(LEAVES, min_size=1), st.lists(LEAVES, min_size=1))
def test_a_list_keeps_both_continuations(base: list[Any], mine: Any, theirs: Any) -> None:
    assume(mine != theirs)

    result = merge(
        {"days": base}, {"days": base + mine}, {"days": base + theirs}, {"days": Merge.APPEND}
    )

    assert result == Merged({"days": base + theirs + mine})


@pytest.mark.parametrize(
    ("policy", "base", "mine", "theirs"),
    [
        (Merge.SUM, 2, None, 3),
        (Merge.SUM, 2, 3, None),
        (Merge.MAX, 2, None, 3),
        (Merge.MAX, 2, "x", 3),
        (Merge.APPEND, "calm", "loud", "long"),
        (Merge.APPEND, "calm", None, "calm!"),
        (Merge.APPEND, "calm", "calm!", None),
        (Merge.APPEND, ["a"], "b", "c"),
        (Merge.APPEND, "a", "ab", ["c"]),
        (Merge.APPEND, [1], [2], [3, 1]),
    ],
)
def test_what_a_policy_has_no_answer_for_clashes(
    policy: Merge, base: Any, mine: Any, theirs: Any
) -> None:
    one, two, three = ({} if value is None else {"x": value} for value in (base, mine, theirs))

    result = merge(one, two, three, {"x": policy})

    assert result == Merged(three, (Clash("/x", base, mine, theirs),))


@pytest.mark.parametrize(
    ("policy", "base", "mine", "theirs", "result"),
    [
        (Merge.SUM, 1, 2, 2, 3),
        (Merge.SUM, None, 1, 1, 2),
        (Merge.SUM, 0.1, 0.2, 0.4, 0.5),
        (Merge.SUM, 3, 1, 4, 2),
        (Merge.MAX, 0.2, 0.5, 0.4, 0.5),
        (Merge.APPEND, "calm", "calm, long", "calm!", "calm!\n, long"),
        (Merge.APPEND, None, "tea", "milk", "milk\ntea"),
        (Merge.APPEND, "tea", "tea\nmilk", "tea\nsugar", "tea\nsugar\nmilk"),
        (Merge.APPEND, "tea", "tea and milk", "tea and milk", "tea and milk"),
        (Merge.APPEND, "calm", "loud", "calm, long", "loud\n, long"),
        (Merge.APPEND, "calm", "calm, long", "loud", "loud\n, long"),
        (Merge.APPEND, [1], [2], [1, 3], [2, 3]),
        (Merge.APPEND, None, "", "tea", "tea"),
        (Merge.APPEND, None, "tea", "", "tea"),
    ],
)
def test_what_policies_make_of_two_edits(
    policy: Merge, base: Any, mine: Any, theirs: Any, result: Any
) -> None:
    one, two, three = ({} if value is None else {"x": value} for value in (base, mine, theirs))

    assert merge(one, two, three, {"x": policy}) == Merged({"x": result})


@given(DOCUMENT, DOCUMENT, POLICIES)
def test_an_edit_that_is_made_again_where_it_was_made_gives_the_same(
    before: Json, after: Json, policies: dict[str, Merge]
) -> None:
    assert reapplied(before, after, before, policies) == after
    assert reapplied(before, before, after, policies) == after


@given(DECIMALS, DECIMALS, DECIMALS)
def test_an_edit_adds_elsewhere_what_it_added(before: float, after: float, onto: float) -> None:
    policies = {"value": Merge.SUM}

    fields = reapplied({"value": before}, {"value": after}, {"value": onto}, policies)

    expected = Fraction(str(onto)) + Fraction(str(after)) - Fraction(str(before))
    assert Fraction(str(fields["value"])) == expected


@pytest.mark.parametrize(
    ("before", "after", "onto", "result"),
    [
        ("tea\nmilk", "tea\nmilk\nsugar", "tea", "tea\nsugar"),
        ("milk", "milk\nsugar", None, "sugar"),
        ("milk", "water", "tea", "water"),
        ("milk", None, "tea", None),
        (None, "milk", "tea", "teamilk"),
    ],
)
def test_a_text_is_continued_elsewhere_as_it_was(
    before: str | None, after: str | None, onto: str | None, result: str | None
) -> None:
    one, two, three, four = (
        {} if text is None else {"note": text} for text in (before, after, onto, result)
    )

    assert reapplied(one, two, three, {"note": Merge.APPEND}) == four


AMOUNT = {"type": "amount", "target": 2, "unit": "l"}


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "expected"),
    [
        (
            AMOUNT,
            AMOUNT | {"target": 3},
            AMOUNT | {"unit": "ml"},
            AMOUNT | {"target": 3, "unit": "ml"},
        ),
        (AMOUNT, {"type": "yes_no"}, AMOUNT, {"type": "yes_no"}),
        (AMOUNT, {"type": "yes_no"}, AMOUNT | {"target": 3}, None),
        ({"type": "yes_no"}, AMOUNT, AMOUNT | {"unit": "ml"}, "/measure/unit"),
        (None, AMOUNT, {"type": "yes_no"}, None),
    ],
    ids=["members", "only mine", "another kind", "one new kind", "two new kinds"],
)
def test_an_object_is_merged_by_member_unless_it_became_of_two_kinds(
    base: Any, mine: Any, theirs: Any, expected: Any
) -> None:
    result = merge({"measure": base}, {"measure": mine}, {"measure": theirs})

    if isinstance(expected, dict):
        assert result == Merged({"measure": expected})
    else:
        path = "/measure" if expected is None else expected
        assert [clash.path for clash in result.clashes] == [path]
        assert result.fields == {"measure": theirs}


def test_what_another_kind_of_object_held_is_no_base() -> None:
    base = {"schedule": {"type": "rate", "days": 7}}
    mine = {"schedule": {"type": "every", "days": 7}}
    theirs = {"schedule": {"type": "every", "days": 14}}

    assert merge(base, mine, theirs).clashes == (Clash("/schedule/days", None, 7, 14),)


def test_policies_are_declared_on_the_fields() -> None:
    declared = {document.kind: dict(merge_policies(document)) for document in DOCUMENTS}

    assert {kind: policies for kind, policies in declared.items() if policies} == {
        Goal.kind: {"progress": Merge.MAX, "private_notes": Merge.APPEND},
        Entry.kind: {"value": Merge.SUM, "note": Merge.APPEND},
        Task.kind: {"notes": Merge.APPEND, "tags": Merge.APPEND},
        Mood.kind: dict.fromkeys(("activities", "emotions", "note"), Merge.APPEND),
        Journal.kind: {"description": Merge.APPEND},
        JournalEntry.kind: dict.fromkeys(("text", "feelings", "tags"), Merge.APPEND),
        ClientNote.kind: {"text": Merge.APPEND},
        JournalTemplate.kind: {"text": Merge.APPEND, "tags": Merge.APPEND},
    }
