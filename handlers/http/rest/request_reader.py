"""What a request holds beside its path: parameters, headers and body, read and checked."""

import asyncio
import hashlib
from collections.abc import Mapping
from typing import Any, Final

from tornado.httputil import HTTPServerRequest
from tornado.web import HTTPError

from handlers.http import operations
from handlers.http.operations import Operation
from handlers.http.rest.upload_spool import UploadSpool
from models.base.errors import Conflict, Invalid, invalid_field, invalid_parameter
from models.base.validation import checked, cut
from models.base.versions.version_conditions import EntityTags, base_of
from models.wire.frames import Follows
from upcoach.services.base.spooled_file import SpooledFile

MEDIA_TYPES: Final = {
    "json": {"application/json"},
    "merge-patch": {"application/merge-patch+json", "application/json"},
    "csv": {"text/csv", "application/octet-stream"},
    "zip": {"application/zip", "application/x-zip-compressed", "application/octet-stream"},
}
NAME: Final = 512  # characters of an id or a parameter
CURSOR: Final = 2_048  # of a cursor, which may stand for many places
LARGE: Final = 64 * 1024  # bytes of JSON beyond which reading them would hold the loop


def query_of(request: HTTPServerRequest) -> dict[str, str]:
    """The parameters behind the path of *request*, each once."""
    query = {}
    for name, values in request.query_arguments.items():
        if len(values) > 1:
            words, code = f"The parameter {cut(name)!r} comes twice.", "parameter_repeated"
            raise invalid_parameter(cut(name), words, code=code, refusal=code)
        query[name] = _text(name, values[0])
        _check_length(query[name], CURSOR if name == "since" else NAME, f"?{cut(name)}")
    return query


def content_of(request: HTTPServerRequest, operation: Operation[Any]) -> bytes:
    """The body of *request*, of a size and media type that *operation* takes."""
    content = request.body
    if operation.body == "none":
        return b""
    if len(content) > operation.largest:
        raise HTTPError(413, f"The body may have {operation.largest} bytes.")
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES[operation.body]:
        wanted = " or ".join(sorted(MEDIA_TYPES[operation.body]))
        raise HTTPError(415, f"Send {wanted}.")
    return content


def base_of_write(request: HTTPServerRequest) -> int | None:
    """The versions that a write is for, as `If-Match` and `If-None-Match` say."""
    return base_of(request.headers.get("If-Match"), request.headers.get("If-None-Match"))


def is_not_modified(request: HTTPServerRequest, version: int) -> bool:
    """Whether who reads a document at *version* has it already (RFC 9110, 13.2.2).

    `Conflict` if it is at another one than they ask for.
    """
    if_match, if_none_match = map(request.headers.get, ("If-Match", "If-None-Match"))
    if if_match is not None and not EntityTags.read(if_match).matches_strongly(version):
        words = f"It is at version {version}, which is not what If-Match asks for."
        raise Conflict("version_stale", words, extra={"version": version})
    try:
        tags = EntityTags() if if_none_match is None else EntityTags.read(if_none_match)
    except Invalid:  # whoever asks so is shown it
        return False
    return tags.matches_weakly(version)


def key_of(request: HTTPServerRequest) -> str | None:
    """The name that `Idempotency-Key` gives to a write; None without the header.

    It may be quoted, as in draft-ietf-httpapi-idempotency-key-header, and in either case.
    """
    header = request.headers.get("Idempotency-Key")
    if header is None:
        return None
    quoted = len(header) > 1 and header[0] == header[-1] == '"'
    return (header[1:-1] if quoted else header).lower()


def follows_of(request: HTTPServerRequest) -> list[str]:
    """The names of earlier writes in `Upcoach-Follows`."""
    header = request.headers.get("Upcoach-Follows", "")
    names = [name.strip() for name in header.split(",") if name.strip()]
    try:
        return checked(names, Follows)
    except Invalid as failure:
        raise Invalid("follows_invalid", f"Upcoach-Follows: {failure.detail}") from None


async def upload_of(request: HTTPServerRequest) -> SpooledFile | None:
    """The file that *request* has brought, if its body was large and went to the disk."""
    upload: UploadSpool | None = getattr(request, "upload", None)
    return None if upload is None else await upload.complete()


async def digest_of(content: bytes) -> str:
    """The SHA-256 of a body, taken on another thread if it is large."""
    if len(content) > LARGE:
        return (await asyncio.to_thread(hashlib.sha256, content)).hexdigest()
    return hashlib.sha256(content).hexdigest()


async def parse_content(content: bytes) -> Any:
    """The JSON value of a body, which is read on another thread if it is large."""
    if len(content) > LARGE:
        return await asyncio.to_thread(operations.parse_body, content)
    return operations.parse_body(content)


def check_names(names: Mapping[str, str]) -> None:
    """Refuse parts of a path, by what they stand for, that hold what no id or date does."""
    for name, text in names.items():
        _check_length(text, NAME, f"{{{name}}}")


def _check_length(text: str, longest: int, pointer: str) -> None:
    if "\0" in text or len(text) > longest:
        words = f"This must be text of at most {longest:,} characters, without NUL."
        raise invalid_field(pointer, "parameter_invalid", words, refusal="parameter_invalid")


def _text(name: str, raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise invalid_parameter(cut(name), "This must be text in UTF-8.") from None
