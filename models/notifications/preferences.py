"""Where and when a person is notified.

There is one document a person, under an id that follows from theirs.  It is made by their first
change; until then the defaults are what holds.
"""

import datetime as dt
from typing import Annotated, ClassVar, Final, Literal, NamedTuple, Self

import msgspec

from models.base.document import Document, Draft, Privacy, fields_of
from models.base.errors import invalid_field
from models.base.fields import WallTime
from models.base.ids import derived_id
from models.notifications.types import TYPES, NotificationType

ID_PREFIX: Final = "npr"  # of ids


class ChannelChoice(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The channels of one type of notification, beside the list in the app, where each is.

    Attributes
    ----------
    mail
        Whether it is mailed; null for as it is by default.
    push
        Whether it is pushed to the person's devices; null for as it is by default.

    """

    mail: bool | None = None
    push: bool | None = None


class ChosenChannels(NamedTuple):
    """Where a type of notification goes, beside the list in the app."""

    mail: bool = False
    push: bool = True


# Whoever has no device that is told would hear of a stranger's login from nobody.
DEFAULTS: Final[dict[NotificationType, ChosenChannels]] = {"new_login": ChosenChannels(mail=True)}

# Nobody is at the address, whoever reads it there has complained, or an operator says one of these.
StopReason = Literal["bounce", "complaint", "operator"]
ByType = Annotated[dict[NotificationType, ChannelChoice], msgspec.Meta(max_length=40)]


class QuietHours(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The hours of the night, by the clocks of the person's zone, in which nothing rings.

    Attributes
    ----------
    on
        Whether there are any.
    start
        When they begin.
    end
        When they end; on the next day, if that is earlier.

    """

    on: bool = True
    start: WallTime = "21:30"
    end: WallTime = "08:00"


class PreferencesDraft(Draft, frozen=True, kw_only=True):
    """The notification preferences that a person may write.

    Attributes
    ----------
    channels
        The channels of types of notifications; one that is not named is pushed, and a new login is
        mailed, too.
    quiet_hours
        When mails and pushes are held back.
    hold_own_times
        Whether quiet hours also hold back what comes at a time that the person has set.
    digest
        Whether what was held back comes as one message at the end of the quiet hours.
    mood_check_in
        The time of day at which they are asked how they feel; null for never.
    journal_prompt
        The time of day at which they are given something to write about; null for never.
    daily_summary
        The time of day at which they are told how the day went; null for never.

    """

    channels: ByType = msgspec.field(default_factory=dict)
    quiet_hours: QuietHours = QuietHours()
    hold_own_times: bool = False
    digest: bool = True
    mood_check_in: WallTime | None = None
    journal_prompt: WallTime | None = None
    daily_summary: WallTime | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.quiet_hours.start == self.quiet_hours.end:
            words = "Quiet hours begin and end at different times. Without any: on is false."
            raise invalid_field("/quiet_hours/end", "quiet_hours_empty", words)


class NotificationPreferences(Document, frozen=True, kw_only=True):
    """Where and when a person is notified.

    Attributes
    ----------
    tz
        The time zone of its times: that of the account.
    mail_stopped_at
        When all mails were stopped because of what came back about one; null for never.  Those that
        the person has chosen since are sent.
    mail_stopped_because
        Why: nobody was at the address, somebody there complained, or an operator said so.

    """

    kind: ClassVar[str] = "notification_preferences"
    id_prefix: ClassVar[str] = ID_PREFIX
    collection: ClassVar[str] = "notification_preferences"
    draft: ClassVar[type[Draft]] = PreferencesDraft

    tz: Annotated[str, Privacy.PERSONAL] = "UTC"
    channels: Annotated[ByType, Privacy.PERSONAL] = msgspec.field(default_factory=dict)
    quiet_hours: Annotated[QuietHours, Privacy.PERSONAL] = QuietHours()
    hold_own_times: Annotated[bool, Privacy.PERSONAL] = False
    digest: Annotated[bool, Privacy.PERSONAL] = True
    mood_check_in: Annotated[WallTime | None, Privacy.PERSONAL] = None
    journal_prompt: Annotated[WallTime | None, Privacy.PERSONAL] = None
    daily_summary: Annotated[WallTime | None, Privacy.PERSONAL] = None
    mail_stopped_at: Annotated[dt.datetime | None, Privacy.PERSONAL] = None
    mail_stopped_because: Annotated[StopReason | None, Privacy.PERSONAL] = None

    @classmethod
    def drafted(cls, draft: PreferencesDraft, *, owner: str, tz: str, at: dt.datetime) -> Self:
        """The first preferences of *owner*, whose zone is *tz*."""
        return cls(
            id=preferences_id(owner),
            owner=owner,
            created_at=at,
            updated_at=at,
            tz=tz,
            **fields_of(draft, PreferencesDraft),
        )

    @classmethod
    def default(cls, owner: str, tz: str, since: dt.datetime) -> Self:
        """What holds for *owner* until they say something else: version 0, which is not stored."""
        default = cls.drafted(PreferencesDraft(), owner=owner, tz=tz, at=since)
        return msgspec.structs.replace(default, version=0)

    def revised(self, draft: PreferencesDraft, at: dt.datetime) -> Self:
        """The same preferences as *draft* says."""
        return msgspec.structs.replace(self.advanced(at), **fields_of(draft, PreferencesDraft))

    def moved(self, tz: str, at: dt.datetime) -> Self:
        """The same preferences in another zone."""
        return msgspec.structs.replace(self.advanced(at), tz=tz)

    def with_mail_stopped(self, because: StopReason, at: dt.datetime) -> Self:
        """The same preferences with no mail of any type."""
        mute = {
            type_: ChannelChoice(mail=False, push=self.channels.get(type_, ChannelChoice()).push)
            for type_ in sorted(TYPES)
        }
        return msgspec.structs.replace(
            self.advanced(at),
            channels=self.channels | mute,
            mail_stopped_at=at,
            mail_stopped_because=because,
        )

    @property
    def has_mail(self) -> bool:
        """Whether any type is mailed."""
        return any(self.channels_of(type_).mail for type_ in TYPES)

    @property
    def tells_of_logins(self) -> bool:
        """Whether new logins are mailed or pushed."""
        return any(self.channels_of("new_login"))

    def channels_of(self, type_: NotificationType) -> ChosenChannels:
        """The channels of a type of notification."""
        default = DEFAULTS.get(type_, ChosenChannels())
        chosen = self.channels.get(type_, ChannelChoice())
        return ChosenChannels(
            mail=default.mail if chosen.mail is None else chosen.mail,
            push=default.push if chosen.push is None else chosen.push,
        )


def preferences_id(owner: str) -> str:
    """The id of the preferences of *owner*."""
    return derived_id(ID_PREFIX, owner, "preferences")
