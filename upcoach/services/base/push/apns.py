"""APNs: pushes to iOS by Apple's push service, over HTTP/2 with a token of ours."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec
from joserfc import jwt
from joserfc.jwk import ECKey

from upcoach.services.base.delivery import CarrierAway
from upcoach.services.base.delivery.push_carriers import PushMessage, PushTarget
from upcoach.services.base.fetching import Fetched, FetchFailed
from upcoach.services.base.push.answers import check_answer
from upcoach.services.base.push.payloads import encoded_within

API: Final = "https://api.push.apple.com"
SANDBOX: Final = "https://api.sandbox.push.apple.com"
MOST_BYTES: Final = 4096
TOKEN_LIFE: Final = dt.timedelta(minutes=40)  # Apple takes one for an hour
RENEWED: Final = dt.timedelta(minutes=20)  # before that, Apple takes no other one
GONE: Final[frozenset[str | int]] = frozenset({410, "Unregistered"})
# So is answered to every device, too, when `sandbox`, or the topic, is that of another app.
DOUBTFUL: Final = frozenset({"BadDeviceToken", "DeviceTokenNotForTopic"})
STALE: Final = frozenset({"ExpiredProviderToken", "InvalidProviderToken"})


class ApnsKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of Apple's developer account, and the app that it speaks for.

    Attributes
    ----------
    team, key_id
        What the account and the key are called there.
    topic
        The bundle id of the app.
    key
        The private key, as PEM.
    sandbox
        Whether the app is one of developers.

    """

    team: str
    key_id: str
    topic: str
    key: str
    sandbox: bool = False


class Http2Poster(Protocol):
    """Posts over HTTP/2, which APNs alone asks for, to a host that no person has chosen."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Fetched:
        """The response of any status, or raise `FetchFailed`."""


class Apns:
    """Carries pushes to iOS devices."""

    def __init__(self, post: Http2Poster, key: ApnsKey, api: str = "") -> None:
        self._post = post
        self._names = key
        self._key = ECKey.import_key(key.key)
        self._signed({})  # a key that cannot sign is refused now, and not with the first push
        self._api = api or (SANDBOX if key.sandbox else API)
        self._token = ""
        self._token_since = dt.datetime.min.replace(tzinfo=dt.UTC)

    async def carry(self, target: PushTarget, message: PushMessage, at: dt.datetime) -> None:
        """See `PushCarrier`."""
        token = self._provider_token(at)
        headers = {
            "authorization": f"bearer {token}",
            "apns-id": message.id.partition("_")[2],
            "apns-topic": self._names.topic,
            "apns-push-type": "alert",
            "apns-priority": "10",
            "apns-expiration": str(int(message.until.timestamp())),
            "apns-collapse-id": message.topic[:64],
        }
        body = encoded_within(MOST_BYTES, message, _form)
        try:
            answer = await self._post.post(f"{self._api}/3/device/{target.token}", body, headers)
        except FetchFailed as failure:
            raise CarrierAway(str(failure)) from None
        reason = _reason(answer)
        if reason in STALE:
            if token == self._token and at - self._token_since > RENEWED:
                self._token = ""
            raise CarrierAway(f"answered {answer.status} {reason}", setting="UPCOACH_APNS")
        check_answer(answer, reason, at, gone=GONE, doubtful=DOUBTFUL)

    def _provider_token(self, at: dt.datetime) -> str:
        if not self._token or at - self._token_since > TOKEN_LIFE:
            self._token = self._signed({"iss": self._names.team, "iat": int(at.timestamp())})
            self._token_since = at
        return self._token

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": "ES256", "kid": self._names.key_id}
        return jwt.encode(header, claims, self._key, algorithms=["ES256"])


def _form(message: PushMessage) -> dict[str, Any]:
    alert = {"title": message.title, "body": message.body}
    aps = {"alert": alert, "sound": "default", "thread-id": message.type}
    return {"aps": aps, "link": message.link, "type": message.type}


def _reason(answer: Fetched) -> str:
    try:
        return str(answer.members()["reason"])
    except (FetchFailed, KeyError):
        return ""
