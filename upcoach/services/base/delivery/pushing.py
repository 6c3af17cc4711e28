"""What the services need to push: where requests wait, and what carries them."""

from collections.abc import Callable, Mapping

import msgspec

from models.base.messages.push import PushPlatform
from upcoach.services.base.delivery.push_carriers import PushCarrier
from upcoach.store.outbox.push_outbox import PushOutbox


class Pushing(msgspec.Struct, frozen=True, kw_only=True):
    """The push outbox, and the carriers of those platforms that pushes can go to.

    Attributes
    ----------
    web_key
        The public key with which browsers subscribe (the Push API's `applicationServerKey`);
        empty where no pushes go to browsers.
    check_url
        Raises `FetchFailed` for a URL that no request may go to.

    """

    outbox: PushOutbox
    carriers: Mapping[PushPlatform, PushCarrier]
    web_key: str
    check_url: Callable[[str], None]
