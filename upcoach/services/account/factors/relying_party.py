"""The WebAuthn relying party: options for browsers, and verification (WebAuthn, 7)."""

import base64
from collections.abc import Sequence
from typing import Any, Final

import msgspec
import webauthn
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from webauthn.helpers import decode_credential_public_key, options_to_json_dict
from webauthn.helpers.decoded_public_key_to_cryptography import decoded_public_key_to_cryptography
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.helpers.verify_signature import verify_signature

from models.account import Passkey, User
from models.account.webauthn import NewCredential, PasskeyAssertion
from models.base.merge_patch import Json
from upcoach.services.account.factors.refusals import factor_wrong

LARGEST_KEY: Final = 1_024  # bytes: RSA of 4,096 bits has 550, and larger ones hold the loop
LARGEST_ID: Final = 1_023  # bytes (WebAuthn, 4)

# No sound key verifies it.  An Ed25519 key of small order does, whatever the message is (RFC 8032,
# 5.1.7), so a key that verifies it is refused.
_WRONG_SIGNATURE: Final = b"\x01" + bytes(63)

# What the library raises for what is no CBOR, no key, no JSON, beside its own exceptions.
_BROKEN: Final = (
    *(WebAuthnException, ValueError, TypeError, LookupError, AttributeError),
    *(ArithmeticError, RecursionError),
)


class RegisteredCredential(msgspec.Struct, frozen=True):
    """A registered credential; *credential* and *key* are in base64url."""

    credential: str
    key: str
    sign_count: int
    backed_up: bool


class RelyingParty(msgspec.Struct, frozen=True, kw_only=True):
    """The relying party: a domain, and the origins that may use its passkeys.

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

    def registration_options(
        self, user: User, handle: str, challenge: bytes, excluded: Sequence[Passkey]
    ) -> Json:
        """Options to create a passkey, other than those *excluded*."""
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
            exclude_credentials=_described(excluded),
        )
        return options_to_json_dict(options)

    def authentication_options(self, challenge: bytes, allowed: Sequence[Passkey]) -> Json:
        """Options to authenticate with one of the *allowed* passkeys; with any if there is none."""
        options = webauthn.generate_authentication_options(
            rp_id=self.domain,
            challenge=challenge,
            allow_credentials=_described(allowed),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return options_to_json_dict(options)

    def verify_registration(self, given: NewCredential, challenge: bytes) -> RegisteredCredential:
        """Verify a registration, and return its credential, or raise `Forbidden`."""
        try:
            verified = webauthn.verify_registration_response(
                credential=_as_credential(given),
                expected_challenge=challenge,
                expected_rp_id=self.domain,
                expected_origin=list(self.origins),
                require_user_verification=True,
            )
        except _BROKEN:
            raise factor_wrong() from None
        is_large = len(verified.credential_public_key) > LARGEST_KEY
        # The library compares the id with its own words only, not with what was signed.
        is_other = encoded(verified.credential_id) != given.id
        if is_large or is_other or len(verified.credential_id) > LARGEST_ID:
            raise factor_wrong()
        if not _is_usable(verified.credential_public_key):
            raise factor_wrong()
        return RegisteredCredential(
            credential=given.id,
            key=encoded(verified.credential_public_key),
            sign_count=verified.sign_count,
            backed_up=verified.credential_backed_up,
        )

    def verify_authentication(
        self, passkey: Passkey, given: PasskeyAssertion, challenge: bytes
    ) -> tuple[int, bool]:
        """Verify an assertion of *passkey*: its sign count and backup state, or `Forbidden`."""
        try:
            verified = webauthn.verify_authentication_response(
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
        return verified.new_sign_count, verified.credential_backed_up


def encoded(plain: bytes) -> str:
    """Encode *plain* in base64url."""
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    """Decode *text* from base64url."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _is_usable(key: bytes) -> bool:
    """Whether *key* can tell a right signature from a wrong one, as it will have to.

    The library looks at its form only: a point beside its curve would be kept, and let nobody in.
    """
    try:
        found = decode_credential_public_key(key)
        verify_signature(
            public_key=decoded_public_key_to_cryptography(found),
            signature_alg=found.alg,
            signature=_WRONG_SIGNATURE,
            data=b"",
        )
    except InvalidSignature:
        return True
    except (*_BROKEN, UnsupportedAlgorithm):
        return False
    return False  # it takes any


def _as_credential(given: NewCredential | PasskeyAssertion) -> dict[str, Any]:
    fields: dict[str, Any] = msgspec.to_builtins(given)
    return fields | {"rawId": given.id}


def _described(passkeys: Sequence[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=decoded(passkey.credential)) for passkey in passkeys]
