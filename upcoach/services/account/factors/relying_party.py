"""What a passkey is bound to, and whether what an authenticator says holds (WebAuthn, 7)."""

import base64
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import webauthn
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from models.account import Passkey, User
from models.account.factors import NewCredential, PasskeyAssertion
from models.base.merge_patch import Json
from upcoach.services.account.factors.refusals import factor_wrong

LARGEST_KEY: Final = 1_024  # bytes: RSA of 4,096 bits has 550, and larger ones hold the loop
LARGEST_ID: Final = 1_023  # bytes (WebAuthn, 4)

# What the library raises for what is no CBOR, no key, no JSON, beside its own exceptions.
_BROKEN: Final = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError)


class RegisteredCredential(msgspec.Struct, frozen=True):
    """A new key as its authenticator has described it; *credential* and *key* in base64url."""

    credential: str
    key: str
    sign_count: int
    backed_up: bool


class RelyingParty(msgspec.Struct, frozen=True, kw_only=True):
    """Whom passkeys are for: a domain, and the pages and apps that may ask for them.

    Attributes
    ----------
    domain
        The relying party's id: that of the pages, or one that it ends with.
    origins
        Exact: `https://…`, and `android:apk-key-hash:…` for an app.

    """

    domain: str
    origins: tuple[str, ...]
    name: str = "UpCoach"

    def new_key(self, user: User, handle: str, challenge: bytes, known: Sequence[Passkey]) -> Json:
        """What a browser is given to make a key that is none of those *known*."""
        options = webauthn.generate_registration_options(
            rp_id=self.domain,
            rp_name=self.name,
            user_id=decoded(handle),
            user_name=user.email,
            user_display_name=user.name,
            challenge=challenge,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_described(known),
        )
        return options_to_json_dict(options)

    def question(self, challenge: bytes, known: Sequence[Passkey]) -> Json:
        """What a browser is given to ask for one of the keys *known*; for any if there is none."""
        options = webauthn.generate_authentication_options(
            rp_id=self.domain,
            challenge=challenge,
            allow_credentials=_described(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def registered(self, given: NewCredential, challenge: bytes) -> RegisteredCredential:
        """The key that *given* describes, or `Forbidden`."""
        try:
            found = webauthn.verify_registration_response(
                credential=_as_credential(given),
                expected_challenge=challenge,
                expected_rp_id=self.domain,
                expected_origin=list(self.origins),
                require_user_verification=True,
            )
        except _BROKEN:
            raise factor_wrong() from None
        is_large = len(found.credential_public_key) > LARGEST_KEY
        # The library compares the id with its own words only, not with what was signed.
        is_other = encoded(found.credential_id) != given.id
        if is_large or is_other or len(found.credential_id) > LARGEST_ID:
            raise factor_wrong()
        return RegisteredCredential(
            credential=given.id,
            key=encoded(found.credential_public_key),
            sign_count=found.sign_count,
            backed_up=found.credential_backed_up,
        )

    def shown(
        self, passkey: Passkey, given: PasskeyAssertion, challenge: bytes
    ) -> tuple[int, bool]:
        """How often *passkey* was used, and whether it is backed up, as it says, or `Forbidden`."""
        try:
            found = webauthn.verify_authentication_response(
                credential=_as_credential(given),
                expected_challenge=challenge,
                expected_rp_id=self.domain,
                expected_origin=list(self.origins),
                credential_public_key=decoded(passkey.public_key),
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        except _BROKEN:
            raise factor_wrong() from None
        return found.new_sign_count, found.credential_backed_up


def encoded(plain: bytes) -> str:
    """*plain* in base64url."""
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """What *text* in base64url holds."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _as_credential(given: NewCredential | PasskeyAssertion) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(given)
    return fields | {"rawId": given.id}


def _described(known: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=decoded(one.credential)) for one in known]
