"""Second factors: TOTP, passkeys, recovery codes, trusted devices."""

import datetime as dt
import unicodedata
from collections.abc import Collection
from typing import Annotated, Any, ClassVar, Final, Literal, Self

import msgspec

from models.account.webauthn import PasskeyAssertion
from models.base.document import Document, Draft, Lookup, Privacy
from models.base.errors import invalid_field
from models.base.fields import Name, Token
from models.base.text.type_words import shaped

Method = Literal["passkey", "totp", "recovery_code"]

TRUST: Final = dt.timedelta(days=30)  # how long a device is not asked for a code again
FACTORS: Final = "factors"  # the id of the one document that each user has
TOTP: Final = "totp"  # what the app that makes codes is called among the factors
RECOVERY: Final = "recovery codes"
NEVER: Final = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)  # when a factor counts by itself that cannot

TotpCode = Annotated[str, shaped(pattern=r"^[0-9]{6}\Z", form="a code of six digits")]
RecoveryCode = Annotated[str, msgspec.Meta(min_length=24, max_length=64)]


class FactorProof(Draft, frozen=True, kw_only=True):
    """The proof of one second factor.

    Attributes
    ----------
    totp
        The code that the authenticator app shows.
    recovery_code
        One of the recovery codes.
    passkey
        What a passkey's authenticator answered.

    """

    totp: TotpCode | None = None
    recovery_code: RecoveryCode | None = None
    passkey: PasskeyAssertion | None = None

    def __post_init__(self) -> None:
        """Refuse none, and more than one."""
        names = ("totp", "recovery_code", "passkey", "password")
        if sum(getattr(self, name, None) is not None for name in names) != 1:
            raise ValueError("Show one factor, in a field of its name.")


class ChallengeAnswer(FactorProof, frozen=True, kw_only=True):
    """The answer to the *challenge* of a login: one second factor.

    Attributes
    ----------
    trust_device
        Whether this device need not show a code again for 30 days.
    challenge
        The challenge that the login was answered with.

    """

    challenge: Token
    trust_device: bool = False


class Factors(Document, frozen=True, kw_only=True):
    """The second factors of one user.

    Attributes
    ----------
    totp_secret
        160 bits in base32, shared with an app that makes codes (RFC 6238).
    totp_step
        The newest time step whose code was used: none of it or before it is taken again.
    totp_since
        When the first code of that app came.
    passkeys
        How many there are; each is a document of its own.
    handle
        What passkeys know their user by (WebAuthn, 5.4.3); it tells nothing.
    recovery
        Keyed hashes of the recovery codes that are not used yet.
    recovery_at
        When they were made.
    recovery_with
        The factor that they came with, while it is enrolled: they count when it does.
    waiting
        The factors ("totp", or the id of a passkey) that do not count before a moment: whoever
        enrolled them had shown no other second factor.  `NEVER` waits for a confirmation.
    confirmed
        The factors, and `RECOVERY`, that somebody who reads the mails of the account's address has
        said to be theirs, and when.  All others fall with a reset by mail.
    round
        How often the factors have changed; a device is trusted for one round.

    """

    kind: ClassVar[str] = "factors"
    collection: ClassVar[str] = "factors"

    totp_secret: Annotated[str | None, Privacy.SEALED, Privacy.HIDDEN] = None
    totp_step: Annotated[int, Privacy.PERSONAL, Privacy.HIDDEN] = 0
    totp_since: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    passkeys: int = 0
    handle: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN] = ""
    recovery: Annotated[tuple[str, ...], Privacy.PERSONAL, Privacy.HIDDEN] = ()
    recovery_at: Annotated[dt.datetime | None, Privacy.PERSONAL, Privacy.HIDDEN] = None
    recovery_with: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN] = ""
    waiting: Annotated[dict[str, dt.datetime], Privacy.PERSONAL, Privacy.HIDDEN] = msgspec.field(
        default_factory=dict
    )
    confirmed: Annotated[dict[str, dt.datetime], Privacy.PERSONAL, Privacy.HIDDEN] = msgspec.field(
        default_factory=dict
    )
    round: Annotated[int, Privacy.HIDDEN] = 0

    @classmethod
    def none(cls, owner: str, at: dt.datetime) -> Self:
        """The document of a user who has not enrolled any."""
        return cls(id=FACTORS, owner=owner, version=0, created_at=at, updated_at=at)

    def counts(self, name: str, at: dt.datetime) -> bool:
        """Whether the factor *name*, if it is enrolled, is taken and asked for at *at*."""
        return self.waiting.get(name, at) <= at

    def methods(self, at: dt.datetime) -> tuple[Method, ...]:
        """The factors that the user can be asked for at *at*, the strongest first.

        A factor that waits is asked of nobody: the password opens the account as before.
        """
        waiting = [name for name in self.waiting if not self.counts(name, at)]
        enrolled: dict[Method, bool] = {
            "passkey": self.passkeys > sum(name != TOTP for name in waiting),
            "totp": self.totp_secret is not None and TOTP not in waiting,
        }
        methods = tuple(name for name, is_enrolled in enrolled.items() if is_enrolled)
        can_recover = bool(self.recovery) and self.counts(self.recovery_with, at)
        return (*methods, "recovery_code") if methods and can_recover else methods

    def with_totp(
        self, secret: str, step: int, recovery: tuple[str, ...], at: dt.datetime, since: dt.datetime
    ) -> Self:
        """The same with an app that makes codes, and counts *since* a moment.

        *recovery* counts with it if no factor has counted so far.
        """
        app = {"totp_secret": secret, "totp_step": step, "totp_since": at}
        return self._added(TOTP, recovery, at, since, **app)

    def without_totp(self, at: dt.datetime) -> Self:
        """The same without the app that makes codes."""
        return self._removed(TOTP, at, totp_secret=None, totp_step=0, totp_since=None)

    def with_passkey(
        self,
        passkey: str,
        handle: str,
        recovery: tuple[str, ...],
        at: dt.datetime,
        since: dt.datetime,
    ) -> Self:
        """The same with one more passkey, which counts *since* a moment."""
        more = {"passkeys": self.passkeys + 1, "handle": handle}
        return self._added(passkey, recovery, at, since, **more)

    def without_passkey(self, passkey: str, at: dt.datetime) -> Self:
        """The same with one passkey less."""
        return self._removed(passkey, at, passkeys=self.passkeys - 1)

    def with_recovery(self, recovery: tuple[str, ...], at: dt.datetime) -> Self:
        """The same with other recovery codes in the place of those there were."""
        return msgspec.structs.replace(
            self.advanced(at),
            recovery=recovery,
            recovery_at=at,
            recovery_with="",
            confirmed=_without(self.confirmed, RECOVERY),
        )

    def without_recovery_code(self, code: str, at: dt.datetime) -> Self:
        """The same without the recovery code whose hash is *code*."""
        left = tuple(other for other in self.recovery if other != code)
        return msgspec.structs.replace(self.advanced(at), recovery=left)

    def with_totp_step(self, step: int, at: dt.datetime) -> Self:
        """The same, after the code of a time *step* was used."""
        return msgspec.structs.replace(self.advanced(at), totp_step=step)

    def confirming(self, name: str, at: dt.datetime) -> Self:
        """The same, in which the factor *name*, or `RECOVERY`, is known to be its owner's."""
        confirmed = self.confirmed | {name: at}
        if self.recovery_with == name:
            confirmed[RECOVERY] = at
        return self._changed(
            at,
            waiting=_without(self.waiting, name),
            confirmed=confirmed,
            recovery_with="" if self.recovery_with == name else self.recovery_with,
        )

    def keeping_only(self, kept: Collection[str], at: dt.datetime) -> Self:
        """The same with those factors only that are *kept*, and `RECOVERY` if it is."""
        app: dict[str, Any] = {"totp_secret": None, "totp_step": 0, "totp_since": None}
        return self._changed(
            at,
            passkeys=sum(name not in (TOTP, RECOVERY) for name in kept),
            recovery=self.recovery if RECOVERY in kept else (),
            recovery_with="",
            waiting={},
            confirmed={name: since for name, since in self.confirmed.items() if name in kept},
            **({} if TOTP in kept else app),
        )

    def distrusting_devices(self, at: dt.datetime) -> Self:
        """The same in a new round: no device is trusted any more."""
        return self._changed(at)

    def _added(
        self,
        name: str,
        recovery: tuple[str, ...],
        at: dt.datetime,
        since: dt.datetime,
        **fields: Any,
    ) -> Self:
        waiting, confirmed = _without(self.waiting, name), _without(self.confirmed, name)
        if since > at:
            waiting[name] = since
        if not self.methods(at):
            confirmed = _without(confirmed, RECOVERY)
            fields |= {"recovery": recovery, "recovery_at": at, "recovery_with": name}
        return self._changed(at, waiting=waiting, confirmed=confirmed, **fields)

    def _removed(self, name: str, at: dt.datetime, **fields: Any) -> Self:
        if self.recovery_with == name:
            # Codes that have never counted do not begin to because what they came with is gone.
            fields["recovery_with"] = ""
            fields["recovery"] = self.recovery if self.counts(name, at) else ()
        rest = {
            "waiting": _without(self.waiting, name),
            "confirmed": _without(self.confirmed, name),
        }
        return self._changed(at, **rest, **fields)

    def _changed(self, at: dt.datetime, **fields: Any) -> Self:
        after = msgspec.structs.replace(self.advanced(at), round=self.round + 1, **fields)
        # Without a factor there is nothing to recover.
        is_bare = after.totp_secret is None and not after.passkeys
        return msgspec.structs.replace(after, recovery=()) if is_bare else after


def _without(moments: dict[str, dt.datetime], name: str) -> dict[str, dt.datetime]:
    return {other: at for other, at in moments.items() if other != name}


class Passkey(Document, frozen=True, kw_only=True):
    """A passkey: a key pair of which the user's authenticator holds the private key.

    Attributes
    ----------
    credential
        How the authenticator calls it, in base64url; of all users' passkeys it is the only one.
    public_key
        In COSE's form (RFC 9052), in base64url.
    sign_count
        How often it was used, as the authenticator says; always 0 for one that is synchronised.
    backed_up
        Whether it is synchronised.
    name
        What it is listed as.
    used_at
        When it was last used.

    """

    kind: ClassVar[str] = "passkey"
    id_prefix: ClassVar[str] = "pky"
    collection: ClassVar[str] = "passkeys"
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup("credential", "credential", unique=True),)

    name: Annotated[Name, Privacy.SEALED]
    credential: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]
    public_key: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]
    sign_count: Annotated[int, Privacy.PERSONAL, Privacy.HIDDEN] = 0
    backed_up: bool = False
    used_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None

    def renamed(self, name: str, at: dt.datetime) -> Self:
        """The same passkey, called *name*."""
        return msgspec.structs.replace(self.advanced(at), name=name)

    def used(self, sign_count: int, at: dt.datetime, *, backed_up: bool) -> Self:
        """The same passkey, used once more."""
        return msgspec.structs.replace(
            self.advanced(at), sign_count=sign_count, backed_up=backed_up, used_at=at
        )


class TrustedDevice(Document, frozen=True, kw_only=True):
    """A device whose user is not asked for a code when they log in, for 30 days.

    Attributes
    ----------
    secret_hash
        SHA-256 of what the device shows.
    round
        The round of the user's factors in which it was trusted.
    name
        What it is listed as.
    device
        The device.
    expires_at
        Until when it is trusted.

    """

    kind: ClassVar[str] = "trusted_device"
    id_prefix: ClassVar[str] = "trd"
    collection: ClassVar[str] = "trusted_devices"

    name: Annotated[str | None, Privacy.SEALED] = None
    device: Annotated[str, Privacy.PERSONAL]
    secret_hash: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]
    round: Annotated[int, Privacy.HIDDEN]
    expires_at: Annotated[dt.datetime, Privacy.PERSONAL]

    def counts(self, current: int, at: dt.datetime) -> bool:
        """Whether it is trusted at *at*, in the *current* round of its user's factors."""
        return self.round == current and at < self.expires_at


def clean_name(name: str) -> str:
    r"""*name* as one line, without control characters.

    Those that turn the direction of text go, too.

    Examples
    --------
    >>> clean_name("  Ann's \n phone\u202e ")
    "Ann's phone"

    """
    shown = (" " if letter.isspace() else letter for letter in name)
    kept = "".join(
        letter for letter in shown if unicodedata.category(letter) not in ("Cc", "Cf", "Cs")
    )
    return " ".join(kept.split())


def checked_name(name: str) -> str:
    """*name* as one line, or `Invalid` when nothing is left of it."""
    cleaned = clean_name(name)
    if not cleaned:
        raise invalid_field("/name", "field_invalid", "The name must have a letter or a digit.")
    return cleaned
