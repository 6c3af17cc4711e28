"""The AsyncAPI 3.0 document of the live protocol, made from the frame types.

`models.wire.frames` is the one home of the wire: what stands there, docstrings included, stands
here, with what `models.wire.frame_fields` says of the fields.  `python -m handlers.asyncapi FILE`
writes the document; `docs/asyncapi.json` is that file.
"""

import hashlib
import inspect
import sys
import typing
from pathlib import Path
from typing import Final

import msgspec

from handlers.live.base import limits
from handlers.openapi.static_documents import portable, pretty_json, without_prose
from models.access.limits import FRAME_BYTES, HELLO_BYTES
from models.base.merge_patch import Json
from models.wire import frames
from models.wire.close_codes import CloseCode
from models.wire.frame_fields import field_words

MEDIA_TYPE: Final = "application/vnd.aai.asyncapi+json;version=3.0.0"

# What a close code means, and what its client does.
CLOSES: Final[dict[CloseCode, tuple[str, str]]] = {
    CloseCode.BAD_FRAME: ("not a frame, or `hello` was not first", "stop"),
    CloseCode.TOKEN: ("no token, or it does not hold any more", "refresh it, reconnect"),
    CloseCode.REVOKED: ("the session was ended", "log in"),
    CloseCode.NO_HELLO: ("no `hello` in time", "reconnect"),
    CloseCode.REPLACED: ("the same device has another socket", "stop"),
    CloseCode.VERSION: ("this version is not served", "upgrade"),
    CloseCode.TOO_MANY: ("too many frames", "wait, reconnect"),
    CloseCode.INTERNAL: ("internal", "back off, reconnect"),
    CloseCode.DRAINING: ("the node is going away", "reconnect"),
    CloseCode.SLOW: ("no bytes taken in time", "reconnect with the cursor"),
    CloseCode.RESYNC: ("a position that cannot be", "reconnect, expect `reset`"),
    CloseCode.NO_PONG: ("two heartbeats without a frame", "reconnect with the cursor"),
    CloseCode.FULL: ("the node is full", "back off, reconnect elsewhere"),
}

_CLIENT: Final[tuple[type, ...]] = typing.get_args(frames.ClientFrame)
_SERVER: Final[tuple[type, ...]] = typing.get_args(frames.ServerFrame)
_STREAMED: Final = (
    frames.Subd,
    frames.Unsubd,
    frames.Snap,
    frames.Ev,
    frames.Skip,
    frames.Live,
    frames.AuthExpiring,
    frames.Go,
    frames.Reset,
)


def served_document() -> Json:
    """The arguments of the handler that serves the document."""
    return {"content": text(), "media_type": MEDIA_TYPE}


def text() -> bytes:
    """The document as indented JSON."""
    return pretty_json(document())


def document() -> Json:
    """The document."""
    _, schemas = msgspec.json.schema_components(
        [*_CLIENT, *_SERVER], ref_template="#/components/schemas/{name}"
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "UpCoach's live protocol",
            "version": f"{frames.VERSION}.0.0",
            "description": inspect.getdoc(frames),
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {"live": _live(), "events": _events()},
        "operations": _operations(),
        "components": {
            "schemas": {name: _described(name, schema) for name, schema in schemas.items()},
            "messages": {frame.__name__: _message(frame) for frame in (*_CLIENT, *_SERVER)},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "ticket": {
                    "type": "httpApiKey",
                    "name": "ticket",
                    "in": "query",
                    "description": "A ticket of POST /v1/live/tickets: once, within 30 s. "
                    "On a socket it stands in `hello`, never in the URL.",
                },
            },
        },
    }


def digest() -> str:
    """The SHA-256 of what clients depend on, in canonical JSON."""
    canonical = msgspec.json.encode(without_prose(document()), order="deterministic")
    return hashlib.sha256(canonical).hexdigest()


def _described(name: str, schema: Json) -> Json:
    """The *schema* of a frame, with what its fields are; beside a `$ref` nothing counts."""
    part: Json = portable(schema)
    words = field_words(getattr(frames, name))
    for field, members in part.get("properties", {}).items():
        if field in words and "$ref" not in members:
            members["description"] = words[field]
    return part


def _servers() -> Json:
    security = [{"$ref": f"#/components/securitySchemes/{name}"} for name in ("token", "ticket")]
    return {
        "sockets": {"host": "localhost:8888", "protocol": "ws", "security": security},
        "http": {"host": "localhost:8888", "protocol": "http", "security": security},
    }


def _live() -> Json:
    rows = [f"| {code} | {meaning} | {then} |" for code, (meaning, then) in _closes()]
    description = f"""\
A WebSocket (RFC 6455, subprotocol `{frames.PROTOCOL}`).  A message holds one or more frames, one
JSON object a line, in at most {FRAME_BYTES} bytes; a frame that is no `mut`, and what comes before
`welcome`, in at most {HELLO_BYTES}.  `hello` comes first, within {limits.HELLO_S:.0f} s.  A socket
has at most {limits.SUBSCRIPTIONS} subscriptions, to feeds and channels together, and sends
{limits.FRAMES_S} frames a second that are no writes; {limits.WRITES_AT_ONCE} of its writes are
carried out at once, and those behind them wait their turn.  `welcome` names all limits of the node.
A token may be renewed at any time until {limits.GRACE_S:.0f} s after its end;
{limits.EXPIRING_S:.0f} s before it, `auth_expiring` comes.

| Close | Meaning | Then |
|---|---|---|
"""
    return {
        "address": "/v1/live",
        "description": description + "\n".join(rows),
        "servers": [{"$ref": "#/servers/sockets"}],
        "messages": _references((*_CLIENT, *_SERVER)),
        "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
    }


def _events() -> Json:
    return {
        "address": "/v1/events",
        "description": "The same frames over HTTP.  With `Accept: text/event-stream` as events: "
        "`id` is the cursor, `event` the frame's `t`, `data` the frame; a comment every 15 s; "
        "`Last-Event-ID` is honoured, and `snap` and `ticket` are for these alone.  Else a JSON "
        "array of `ev` and `skip`, with `Upcoach-Cursor`; `wait` makes it a long-poll, answered by "
        "204 when nothing came.",
        "servers": [{"$ref": "#/servers/http"}],
        "messages": _references(_STREAMED),
    }


def _operations() -> Json:
    texts = {"type": "string"}
    query = {"since": texts, "feed": texts, "snap": texts, "limit": texts, "wait": texts}
    query_schema = {"type": "object", "properties": query | {"ticket": texts}}
    binding = {"http": {"method": "GET", "query": query_schema, "bindingVersion": "0.3.0"}}
    return {
        "receiveFrames": _operation("receive", "live", _CLIENT, "The frames that a client sends."),
        "sendFrames": _operation("send", "live", _SERVER, "The frames that the server sends."),
        "sendEvents": _operation("send", "events", _STREAMED, "The frames of an event stream.")
        | {"bindings": binding},
    }


def _operation(action: str, channel: str, frame_types: tuple[type, ...], summary: str) -> Json:
    messages = f"#/channels/{channel}/messages"
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": summary,
        "messages": [{"$ref": f"{messages}/{frame.__name__}"} for frame in frame_types],
    }


def _message(frame: type) -> Json:
    description = inspect.getdoc(frame) or ""
    return {
        "name": frame.__struct_config__.tag,  # type: ignore[attr-defined]
        "title": frame.__name__,
        "summary": description.partition("\n\n")[0],
        "description": description,
        "payload": {"$ref": f"#/components/schemas/{frame.__name__}"},
    }


def _references(frame_types: tuple[type, ...]) -> Json:
    return {
        frame.__name__: {"$ref": f"#/components/messages/{frame.__name__}"} for frame in frame_types
    }


def _closes() -> list[tuple[int, tuple[str, str]]]:
    return [(int(code), CLOSES[code]) for code in CloseCode]


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(text())
