"""Identities: users of OpenID providers, such as Google, through which somebody can log in."""

import datetime as dt
from typing import Annotated, ClassVar, Self

import msgspec

from models.account.access_method import AccessMethod
from models.account.session import DeviceId, DeviceName
from models.base.document import Draft, Lookup, Privacy
from models.base.fields import Name, Token
from models.base.text.type_words import shaped

IdToken = Annotated[str, msgspec.Meta(min_length=1, max_length=8192)]
ProviderName = Annotated[
    str,
    shaped(pattern=r"^[a-z][a-z0-9-]{0,31}\Z", form="the name of a provider, such as google"),
]


class Identity(AccessMethod, frozen=True, kw_only=True):
    """The link of an account to a user of the OpenID provider *issuer*.

    Attributes
    ----------
    provider
        What we call the issuer.
    subject_index
        A keyed hash of issuer and subject: the account is found by it, and never by the address,
        which a provider may give to somebody else.
    email
        The address that the provider knew when the two were linked.
    counts_from
        When it can be entered by: later than it was linked if whoever did had shown nothing but
        the password.
    issuer
        Who has issued it, as its ID tokens say.

    """

    kind: ClassVar[str] = "identity"
    id_prefix: ClassVar[str] = "ide"
    collection: ClassVar[str] = "identities"
    lookups: ClassVar[tuple[Lookup, ...]] = (Lookup("subject", "subject_index", unique=True),)

    provider: Annotated[ProviderName, Privacy.PERSONAL]
    issuer: Annotated[str, Privacy.PERSONAL]
    subject: Annotated[str, Privacy.SEALED, Privacy.HIDDEN]
    subject_index: Annotated[str, Privacy.PERSONAL, Privacy.HIDDEN]
    email: Annotated[str | None, Privacy.SEALED] = None
    counts_from: Annotated[dt.datetime | None, Privacy.PERSONAL, Privacy.HIDDEN] = None

    def counts(self, at: dt.datetime) -> bool:
        """Whether it can be logged in with at *at*."""
        return self.counts_from is None or self.counts_from <= at

    def confirmed_by_mail(self, at: dt.datetime) -> Self:
        """See `AccessMethod`."""
        return msgspec.structs.replace(super().confirmed_by_mail(at), counts_from=None)


class IdentityProof(Draft, frozen=True, kw_only=True):
    """The body of a login with an ID token that a provider gave for our nonce.

    Attributes
    ----------
    name
        How its user is called; Apple tells it the app only, and once.
    id_token
        The ID token of the provider.
    nonce
        The nonce that the ID token was asked for with.
    device
        The id that the app gave its device.
    device_name
        What the device is listed as.

    """

    id_token: IdToken
    nonce: Token
    device: DeviceId
    device_name: DeviceName | None = None
    name: Name | None = None


class NewIdentity(Draft, frozen=True, kw_only=True):
    """The body that links a provider to the account of whoever has logged in.

    Either what was refused as `sign_in_first` gave (*link*), or an ID token for our nonce.

    Attributes
    ----------
    link
        The token of a link that was mailed, in place of the others.
    provider
        The name of the provider.
    id_token
        The ID token of the provider.
    nonce
        The nonce that the ID token was asked for with.

    """

    link: Token | None = None
    provider: ProviderName | None = None
    id_token: IdToken | None = None
    nonce: Token | None = None
