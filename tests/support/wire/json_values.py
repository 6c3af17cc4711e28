"""JSON values at random."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

unhurried = settings(deadline=None)  # other programs may hold the processor meanwhile

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8)
scalars = (
    st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)


def containers(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Lists and objects of *values*."""
    return st.lists(values, max_size=3) | st.dictionaries(names, values, max_size=3)


names = st.sampled_from("abc") | texts
values = st.recursive(scalars, containers, max_leaves=12)
objects = st.dictionaries(names, values, max_size=5)
patches = st.dictionaries(
    names, st.recursive(st.none() | scalars, containers, max_leaves=12), max_size=5
)
