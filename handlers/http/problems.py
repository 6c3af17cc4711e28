"""Refusals as problems (RFC 9457): the one table from what happened to a status."""

import http
from typing import Any, Final

import msgspec

from models.base import errors
from models.base.errors import FieldError, Refusal
from models.base.merge_patch import Json

MEDIA_TYPE: Final = "application/problem+json"

STATUS: Final[dict[type[Refusal], int]] = {
    errors.Invalid: 400,
    errors.Unauthenticated: 401,
    errors.Forbidden: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Unavailable: 503,
}

# Where HTTP has a closer word for the particular than for its kind.
STATUS_OF_CODE: Final[dict[str, int]] = {
    "cursor_gone": 410,
    "version_stale": 412,
    "import_too_large": 413,
    "media_type_unsupported": 415,
    "method_not_allowed": 405,
    "body_invalid": 422,
    "document_invalid": 422,
    "import_invalid": 422,
    "mutation_reused": 422,
    "password_weak": 422,
    "version_required": 428,
    "tries_too_many": 429,
    "requests_too_many": 429,
    "writes_too_many": 429,
}

TITLE_OF_CODE: Final[dict[str, str]] = {"conflict": "Edited elsewhere"}


def status_of(refusal: Refusal) -> int:
    """The HTTP status of *refusal*."""
    return STATUS_OF_CODE.get(refusal.code) or STATUS[type(refusal)]


def problem(refusal: Refusal, **members: Any) -> Json:
    """The problem that describes *refusal*; *members* are added to it."""
    return _problem(
        status_of(refusal), refusal.code, refusal.detail, refusal.flaws, refusal.extra | members
    )


def size_of(refusal: Refusal) -> int:
    """The bytes of the problem that describes *refusal*, but for what names the request."""
    return len(msgspec.json.encode(problem(refusal)))


def http_problem(status: int, detail: str = "", **members: Any) -> Json:
    """The problem for a status that no refusal stands behind."""
    phrase = http.HTTPStatus(status).phrase
    code = phrase.lower().replace(" ", "_").replace("-", "_")
    return _problem(status, code, detail or f"{phrase}.", (), members)


def _problem(
    status: int, code: str, detail: str, flaws: tuple[FieldError, ...], members: Json
) -> Json:
    body: Json = {
        "type": f"/problems/{code}",
        "title": TITLE_OF_CODE.get(code) or http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if flaws:
        body["errors"] = [
            {"pointer": flaw.pointer, "code": flaw.code, "detail": flaw.detail} for flaw in flaws
        ]
    return body | members
