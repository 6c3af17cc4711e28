"""FCM: pushes to Android by Firebase Cloud Messaging, HTTP v1."""

import asyncio
import datetime as dt
from typing import Any, Final

import msgspec
from joserfc import jwt
from joserfc.jwk import RSAKey

from upcoach.services.base.delivery import CarrierAway
from upcoach.services.base.delivery.push_carriers import PushMessage, PushTarget
from upcoach.services.base.fetching import LARGEST, Fetch, Fetched, FetchFailed, Poster
from upcoach.services.base.push.answers import check_answer
from upcoach.services.base.push.payloads import encoded_within

API: Final = "https://fcm.googleapis.com"
PERMISSION: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"  # RFC 7523, 4
LIFE: Final = dt.timedelta(hours=1)  # of an assertion, the most that Google takes
SPARE: Final = dt.timedelta(minutes=1)  # before its end a token is replaced
MOST_BYTES: Final = 4000
MOST_LIFE: Final = dt.timedelta(days=28)  # that FCM keeps a push
GONE: Final[frozenset[str | int]] = frozenset({"UNREGISTERED"})
# So is answered to every device, too, when the project is another one, or none.
DOUBTFUL: Final[frozenset[str | int]] = frozenset({"SENDER_ID_MISMATCH", 404})


class ServiceAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The file that the Firebase console gives for a service account."""

    project_id: str
    client_email: str
    private_key: str
    private_key_id: str = ""
    token_uri: str = "https://oauth2.googleapis.com/token"  # noqa: S105


class Fcm:
    """Carries pushes to Android devices."""

    def __init__(self, fetch: Fetch, post: Poster, account: ServiceAccount, api: str = API) -> None:
        self._fetch = fetch
        self._post = post
        self._account = account
        self._key = RSAKey.import_key(account.private_key)
        self._signed({})  # a key that cannot sign is refused now, and not with the first push
        self._url = f"{api}/v1/projects/{account.project_id}/messages:send"
        self._renewing: asyncio.Task[str] | None = None  # whoever finds no token waits for it
        self._token = ""
        self._token_until = dt.datetime.min.replace(tzinfo=dt.UTC)

    async def carry(self, target: PushTarget, message: PushMessage, at: dt.datetime) -> None:
        """See `PushCarrier`."""
        token = await self._access_token(at)
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
        }

        def form(push: PushMessage) -> dict[str, Any]:
            return _form(target.token, push, at)

        try:
            body = encoded_within(MOST_BYTES, message, form)
            answer = await self._post.post(self._url, body, headers, LARGEST)
        except FetchFailed as failure:
            raise CarrierAway(str(failure)) from None
        if answer.status == 401:  # the token was taken back
            if token == self._token:
                self._token = ""
            raise CarrierAway("answered 401", setting="UPCOACH_FCM")
        check_answer(answer, _reason(answer), at, gone=GONE, doubtful=DOUBTFUL)

    async def _access_token(self, at: dt.datetime) -> str:
        if self._token and at < self._token_until:
            return self._token
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._renewed(at), name="fcm token")
        # Shielded: whoever gives up waiting must not take along others who wait for the same.
        token = await asyncio.shield(self._renewing)
        if not token:
            raise CarrierAway("no access token was given", setting="UPCOACH_FCM")
        return token

    async def _renewed(self, at: dt.datetime) -> str:
        """Ask for a token, once for all who wait; "" when none was given, which all share."""
        form = {"grant_type": GRANT, "assertion": self._assertion(at)}
        try:
            answer = await self._fetch(self._account.token_uri, form)
            members = answer.members()
            token, life = str(members["access_token"]), int(members["expires_in"])
            until = at + dt.timedelta(seconds=life) - SPARE
        except (FetchFailed, KeyError, ValueError, TypeError, OverflowError):
            return ""
        self._token, self._token_until = token, until
        return token

    def _assertion(self, at: dt.datetime) -> str:
        return self._signed(
            {
                "iss": self._account.client_email,
                "scope": PERMISSION,
                "aud": self._account.token_uri,
                "iat": int(at.timestamp()),
                "exp": int((at + LIFE).timestamp()),
            }
        )

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "typ": "JWT", "kid": self._account.private_key_id}
        return jwt.encode(header, claims, self._key, algorithms=["RS256"])


def _form(token: str, message: PushMessage, at: dt.datetime) -> dict[str, Any]:
    life = min(max(message.until - at, dt.timedelta(0)), MOST_LIFE)
    return {
        "message": {
            "token": token,
            "notification": {"title": message.title, "body": message.body},
            "data": {"link": message.link, "type": message.type, "topic": message.topic},
            "android": {
                "priority": "HIGH",
                "ttl": f"{int(life.total_seconds())}s",
                "collapse_key": message.topic,
                "notification": {"tag": message.topic},
            },
        }
    }


def _reason(answer: Fetched) -> str:
    """The `errorCode` that FCM gives beside the status, if any."""
    try:
        details = answer.members()["error"]["details"]
        codes = [str(detail["errorCode"]) for detail in details if "errorCode" in detail]
    except (FetchFailed, KeyError, TypeError):
        return ""
    return codes[0] if codes else ""
