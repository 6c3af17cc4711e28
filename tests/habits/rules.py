"""Rules of all parts, to try laws on."""

from hypothesis import strategies as st

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
# The edges of what a part may say, and what lies beyond.
EDGES = (-999, -367, -366, -54, -53, -32, -31, -13, -6, -5, -1, 1, 5, 6, 12, 13, 31, 32, 53, 54)
MORE_EDGES = (99, 100, 365, 366, 367, 999)


def numbers(first: int, last: int) -> st.SearchStrategy[str]:
    """A list of numbers up to *last*, and from the end of what they count down to *first*."""
    number = st.integers(first, last).filter(bool)
    return st.lists(number, min_size=1, max_size=4).map(joined)


def joined(values: list[int] | list[str]) -> str:
    """As a part lists them."""
    return ",".join(map(str, values))


def texts(parts: dict[str, st.SearchStrategy[str]]) -> st.SearchStrategy[str]:
    """Rules of a frequency and any other *parts*."""
    frequency = st.sampled_from(("DAILY", "WEEKLY", "MONTHLY", "YEARLY"))
    others = st.fixed_dictionaries({"FREQ": frequency}, optional=parts)
    return others.map(lambda said: ";".join(f"{name}={value}" for name, value in said.items()))


weekdays = st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=4).map(joined)
numbered_weekdays = st.lists(
    st.tuples(st.integers(-53, 53).filter(bool), st.sampled_from(WEEKDAYS)).map(
        lambda place: f"{place[0]}{place[1]}"
    ),
    min_size=1,
    max_size=4,
).map(joined)
near_weekdays = st.lists(
    st.tuples(st.integers(-5, 5).filter(bool), st.sampled_from(WEEKDAYS)).map(
        lambda place: f"{place[0]:+}{place[1]}"
    ),
    min_size=1,
    max_size=4,
).map(joined)
ordinary = texts(
    {
        "INTERVAL": st.integers(1, 30).map(str),
        "COUNT": st.integers(1, 400).map(str),
        "UNTIL": st.dates().map(lambda day: f"{day:%Y%m%d}".rjust(8, "0")),
        "BYMONTH": numbers(1, 12),
        "BYMONTHDAY": numbers(-31, 31),
        "BYYEARDAY": numbers(-366, 366),
        "BYDAY": weekdays | near_weekdays | numbered_weekdays,
        "BYSETPOS": numbers(-7, 7),
        "WKST": st.sampled_from(WEEKDAYS),
    }
)
_numbers = st.lists(
    st.sampled_from(EDGES + MORE_EDGES) | st.integers(-999, 999), min_size=1, max_size=31
).map(joined)
_extreme_days = st.lists(
    st.tuples(
        st.sampled_from(("", "+1", "5", "6", "-5", "-6", "53", "-53", "54", "99", "-99", "0")),
        st.sampled_from(WEEKDAYS),
    ).map("".join),
    min_size=1,
    max_size=31,
).map(joined)
extreme = texts(
    {
        "INTERVAL": st.sampled_from(("0", "1", "999", "1000", "-1", "\u0661")),
        "COUNT": st.sampled_from(("0", "1", "99999", "100000")),
        "UNTIL": st.sampled_from(("00000000", "00010101", "20260230", "99991231", "2026010\u0661")),
        "BYMONTH": _numbers,
        "BYMONTHDAY": _numbers,
        "BYYEARDAY": _numbers,
        "BYWEEKNO": _numbers,
        "BYDAY": _extreme_days,
        "BYSETPOS": _numbers,
        "WKST": st.sampled_from((*WEEKDAYS, "XX")),
    }
)
