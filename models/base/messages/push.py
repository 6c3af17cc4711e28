"""Pushes: short messages to the devices of a person, who may be far from the app."""

import datetime as dt
from typing import Literal

import msgspec

PushPlatform = Literal["web", "ios", "android"]


class PushRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a push to the devices of *owner*, or to one of them.

    What waits in the outbox may be of another build: fields are added with a default only.

    Attributes
    ----------
    owner
        Whose devices get it.
    topic
        What it is about: on a device, a push takes the place of an earlier one of its topic.
    title, body
        What is shown, in the language of the person.
    link
        The path in the app that it opens.
    type
        What it is for, by the types of notifications.
    until
        When nobody is told any more.
    device
        The id of the only device that gets it; empty for all.

    """

    owner: str
    topic: str
    title: str
    body: str
    until: dt.datetime
    link: str = "/"
    type: str = ""
    device: str = ""
