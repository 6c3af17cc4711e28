"""Sessions: one for each device on which a user is logged in, and for each app that they let in."""

import datetime as dt
from typing import Annotated, ClassVar, Final, Literal, Self

import msgspec

from models.account.factors import clean_name
from models.account.session_lifetimes import LIFETIMES, SessionKind
from models.account.session_state import LoginFacts, SessionState, session_state
from models.base.document import Document, Draft, Lookup, Order, Privacy
from models.base.fields import EnteredPassword
from models.base.text.type_words import shaped

DeviceId = Annotated[
    str,
    shaped(
        pattern=r"^[A-Za-z0-9._:-]+\Z",
        form="1 to 64 letters, digits, dots, dashes, underscores or colons",
        min_length=1,
        max_length=64,
    ),
]
DeviceName = Annotated[str, msgspec.Meta(max_length=100)]

BROWSERS: Final = frozenset[SessionKind](
    {"web", "remembered", "admin"}
)  # their tokens never leave us
OWN_CLIENT: Final = "upcoach"  # what our own apps are called that log in by themselves


# What people call them, after "from".
APP_NAMES: Final[dict[SessionKind, str]] = {
    "mobile": "a phone",
    "web": "a browser",
    "remembered": "a browser",
    "coach": "the coaches' app",
    "admin": "the admin panel",
    "partner": "an app",
    "visit": "an app",
}


def audiences_of(app: SessionKind) -> tuple[str, ...]:
    """The audiences of a session of our own *app*."""
    return ("api", "live", "admin") if app == "admin" else ("api", "live")


class Credentials(Draft, frozen=True, kw_only=True):
    """The body of a login: address, password, device.

    Attributes
    ----------
    trusted_device
        What the device was given when its user chose to trust it.
    email
        The address of the account.
    password
        The password of the account.
    device
        The id that the app gave its device.
    device_name
        What the device is listed as.
    app
        The kind of app that logs in, which says how long the session lasts.

    """

    email: Annotated[str, msgspec.Meta(max_length=254)]
    password: EnteredPassword
    device: DeviceId
    device_name: DeviceName | None = None
    app: Literal["mobile", "web", "remembered", "coach", "admin"] = "mobile"
    trusted_device: Annotated[str, msgspec.Meta(max_length=128)] = ""


class Refresh(Draft, frozen=True, kw_only=True):
    """The body of a token refresh.

    Attributes
    ----------
    refresh_token
        The newest refresh token of the session.

    """

    refresh_token: Annotated[str, msgspec.Meta(max_length=4096)]


class SessionTerms(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of a new session: what it is for, and how its holder was authenticated."""

    device: str
    device_name: str | None = None
    app: SessionKind = "mobile"
    client: str = OWN_CLIENT
    permissions: tuple[str, ...] | None = None
    audiences: tuple[str, ...] = ("api", "live")
    key: str = ""
    acr: int = 1
    amr: tuple[str, ...] = ("pwd",)
    authenticated_at: dt.datetime | None = None  # now, unless it was in a session before this one


class Session(Document, frozen=True, kw_only=True):
    """A login of one device, until it expires or is ended.

    Attributes
    ----------
    app
        The kind of app, which decides how long the session lasts.
    client
        The OAuth client that it was given to; `upcoach` for our own.
    permissions
        What it may be used for; None for our own apps, which may do what their user may.
    audiences
        The resources that its tokens are for.
    key
        The thumbprint of the key to which its tokens are bound (RFC 9449).
    acr, amr
        How strongly its holder has shown who they are, and how (RFC 8176).
    authenticated_at
        When they last did.
    device
        The id that the app gave its device.
    device_name
        What the device is listed as.
    expires_at
        When it ends by itself.
    ended_at
        When it was ended.

    """

    kind: ClassVar[str] = "session"
    id_prefix: ClassVar[str] = "ses"
    collection: ClassVar[str] = "sessions"
    orders: ClassVar[tuple[Order, ...]] = (Order("expires_at"),)
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup("ended", "ended_at"),)

    device: Annotated[str, Privacy.PERSONAL]
    device_name: Annotated[DeviceName | None, Privacy.SEALED] = None
    app: Annotated[SessionKind, Privacy.PERSONAL] = "mobile"
    client: Annotated[str, Privacy.PERSONAL] = OWN_CLIENT
    permissions: tuple[str, ...] | None = None
    audiences: tuple[str, ...] = ("api", "live")
    key: Annotated[str, Privacy.HIDDEN] = ""
    acr: int = 1
    amr: tuple[str, ...] = ("pwd",)
    authenticated_at: Annotated[dt.datetime, Privacy.PERSONAL]
    expires_at: Annotated[dt.datetime, Privacy.PERSONAL]
    ended_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None

    @classmethod
    def started(cls, terms: SessionTerms, *, session_id: str, owner: str, at: dt.datetime) -> Self:
        """A new session on *terms*."""
        fields = msgspec.structs.asdict(terms) | {
            "authenticated_at": terms.authenticated_at or at,
            "device_name": clean_name(terms.device_name or "") or None,
        }
        return cls(
            id=session_id,
            owner=owner,
            created_at=at,
            updated_at=at,
            expires_at=at + LIFETIMES[terms.app].whole,
            **fields,
        )

    def state(self, at: dt.datetime, used_at: dt.datetime | None = None) -> SessionState:
        """The state of the session at *at*, by the document and, if known, its last use."""
        facts = LoginFacts(
            is_ended=self.ended_at is not None,
            expires_at=self.expires_at,
            used_at=used_at,
            idle=LIFETIMES[self.app].idle,
        )
        return session_state(facts, at)

    def is_open(self, at: dt.datetime) -> bool:
        """Whether the session is active at *at*, as far as the document says."""
        return self.state(at) is SessionState.ACTIVE

    def ended(self, at: dt.datetime) -> Self:
        """The same session, ended."""
        return msgspec.structs.replace(self.advanced(at), ended_at=at)

    def renamed(self, name: str, at: dt.datetime) -> Self:
        """The same session, on a device that is called *name*."""
        return msgspec.structs.replace(self.advanced(at), device_name=name)

    def stepped_up(self, amr: tuple[str, ...], acr: int, at: dt.datetime) -> Self:
        """The same session, whose holder has shown *amr* just now."""
        methods = tuple(dict.fromkeys((*self.amr, *amr)))
        # Not the best that they have ever shown, or two factors would count as shown just now.
        return msgspec.structs.replace(self.advanced(at), acr=acr, amr=methods, authenticated_at=at)
