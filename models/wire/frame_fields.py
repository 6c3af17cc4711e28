"""What each field of a frame is, for the descriptions of the live protocol and of the API.

A name means the same in all frames, but where a row names the frame.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

WORDS: Final[Mapping[str, str]] = {
    "after": "Milliseconds to wait before connecting again; another number for each client.",
    "app": "The name and version of the app.",
    "at": "When it happened.",
    "base": "The version that the write is based on.",
    "body": "The content of the message.",
    "by": "Who wrote it.",
    "ch": "The channel.",
    "conn": "The name of this connection, which logs have too.",
    "cur": "A cursor: the position behind what the frame is about.",
    "dev": "The device, by the name that its client has for it.",
    "doc": "The whole document, where the event created it.",
    "exp": "When the token expires.",
    "f": "The feed.",
    "follows": "The ids of earlier writes that this one builds on.",
    "hb": "The seconds between heartbeats.",
    "id": "The id of the document.",
    "items": "The documents.",
    "kind": "The kind of documents.",
    "last": "Whether this is the last page of the kind.",
    "limits": "The limits of this server, by name.",
    "merged": "Where the document holds the edits of others, too (JSON pointers).",
    "mode": "How the subscription begins: `resume`, `catchup`, `snapshot` or `state`.",
    "mut": "The id of the write, for the device that it comes from.",
    "now": "The time of the server.",
    "op": "The method of the write.",
    "patch": "What has changed in the document, as a merge patch (RFC 7396).",
    "path": "The path of the write.",
    "problem": "Why it was refused (RFC 9457).",
    "reason": "Why.",
    "replayed": "Whether the write was done before, and this is the answer of then.",
    "seq": "The number of the event in its feed.",
    "since": "The cursor to go on from.",
    "snap": "Whether the documents come first; or the kinds of those that do.",
    "snapshot": "The path of the snapshot to read.",
    "status": "The HTTP status.",
    "subs": "The subscriptions.",
    "sums": "A checksum of the documents of each kind.",
    "ticket": "A ticket of `POST /v1/live/tickets`.",
    "to": "The last number.",
    "token": "An access token.",
    "top": "The newest number of each feed.",
    "type": "The kind of the document, a dot, and what happened to it.",
    "user": "The id of the user.",
    "v": "The version of the protocol.",
    "ver": "The version of the document.",
    "Mut.body": "The body of the write.",
    "Mut.id": "A UUID that names the write: sent again, it is done once.",
    "Res.body": "The body of the answer.",
    "Res.cur": "A cursor behind the event of the write.",
    "Res.id": "The id of the write.",
    "Skip.from": "The first number.",
    "Ephemeral.kind": "The kind of message.",
    "Eph.kind": "The kind of message.",
    "Timeline.items": "The events.",
}


def field_words(frame: type[Any]) -> dict[str, str]:
    """What each field of a *frame*, or of a part of one, is.

    Examples
    --------
    >>> from models.wire.frames import Skip
    >>> field_words(Skip)
    {'f': 'The feed.', 'from': 'The first number.', 'to': 'The last number.'}

    """
    names = [field.encode_name for field in msgspec.structs.fields(frame)]
    words = {name: WORDS.get(f"{frame.__name__}.{name}", WORDS.get(name, "")) for name in names}
    return {name: text for name, text in words.items() if text}
