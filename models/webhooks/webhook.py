"""Webhooks: an endpoint of another server, and which events of its owner's feed it is sent.

An endpoint is a way out of an account, so one that nobody has confirmed falls when its owner takes
the account back (`models.account.AccessMethod`).  Where it leads is said once: an endpoint with
another URL is another one, which takes a factor that was shown just now and a mail, as the first.
"""

import datetime as dt
from collections.abc import Collection
from typing import Annotated, ClassVar, Final, Literal, Self
from urllib.parse import urlsplit

import msgspec

from models.account import AccessMethod
from models.base.document import Draft, Privacy, fields_of
from models.base.errors import invalid_field
from models.base.ids import id_pattern, new_id
from models.base.text.type_words import shaped

ID_PREFIX: Final = "whk"  # of ids
OVERLAP: Final = dt.timedelta(hours=24)  # for which former keys sign beside the new ones
ALL: Final = "*"

WebhookId = Annotated[str, id_pattern(ID_PREFIX)]
Url = Annotated[str, msgspec.Meta(min_length=1, max_length=2_048)]
Description = Annotated[str, msgspec.Meta(max_length=255)]
EventFilter = Annotated[
    str,
    shaped(
        pattern=r"^(\*|[a-z_]+(\.[a-z_]+)*\.([a-z_]+|\*))\Z",
        form="a type of event such as habit.created, or habit.* or *",
        max_length=64,
    ),
]
EventFilters = Annotated[tuple[EventFilter, ...], msgspec.Meta(min_length=1, max_length=50)]
# Why we have disabled it: it answered 410, or it failed for as long as is tried.
DisabledReason = Literal["gone", "failing"]


class WebhookKeys(msgspec.Struct, frozen=True):
    """The keys of an endpoint, in the forms of Standard Webhooks.

    Attributes
    ----------
    secret
        Of HMAC-SHA256 (`v1`), which both sides know: `whsec_` and base64.
    private_key
        Of Ed25519 (`v1a`), which we alone know: `whsk_` and base64.
    public_key
        What verifies its signatures: `whpk_` and base64.

    """

    secret: str
    private_key: str
    public_key: str


class WebhookDraft(Draft, frozen=True, kw_only=True):
    """The fields of a webhook that a person may change.

    Attributes
    ----------
    types
        The types of the events that it is sent: `habit.created`, or all below a prefix as
        `habit.*`, or `*` for all that there are.
    description
        What it is for.
    enabled
        Whether it is sent any. One that is enabled again goes on where it had stopped.

    """

    free_text: ClassVar[tuple[str, ...]] = ("description",)

    types: EventFilters
    description: Description | None = None
    enabled: bool = True


class NewWebhook(WebhookDraft, frozen=True, kw_only=True):
    """A new webhook, with an id that the client may choose.

    Attributes
    ----------
    id
        The id, if the client chooses it.
    url
        Where events are sent to, an https URL of port 443; it cannot be changed.

    """

    id: WebhookId = msgspec.field(default_factory=lambda: new_id(ID_PREFIX))
    url: Url


class Webhook(AccessMethod, frozen=True, kw_only=True):
    """A webhook: an endpoint of another server.

    Attributes
    ----------
    url
        Where events are sent to.
    public_key
        What verifies the signatures of the form `v1a`: `whpk_` and base64.
    former_until
        Until when the keys before the last rotation sign, too.
    disabled_reason
        Why it was disabled by us: it answered 410 (`gone`), or it had failed for 28 hours
        (`failing`).

    """

    kind: ClassVar[str] = "webhook"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "webhooks"
    draft: ClassVar[type[Draft]] = WebhookDraft

    url: Annotated[str, Privacy.SEALED]
    types: Annotated[tuple[str, ...], Privacy.PERSONAL]
    description: Annotated[str | None, Privacy.SEALED] = None
    enabled: bool = True
    disabled_reason: DisabledReason | None = None
    secret: Annotated[str, Privacy.SEALED, Privacy.HIDDEN]
    private_key: Annotated[str, Privacy.SEALED, Privacy.HIDDEN]
    public_key: str
    former_secret: Annotated[str | None, Privacy.SEALED, Privacy.HIDDEN] = None
    former_private_key: Annotated[str | None, Privacy.SEALED, Privacy.HIDDEN] = None
    former_until: dt.datetime | None = None

    @property
    def since(self) -> dt.datetime:
        """See `AccessMethod.since`: it leads to where it has always led."""
        return self.created_at

    @property
    def host(self) -> str:
        """The host of its URL."""
        return urlsplit(self.url).hostname or ""

    @classmethod
    def drafted(cls, draft: NewWebhook, keys: WebhookKeys, *, owner: str, at: dt.datetime) -> Self:
        """A new webhook."""
        fields = fields_of(draft, NewWebhook) | msgspec.structs.asdict(keys)
        return cls(owner=owner, created_at=at, updated_at=at, **fields)

    def revised(self, draft: WebhookDraft, at: dt.datetime) -> Self:
        """The same webhook as *draft* says."""
        reason = None if draft.enabled else self.disabled_reason
        fields = fields_of(draft, WebhookDraft) | {"disabled_reason": reason}
        return msgspec.structs.replace(self.advanced(at), **fields)

    def rotated(self, keys: WebhookKeys, at: dt.datetime) -> Self:
        """The same webhook with other keys; those before them sign for a day, too."""
        return msgspec.structs.replace(
            self.advanced(at),
            **msgspec.structs.asdict(keys),
            former_secret=self.secret,
            former_private_key=self.private_key,
            former_until=at + OVERLAP,
        )

    def disabled(self, reason: DisabledReason, at: dt.datetime) -> Self:
        """The same webhook, sent nothing any more."""
        return msgspec.structs.replace(self.advanced(at), enabled=False, disabled_reason=reason)

    def wants(self, event_type: str) -> bool:
        """Whether it is sent events of *event_type*."""
        return any(matches(name, event_type) for name in self.types)

    def keys_at(self, at: dt.datetime) -> tuple[tuple[str, str], ...]:
        """The secrets and private keys that sign at *at*, the newest first."""
        current = (self.secret, self.private_key)
        if self.former_secret is None or self.former_private_key is None:
            return (current,)
        is_over = self.former_until is None or at >= self.former_until
        return (current,) if is_over else (current, (self.former_secret, self.former_private_key))


def matches(name: str, event_type: str) -> bool:
    """Whether the filter *name* lets *event_type* through.

    Examples
    --------
    >>> matches("habit.*", "habit.entry.set"), matches("habit.*", "habits.created")
    (True, False)
    >>> matches("habit.created", "habit.created"), matches("*", "goal.deleted")
    (True, True)

    """
    return name in (ALL, event_type) or (
        name.endswith(f".{ALL}") and event_type.startswith(name[:-1])
    )


def check_types(types: Collection[str], kinds: Collection[str]) -> None:
    """Refuse a filter among *types* that is of none of the *kinds* of documents.

    Examples
    --------
    >>> check_types(["habit.*", "habit.entry.set", "*"], ["habit", "habit.entry"])
    >>> check_types(["habits.*"], ["habit"])
    Traceback (most recent call last):
    models.base.errors.Invalid: ('body_invalid', "There are no events of the type 'habits.*'.")

    """
    for place, name in enumerate(types):
        below = name.removesuffix(f".{ALL}")
        kind = below if below != name else name.rpartition(".")[0]
        if name != ALL and kind not in kinds:
            words = f"There are no events of the type {name[:64]!r}."
            raise invalid_field(f"/types/{place}", "type_unknown", words)
