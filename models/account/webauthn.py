"""What a browser's WebAuthn API gives of a passkey, in the JSON of its `toJSON` (level 3, 5.1)."""

from typing import Annotated, Literal

import msgspec

from models.base.text.type_words import shaped

_Base64 = Annotated[
    str,
    shaped(
        pattern=r"^[A-Za-z0-9_-]*\Z",
        form="base64url text of at most 16,384 characters",
        max_length=16_384,
    ),
]


class AuthenticatorAssertion(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An authenticator's response to a challenge (WebAuthn, 5.2.2), in base64url.

    Attributes
    ----------
    signature
        The signature, in base64url.
    authenticator_data
        What the authenticator says of itself.
    client_data
        What the browser says of the page.
    user_handle
        The user that the passkey is of.

    """

    authenticator_data: _Base64
    client_data: _Base64 = msgspec.field(name="clientDataJSON")
    signature: _Base64
    user_handle: _Base64 | None = None


class PublicKeyCredential(msgspec.Struct, frozen=True, kw_only=True):
    """What each `PublicKeyCredential.toJSON()` holds; what else is in it does not matter.

    Attributes
    ----------
    id
        The id of the credential, in base64url.
    type
        The type of the credential.

    """

    id: _Base64
    type: Literal["public-key"] = "public-key"


class PasskeyAssertion(PublicKeyCredential, frozen=True, kw_only=True):
    """The credential of a login.

    Attributes
    ----------
    response
        What the authenticator answered.

    """

    response: AuthenticatorAssertion


class AuthenticatorAttestation(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An authenticator's response about a new key (WebAuthn, 5.2.1), in base64url.

    Attributes
    ----------
    clientDataJSON
        What the browser signed about itself, in base64url.
    attestationObject
        The new public key, in base64url.

    """

    attestation_object: _Base64
    client_data: _Base64 = msgspec.field(name="clientDataJSON")


class NewCredential(PublicKeyCredential, frozen=True, kw_only=True):
    """The credential of a registration.

    Attributes
    ----------
    response
        What the authenticator answered.

    """

    response: AuthenticatorAttestation
