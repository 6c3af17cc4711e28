"""The contract: whether requests and answers are as `docs/openapi.json` describes them."""

from typing import Any, Self

import msgspec
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from handlers.http.operations import Router
from models.base.merge_patch import Json
from upcoach.client import Response, RestClient
from upcoach.client.rest import ANSWER_S

_ROOT = "urn:upcoach"

# Headers of ours that an answer may only have when it is said so.
_OURS = ("etag", "link", "idempotency-replayed", "retry-after", "www-authenticate")


class Exchange(msgspec.Struct, frozen=True):
    """A request and its answer."""

    method: str
    path: str
    body: Any
    sent: bool
    answer: Response


class RecordingClient(RestClient):
    """A client that records its exchanges, as do those that it logs in."""

    seen: list[Exchange]

    @classmethod
    def fresh(cls) -> type[Self]:
        """A class of clients with a record of its own."""
        return type(cls.__name__, (cls,), {"seen": []})

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        headers: dict[str, str] | None = None,
        timeout_s: float = ANSWER_S,
    ) -> Response:
        """See `RestClient.call`."""
        answer = await super().call(
            method, path, body, raw=raw, headers=headers, timeout_s=timeout_s
        )
        # Shown as it stood on the wire: dates and structs are text in it.
        sent = msgspec.json.decode(msgspec.json.encode(body))
        self.seen.append(Exchange(method, path, sent, body is not None, answer))
        return answer


def taken_of(seen: Exchange) -> Any:
    """What was taken of a body: of many writes, those that were carried out."""
    if not seen.path.endswith("/mutations"):
        return seen.body
    results = zip(seen.body, seen.answer.body, strict=True)
    return [write for write, result in results if result["status"] < 300]


class Contract:
    """An OpenAPI document, against which exchanges are checked."""

    def __init__(self, document: Json, router: Router) -> None:
        self._document = document
        self._router = router
        resource = DRAFT202012.create_resource(document)
        self._registry: Registry[Any] = Registry().with_resource(_ROOT, resource)
        self._validators: dict[str, Validator] = {}

    def operation(self, seen: Exchange) -> tuple[str, str] | None:
        """The method and the path, as it is described, that were asked for."""
        match = self._router.find(seen.path.partition("?")[0])
        method = "GET" if seen.method == "HEAD" else seen.method
        if match is None or method not in match[0].operations:
            return None
        return method, match[0].path

    def broken(self, seen: Exchange) -> list[str]:
        """How *seen* differs from the document."""
        operation = self.operation(seen)
        if operation is None:
            return []
        method, path = operation
        place = ["paths", path, method.lower()]
        described = self._document["paths"][path][method.lower()]
        status = str(seen.answer.status)
        if status not in described["responses"]:
            return [f"{method} {path} answers {status}, which is not described: {seen.answer.body}"]
        place += ["responses", status]
        answer = described["responses"][status]
        if "$ref" in answer:
            place = answer["$ref"].removeprefix("#/").split("/")
            answer = self._document["components"]["responses"][place[-1]]
        wrong = self._wrong_headers(answer, seen) + self._wrong_body(answer, place, seen)
        if seen.sent and seen.answer.status < 300:
            taken = taken_of(seen)
            wrong += self._wrong_request(described, ["paths", path, method.lower()], taken)
        return [f"{method} {path} {status}: {flaw}" for flaw in wrong]

    def _wrong_headers(self, answer: Json, seen: Exchange) -> list[str]:
        promised = {name.lower() for name in answer.get("headers", {})}
        ours = {
            name for name in seen.answer.headers if name in _OURS or name.startswith("upcoach-")
        }
        return [f"a header {name} is not described" for name in sorted(ours - promised)]

    def _wrong_body(self, answer: Json, place: list[str], seen: Exchange) -> list[str]:
        content = answer.get("content", {})
        if not content or seen.method == "HEAD":
            return [] if not seen.answer.body else ["there is a body"]
        kind = seen.answer.headers["content-type"].partition(";")[0]
        if kind not in content:
            return [f"it is {kind}"]
        return self._flaws([*place, "content", kind, "schema"], seen.answer.body)

    def _wrong_request(self, described: Json, place: list[str], body: Any) -> list[str]:
        if "requestBody" not in described:
            return []
        kind = next(iter(described["requestBody"]["content"]))
        flaws = self._flaws([*place, "requestBody", "content", kind, "schema"], body)
        return [f"taken, although {flaw}" for flaw in flaws]

    def _flaws(self, place: list[str], value: Any) -> list[str]:
        steps = (error.replace("~", "~0").replace("/", "~1") for error in place)
        pointer = f"{_ROOT}#/{'/'.join(steps)}"
        if pointer not in self._validators:
            self._validators[pointer] = Draft202012Validator(
                {"$ref": pointer},
                registry=self._registry,
                format_checker=Draft202012Validator.FORMAT_CHECKER,
            )
        return [
            f"{error.json_path}: {error.message[:200]}"
            for error in self._validators[pointer].iter_errors(value)
        ]
