"""No regular expression over what strangers send can fail late.  Each of the source is listed."""

from typing import Final

import pytest

from tests.costs.patterns import Automaton, looks_far
from tests.costs.sources import Unknown, Use, routed, uses

# Those that can, by where they stand, and why nobody can make them.
BOUNDED: Final = {
    (
        "models.account.user",
        r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+\Z",
    ): "254 characters, looked at first",
    (
        "upcoach.services.imports.files.json_entries",
        r'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[][{},:]',
    ): "what begins as a string ends with the text at the latest",
    ("upcoach.embedded.errors", "version `([^']+)' not found"): "what the dynamic linker prints",
    ("upcoach.cli.explain.questions", r"/\{(\w+)\}(?=[^{}]*$)"): "paths of our own table",
}
# What only a running program knows, and the patterns that it may be.
KNOWN_LATER: Final = {
    ("config.forms", "pattern"): "settings of the operator",
    (
        "upcoach.services.base.mail.report_parser",
        "b'^--' + re.escape(boundary.encode(errors='replace')) + b'(--)?[ \\\\t]*$'",
    ): "a word between fixed ones, of at most a thousand letters",
    ("handlers.http.manifest", "pattern"): "a path as it stands, or with one part",
    ("handlers.contexts", "f'{route.pattern}$'"): "see `routed`",
    (
        "handlers.account.pages.oidc_callback",
        "path.replace('{provider}', '([a-z0-9-]+)')",
    ): "one part of a path",
    ("models.base.ids", "f'^{prefix}_{_UUID}\\\\Z'"): "a word of ours and digits, each in one way",
    ("models.base.text.type_words", "pattern"): "of a text that is `shaped`, where it stands",
    ("models.base.rrule.parts", "_PARTS[name]"): "see `routed`",
    ("upcoach.cli.explain.drafts", "info.pattern"): "our own types, and a new id",
}
FOUND: Final = [one for one in uses() if isinstance(one, Use)]


def can_fail_late(use: Use) -> bool:
    return Automaton(use).can_fail_late() or looks_far(use.pattern, use.flags)


def test_no_pattern_can_fail_late_but_those_with_a_reason() -> None:
    late = {(one.place, one.pattern) for one in (*FOUND, *routed()) if can_fail_late(one)}

    assert late == set(BOUNDED)


def test_every_pattern_is_known_before_the_program_runs_or_listed() -> None:
    unknown = {(one.place, one.expression) for one in uses() if isinstance(one, Unknown)}

    assert unknown == set(KNOWN_LATER)
    assert len(FOUND) > 60


@pytest.mark.parametrize(
    ("pattern", "method", "late"),
    [
        (r"(a+)+$", "match", True),
        (r"(a*)*b", "match", True),
        (r"(a|aa)+$", "match", True),
        (r"(a|a)*b", "match", True),
        (r"(a?){30}a{30}", "match", True),
        (r"a*a*b", "match", True),
        (r"(ab)*(ab)*c", "match", True),
        (r"[^@\s]+\.[^@\s]+", "fullmatch", True),
        (r"(.*)(\d+)", "fullmatch", True),
        (r"a{1,100}a{1,100}b", "match", True),
        (r"\s+$", "search", True),
        (r"\d(?:[1x]*y)?", "search", True),
        (r"!\[[^\]]*\]\(dayone-moment:[^)]*\)\s*", "search", True),
        (r" - at (?:`key` in )?`\$?(.*)`$", "search", True),
        (r"Object contains unknown field `(.*)`", "search", True),
        (r"^(?=.*a)b", "search", True),
        (r"^[a-z]+$", "search", False),
        (r"\s+", "search", False),
        (r"\d+(?:-\d+)*", "search", False),
        (r"[a-z]+@[a-z]+", "fullmatch", False),
        (r"(ab|cd)*ef", "fullmatch", False),
        (r"\\([.\-!])", "search", False),
        (r"!\[[^\[\]]*\]", "search", False),
    ],
)
def test_what_can_fail_late_is_found(pattern: str, method: str, late: bool) -> None:  # noqa: FBT001 - a column
    use = Use(
        place="here",
        pattern=pattern,
        is_whole=method == "fullmatch",
        is_search=method == "search",
    )

    assert can_fail_late(use) is late
