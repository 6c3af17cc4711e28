"""The documents that describe the server: made once, served to everybody, checked in."""

import functools
import hashlib
import inspect
from typing import Any, Final

import msgspec

from handlers.http.operation_runner import OperationRunner
from handlers.http.rest.handler import Handler
from models.base.merge_patch import Json

AGE_S: Final = 3600


class OpenHandler(Handler):
    """A path that is the same for everybody, and asked for so many times a minute."""

    @property
    def route(self) -> str:
        """See `Handler.route`."""
        return self.request.path

    async def prepare(self) -> None:
        """Count the request."""
        if self.request.method != "OPTIONS":  # which is counted where it is answered
            await self.request_limit.take("public")


class StaticDocument(OpenHandler):
    """A document, for everybody."""

    def initialize(self, runner: OperationRunner, **document: Any) -> None:
        """Take the document; its *policy* is what a page of ours may load."""
        super().initialize(runner)
        self._content: bytes = document["content"]
        self._media_type: str = document["media_type"]
        self._policy: str = document.get("policy", "")

    def get(self) -> None:
        """Answer with the document, or with 304."""
        self.set_header("Content-Type", self._media_type)
        self.set_header("Cache-Control", f"public, max-age={AGE_S}")
        self.clear_header("Vary")  # it is the same for everybody
        self.set_header("Access-Control-Allow-Origin", "*")
        self.set_header("Cross-Origin-Resource-Policy", "cross-origin")
        self.set_header("ETag", _etag(self._content))
        if self._policy:
            self.set_header("Content-Security-Policy", self._policy)
        if self.check_etag_header():
            self.set_status(304)
            return
        self.finish(self._content)

    head = get


@functools.cache  # a hash of half a megabyte
def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:32]}"'


class Redirection(OpenHandler):
    """A redirection to another path, for everybody."""

    def initialize(self, runner: OperationRunner, **to: str) -> None:
        """Take the path that it leads to."""
        super().initialize(runner)
        self._to = to["to"]

    def get(self) -> None:
        """Answer with 302."""
        self.redirect(self._to)

    head = get


def pretty_json(document: Json) -> bytes:
    """*document* as indented JSON."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def without_prose(part: Any) -> Any:
    """*part* of a document without its prose: what clients depend on."""
    if isinstance(part, list):
        return [without_prose(item) for item in part]
    if not isinstance(part, dict):
        return part
    prose = ("description", "summary")
    return {
        name: without_prose(value)
        for name, value in part.items()
        if not (name in prose and isinstance(value, str))
    }


def portable(part: Any) -> Any:
    """*part* of a schema as other languages read it: patterns and prose are Python's in it."""
    if isinstance(part, list | tuple):
        return [portable(item) for item in part]
    if not isinstance(part, dict):
        return part
    members = {name: portable(value) for name, value in part.items()}
    if isinstance(members.get("pattern"), str):
        members["pattern"] = portable_pattern(members["pattern"])
    if isinstance(members.get("description"), str):
        members["description"] = inspect.cleandoc(members["description"])
    return members


def portable_pattern(pattern: str) -> str:
    r"""*pattern* in the words of ECMA 262.

    Examples
    --------
    >>> portable_pattern(r"^gol_[0-9a-f]+\Z")
    '^gol_[0-9a-f]+$'

    """
    return pattern.replace(r"\Z", "$")
