"""The words of the OpenAPI document: whatever it names, it describes."""

import re
from collections.abc import Iterator
from typing import Any, Final

from handlers import openapi
from handlers.contexts import ROUTER
from handlers.openapi.schema_names import NAMED as NAMED_SCHEMAS
from models.base.merge_patch import Json

DOCUMENT: Final = openapi.document(ROUTER)
COMPONENTS: Final = DOCUMENT["components"]["schemas"]


def test_every_area_has_a_sentence() -> None:
    areas = {ROUTER.areas.of(path) for path in DOCUMENT["paths"]}
    assert areas == {tag["name"] for tag in DOCUMENT["tags"]}


def test_every_operation_says_what_it_does() -> None:
    for route in ROUTER.routes:
        for method in route.operations:
            described = DOCUMENT["paths"][route.path][method.lower()]
            assert described["summary"], f"{method} {route.path}: its function has no docstring"


def test_a_field_that_a_type_inherits_is_described_as_where_it_stands() -> None:
    field = COMPONENTS["NewJournalEntry"]["properties"]["prompt"]

    assert field["description"] == "The question that it answers."


def fields_in(part: Any, place: str = "") -> Iterator[tuple[str, Json]]:
    """The fields of all objects in a part of the document, however deep, and where they stand."""
    if isinstance(part, dict):
        fields = part.get("properties")
        if isinstance(fields, dict) and not place.endswith("/properties"):
            yield from ((f"{place}/{name}", field) for name, field in fields.items())
        for name, member in part.items():
            yield from fields_in(member, f"{place}/{name}")
    elif isinstance(part, list):
        for member in part:
            yield from fields_in(member, place)


def test_every_field_says_what_it_is() -> None:
    mute = [place for place, field in fields_in(DOCUMENT) if not field.get("description")]

    assert mute == []


def test_a_name_of_one_word_is_of_something_that_people_know() -> None:
    """Beside all others, `Point` or `Break` says nothing."""
    alone = {name for name in COMPONENTS if re.fullmatch(r"[A-Z][a-z]+", name)}

    assert alone == {
        *(
            "Availability",
            "Goal",
            "Habit",
            "Insight",
            "Invitation",
            "Job",
            "Journal",
            "Mood",
            "Notification",
            "Passkey",
        ),
        *(
            "Share",
            "Task",
            "Event",
            "Login",
            "Mutation",
            "Problem",
            "Readiness",
            "Registration",
            "Session",
            "User",
        ),
        *("Repeat", "Trend", "Vacation", "Webhook"),
    }
    assert [name for name in COMPONENTS if "_" in name or not name.isalnum()] == []
    assert {*NAMED_SCHEMAS.values()} - {"Page"} <= COMPONENTS.keys()
    assert NAMED_SCHEMAS.keys() & COMPONENTS.keys() == set()


def parameters() -> Iterator[tuple[str, Json]]:
    """The parameters of each operation that stand with it."""
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            shared = operation if method == "parameters" else operation.get("parameters", [])
            yield from ((f"{method} {path}", one) for one in shared if "name" in one)


def test_every_parameter_says_what_it_is_and_no_two_say_the_same() -> None:
    mute = [(place, one["name"]) for place, one in parameters() if not one.get("description")]
    names_by_place: dict[tuple[str, str], list[str]] = {}
    for place, one in parameters():
        names_by_place.setdefault((place, one["description"]), []).append(one["name"])
    # The two ends of a range are described at once.
    alike = [
        names
        for names in names_by_place.values()
        if {name.rpartition("_")[2] for name in names} != {"from", "to"} and len(names) > 1
    ]

    assert mute == []
    assert alike == []
