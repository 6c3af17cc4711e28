"""Push devices: where a person's pushes go, one for each app or browser that takes them.

A push service knows a device by a token, which is a secret: whoever has it, and our keys, can write
on somebody's screen.  It is sealed, and leaves the server to its push service only.  A device takes
pushes as long as the session lasts in which it was registered.
"""

import datetime as dt
from typing import Annotated, Any, ClassVar, Final, Self

import msgspec

from models.base.document import Document, Draft, Lookup, Privacy
from models.base.errors import invalid_field
from models.base.fields import Name
from models.base.messages.push import PushPlatform
from models.base.text.type_words import shaped

ID_PREFIX: Final = "psd"  # of ids
MOST: Final = 20  # of one person; the one that was registered longest ago makes room
MOST_OF_LOGIN: Final = 3  # of one session, likewise

AppVersion = Annotated[str, msgspec.Meta(min_length=1, max_length=50)]
PushToken = Annotated[
    str,
    shaped(
        pattern=r"^[A-Za-z0-9:_-]{16,1024}\Z",
        form="a token of APNs or FCM: 16 to 1024 letters, digits, colons, dashes and underscores",
    ),
]
SubscriptionKey = Annotated[
    str, shaped(pattern=r"^[A-Za-z0-9_-]{1,128}={0,2}\Z", form="a key in base64url")
]


class WebSubscription(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The subscription of a browser, as its Push API gives it.

    Attributes
    ----------
    endpoint
        The URL at its push service.
    p256dh
        The public key for which pushes are sealed.
    auth
        The secret that they are sealed with.

    """

    endpoint: Annotated[str, msgspec.Meta(min_length=12, max_length=2_048)]
    p256dh: SubscriptionKey
    auth: SubscriptionKey


class PushDeviceDraft(Draft, frozen=True, kw_only=True):
    """The fields of a push device that may be written; what is null stays as it is.

    Attributes
    ----------
    name
        What the device is listed as.
    app_version
        The version of the app on it.
    token
        The token that APNs or FCM gave the app; a new one takes the place of the former.
    subscription
        The subscription of a browser, in place of a token.

    """

    name: Name | None = None
    app_version: AppVersion | None = None
    token: PushToken | None = None
    subscription: WebSubscription | None = None


class NewPushDevice(PushDeviceDraft, frozen=True, kw_only=True):
    """A device to be registered.

    Attributes
    ----------
    platform
        Whose push service reaches it.

    """

    platform: PushPlatform


class PushDevice(Document, frozen=True, kw_only=True):
    """A device that takes a person's pushes.

    Attributes
    ----------
    platform
        Whose push service reaches it.
    name
        What it is listed as.
    app_version
        The version of the app on it.
    token
        What its push service knows it by: a token, or a browser's endpoint.
    p256dh, auth
        The keys of a browser's subscription.
    token_hash
        A keyed hash of the token, by which the same one is found again.
    session
        The session in which it was registered.
    registered_at
        When it last was.

    """

    kind: ClassVar[str] = "push_device"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "push_devices"
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup("token", "token_hash"),)

    platform: Annotated[PushPlatform, Privacy.PERSONAL]
    name: Annotated[Name | None, Privacy.SEALED] = None
    app_version: Annotated[AppVersion | None, Privacy.PERSONAL] = None
    token: Annotated[str, Privacy.SEALED, Privacy.HIDDEN]
    p256dh: Annotated[str, Privacy.SEALED, Privacy.HIDDEN] = ""
    auth: Annotated[str, Privacy.SEALED, Privacy.HIDDEN] = ""
    token_hash: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]
    session: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]
    registered_at: Annotated[dt.datetime, Privacy.PERSONAL]

    @classmethod
    def registered(
        cls,
        draft: NewPushDevice,
        *,
        device_id: str,
        owner: str,
        session: str,
        token_hash: str,
        at: dt.datetime,
    ) -> Self:
        """A new device of *owner*, registered in *session*."""
        return cls(
            id=device_id,
            owner=owner,
            created_at=at,
            updated_at=at,
            platform=draft.platform,
            name=draft.name,
            app_version=draft.app_version,
            token_hash=token_hash,
            session=session,
            registered_at=at,
            **_address(draft),
        )

    def registered_again(self, draft: NewPushDevice, session: str, at: dt.datetime) -> Self:
        """The same device, registered with the same token in another *session*, or later."""
        return msgspec.structs.replace(
            self.advanced(at),
            platform=draft.platform,
            name=draft.name or self.name,
            app_version=draft.app_version or self.app_version,
            session=session,
            registered_at=at,
            **_address(draft),
        )

    def changed(
        self, draft: PushDeviceDraft, token_hash: str, session: str, at: dt.datetime
    ) -> Self:
        """The same device as *draft* of *session* says, with the hash of its token after that.

        With another address it is a device of that session, and falls with it.
        """
        check_address(draft, self.platform, is_new=False)
        has_address = draft.token is not None or draft.subscription is not None
        return msgspec.structs.replace(
            self.advanced(at),
            name=draft.name or self.name,
            app_version=draft.app_version or self.app_version,
            token_hash=token_hash,
            **(_address(draft) | {"session": session} if has_address else {}),
        )


def check_address(draft: PushDeviceDraft, platform: PushPlatform, *, is_new: bool) -> None:
    """Refuse what is no address of *platform*: browsers have subscriptions, others tokens."""
    is_web = platform == "web"
    given = {"subscription": draft.subscription, "token": draft.token}
    wanted, other = ("subscription", "token") if is_web else ("token", "subscription")
    if given[other] is not None:
        words = f"A device of the platform {platform} has a {wanted}, and no {other}."
        raise invalid_field(f"/{other}", "push_address_of_other_platform", words)
    if is_new and given[wanted] is None:
        words = f"A device of the platform {platform} is registered with its {wanted}."
        raise invalid_field(f"/{wanted}", "push_address_missing", words)


def token_of(draft: PushDeviceDraft) -> str:
    """The token in *draft*, or the endpoint; empty if there is none."""
    return draft.token or (draft.subscription.endpoint if draft.subscription else "")


def _address(draft: PushDeviceDraft) -> dict[str, Any]:
    keys = draft.subscription
    return {
        "token": token_of(draft),
        "p256dh": keys.p256dh if keys else "",
        "auth": keys.auth if keys else "",
    }
