"""What the authorization server answers to clients, as their RFCs have it."""

import msgspec

from models.base.merge_patch import Json


class TokenAnswer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Tokens for a client (RFC 6749, 5.1).

    Attributes
    ----------
    access_token
        The token that requests are sent with.
    token_type
        How it is sent: `Bearer` or `DPoP`.
    expires_in
        The seconds until it ends.
    scope
        Its permissions, separated by spaces.
    refresh_token
        What the next tokens are asked for with, once.
    id_token
        Who has logged in, as a JWT.
    issued_token_type
        The type of the token, after an exchange (RFC 8693).

    """

    access_token: str
    token_type: str
    expires_in: int
    scope: str
    refresh_token: str | None = None
    id_token: str | None = None
    issued_token_type: str | None = None


class PushedRequestAnswer(msgspec.Struct, frozen=True):
    """The name of an authorization request (RFC 9126, 2.2).

    Attributes
    ----------
    request_uri
        The name of the request.
    expires_in
        The seconds for which it holds.

    """

    request_uri: str
    expires_in: int


class DeviceCodes(msgspec.Struct, frozen=True):
    """The codes of a device (RFC 8628, 3.2).

    Attributes
    ----------
    device_code
        What the device polls with.
    user_code
        What the device shows to its user.
    verification_uri
        Where the user enters the code.
    verification_uri_complete
        The same with the code in it, for a QR code.
    expires_in
        The seconds until both codes end.
    interval
        The seconds between two polls.

    """

    device_code: str
    user_code: str
    verification_uri: str
    verification_uri_complete: str
    expires_in: int
    interval: int


class Introspected(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a token is (RFC 7662, 2.2); of one that does not hold, only that.

    Attributes
    ----------
    active
        Whether the token is valid now.
    client_id
        The client that it was issued to.
    sub
        The user that it stands for.
    scope
        Its permissions, separated by spaces.
    exp
        When it ends, in seconds since 1970.
    iss
        Who has issued it.
    aud
        The APIs that it is for.
    token_type
        How it is sent.
    cnf
        The thumbprint of the key that it is bound to (RFC 9449, 6).

    """

    active: bool
    client_id: str | None = None
    sub: str | None = None
    scope: str | None = None
    exp: int | None = None
    iss: str | None = None
    aud: list[str] | None = None
    token_type: str | None = None
    cnf: dict[str, str] | None = None


class UserClaims(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who somebody is, as far as the token tells (OpenID Connect Core, 5.3).

    Attributes
    ----------
    sub
        The user.
    name
        The user's name.
    zoneinfo
        The user's time zone.
    locale
        The user's language, if they have named one.
    email
        The user's address.
    email_verified
        Whether the user has confirmed the address.

    """

    sub: str
    name: str | None = None
    zoneinfo: str | None = None
    locale: str | None = None
    email: str | None = None
    email_verified: bool | None = None


class OAuthRefusal(msgspec.Struct, frozen=True, omit_defaults=True):
    """A refusal (RFC 6749, 5.2).

    Attributes
    ----------
    error
        What is wrong, under a name that stays.
    error_description
        What is wrong, for the developer of the client.
    challenge
        What a second factor is shown for, where one is needed.

    """

    error: str
    error_description: str
    challenge: str | None = None


class JwksAnswer(msgspec.Struct, frozen=True):
    """Public keys (RFC 7517, 5).

    Attributes
    ----------
    keys
        The keys, each a JWK.

    """

    keys: list[Json]
