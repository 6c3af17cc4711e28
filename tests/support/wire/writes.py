"""Writes as devices send them: named, from a version, one by one or many at once."""

from collections.abc import Iterable
from typing import Any

from models.base.ids import new_mutation_id
from models.base.merge_patch import Json
from tests.support.wire.answers import done
from tests.support.wire.sockets import Wire
from upcoach.client import Response, RestClient

MUTATIONS = "/v1/mutations"


async def write(
    person: RestClient,
    method: str,
    path: str,
    body: Any = None,
    base: int | None = None,
    name: str | None = None,
) -> Response:
    """The answer to a named write over REST."""
    headers = {"Idempotency-Key": name or new_mutation_id()}
    if base is not None:
        headers["If-Match"] = f'"v{base}"'
    return await person.call(method, path, body, headers=headers)


async def send(person: RestClient, *writes: Json) -> list[Json]:
    """The answers to *writes*, sent in one request."""
    answer = await done(person.call("POST", MUTATIONS, list(writes)))
    answers: list[Json] = answer.body
    assert [item["id"] for item in answers] == [item["id"] for item in writes]
    return answers


async def ask(wire: Wire, *writes: Json) -> list[Json]:
    """The answers to *writes*, sent in one message, in the order of the writes."""
    await wire.send(*writes)
    answers = {answer["id"]: answer for answer in await wire.answers(len(writes))}
    return [answers[item["id"]] for item in writes]


def statuses(answers: Iterable[Json]) -> list[int]:
    """The status of each answer."""
    return [answer["status"] for answer in answers]
